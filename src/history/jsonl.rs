//! A history as a file: one JSON object a line, in the order of the events.

use super::Event;
use crate::base::Digest;
use std::io::{self, BufRead, Write};

/// Why a file is no history.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The file cannot be read.
    #[error("line {line}: {error}")]
    Io {
        /// From 1.
        line: u64,
        /// What the system said.
        error: io::Error,
    },
    /// A line that is no event.
    #[error("line {line}, column {column}: {reason}")]
    NoEvent {
        /// From 1.
        line: u64,
        /// From 1.
        column: usize,
        /// What was wrong, and what would be accepted.
        reason: String,
    },
    /// Events are missing, doubled or out of order.
    #[error("line {line}: event {found} where event {expected} has to be; is a part missing?")]
    OutOfOrder {
        /// From 1.
        line: u64,
        /// The index that stands there.
        found: u64,
        /// The index that has to stand there.
        expected: u64,
    },
    /// Not a single event.
    #[error("the file is empty; a history has at least one event")]
    Empty,
}

/// Writes all events, a line each.
pub fn write(events: &[Event], to: &mut impl Write) -> io::Result<()> {
    for event in events {
        serde_json::to_writer(&mut *to, event)?;
        to.write_all(b"\n")?;
    }
    Ok(())
}

/// Reads a whole history; the first line that is no event, or not the next one, is an error.
pub fn read(from: impl BufRead) -> Result<Vec<Event>, HistoryError> {
    let mut events: Vec<Event> = Vec::new();
    for (line, text) in (1..).zip(from.lines()) {
        let text = text.map_err(|error| HistoryError::Io { line, error })?;
        let event: Event = serde_json::from_str(&text).map_err(|error| HistoryError::NoEvent {
            line,
            column: error.column(),
            reason: without_place(&error.to_string()),
        })?;
        let expected = events.len() as u64;
        if event.index != expected {
            return Err(HistoryError::OutOfOrder { line, found: event.index, expected });
        }
        events.push(event);
    }
    if events.is_empty() { Err(HistoryError::Empty) } else { Ok(events) }
}

/// Serde's message without the place at its end, which it counts within the line.
fn without_place(message: &str) -> String {
    message.rsplit_once(" at line ").map_or(message, |(reason, _)| reason).to_owned()
}

/// The digest of a history: equal for equal events in equal order.
pub fn digest_of(events: &[Event]) -> u64 {
    let mut digest = Digest::default();
    events.iter().for_each(|event| digest.add(event));
    digest.value()
}
