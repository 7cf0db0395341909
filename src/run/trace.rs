//! The text trace: what each node did, a line each, for eyes only.

use crate::base::Time;
use std::fmt;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Prints, from now on, what the testbed's own code says of itself, stamped with simulated time,
/// on the standard error. What the simulator underneath says is left out.
pub fn show_trace() {
    let own = Targets::new().with_target(env!("CARGO_CRATE_NAME"), LevelFilter::TRACE);
    let lines = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_level(false)
        .with_target(false)
        .with_timer(SimulatedTime)
        .with_writer(std::io::stderr);
    // A second call finds a subscriber already there, which does the same.
    let _ = tracing_subscriber::registry().with(own).with(lines).try_init();
}

struct SimulatedTime;

impl FormatTime for SimulatedTime {
    fn format_time(&self, w: &mut Writer<'_>) -> fmt::Result {
        match madsim::time::TimeHandle::try_current() {
            Some(time) => write!(w, "{}", Time(time.elapsed().as_micros() as u64)),
            None => write!(w, "-"),
        }
    }
}
