//! Printing: results to the standard output, all else to the standard error.
//!
//! Colours show on a terminal only, and nobody panics because nobody reads any more (`| head`).

use super::CliError;
use super::args::Format;
use crate::report::{bad, to_json};
use serde::Serialize;
use std::io::Write;

/// A result. A reader who has gone away is no error.
pub fn result(text: &str) {
    bytes(text.as_bytes());
}

/// The same, of what was put into bytes already.
pub fn bytes(text: &[u8]) {
    let mut out = anstream::stdout().lock();
    let _ = out.write_all(text).and_then(|()| out.flush());
}

/// A result, in the form that was asked for.
pub fn result_as(format: Format, json: &impl Serialize, text: impl FnOnce() -> String) {
    match format {
        Format::Text => result(&text()),
        Format::Json => result(&to_json(json)),
    }
}

/// What is not a result, in a line.
pub fn remark(text: &str) {
    let _ = writeln!(anstream::stderr(), "{text}");
}

/// Why nothing came of it.
pub fn error(error: &CliError) {
    remark(&format!("{} {error}", bad("error:")));
}
