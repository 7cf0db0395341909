//! The section of the page that says why: what `menagerie explain` has found, its events by number
//! so that the page can go there.

use super::data::who;
use crate::history::Event;
use crate::report::{Beside, Explanation};
use serde::Serialize;

/// Sentences, and histories side by side.
#[derive(Serialize)]
pub(super) struct Why {
    sentences: Vec<String>,
    besides: Vec<Columns>,
}

/// The failing run and one that passes, from where they part.
#[derive(Serialize)]
struct Columns {
    name: &'static str,
    change: String,
    same: u64,
    failing: Vec<Row>,
    passing: Vec<Row>,
}

/// An event of either.
#[derive(Serialize)]
struct Row {
    event: u64,
    at: u64,
    node: String,
    words: String,
}

pub(super) fn why(explanation: &Explanation) -> Why {
    let Explanation { sentences, twin, without_bug, .. } = explanation;
    let both = [("right servers", without_bug), ("the nearest run that passes", twin)];
    let columns = |(name, beside): (_, &Option<Beside>)| Some(columns(name, beside.as_ref()?));
    Why { sentences: sentences.clone(), besides: both.into_iter().filter_map(columns).collect() }
}

fn columns(name: &'static str, beside: &Beside) -> Columns {
    let Beside { change, same, failing, passing } = beside;
    let rows = |events: &[Event]| events.iter().map(row).collect();
    let (failing, passing) = (rows(failing), rows(passing));
    Columns { name, change: change.clone(), same: *same, failing, passing }
}

fn row(event: &Event) -> Row {
    Row {
        event: event.index,
        at: event.at.0,
        node: who(event).map(|node| node.to_string()).unwrap_or_default(),
        words: event.what.to_string(),
    }
}
