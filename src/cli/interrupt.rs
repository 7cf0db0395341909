//! Ctrl-C: the first one asks for an orderly end, the second one ends the program at once.

use super::print;
use crate::run::Exit;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Set by Ctrl-C. `lost` says what an interrupt loses where the system does not let us see it.
pub fn stop_on_interrupt(lost: &str) -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    let seen = stop.clone();
    let handler = move || {
        if seen.swap(true, Ordering::SeqCst) {
            std::process::exit(i32::from(Exit::NotFoundOut.code()));
        }
    };
    if let Err(error) = ctrlc::set_handler(handler) {
        print::remark(&format!("an interrupt will lose {lost}: {error}"));
    }
    stop
}
