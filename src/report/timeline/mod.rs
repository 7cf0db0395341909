//! The picture of a run: `timeline.html`, one page with a lane for each server and client, the
//! faults over them, and the violation with its evidence; and the same window as a sequence diagram.
//!
//! What is shown follows from the history, and from the messages of the same plan, run again. Rust
//! gathers it ([`data`]); the page only draws.

mod about;
mod chart;
mod clients;
mod data;
mod faults;
mod page;
mod states;
mod why;

pub use chart::{Form, Window, chart};

use crate::history::{Event, Message};
use crate::report::{Explanation, Report};

/// The page of a run, as one file, with why it fails where that was found out.
pub fn timeline(
    report: &Report,
    events: &[Event],
    messages: &[Message],
    explanation: Option<&Explanation>,
) -> String {
    let Report { scenario, seed, .. } = report;
    let data = data::data(report, events, messages, explanation);
    page::page(&format!("{scenario}, seed {seed}"), &data)
}
