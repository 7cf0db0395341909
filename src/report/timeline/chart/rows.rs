//! What stands in a diagram: events and messages up to a moment, in the order in which people read
//! them, and the evidence.

use super::super::about::{About, EventKind, abouts};
use super::{mermaid, svg, text};
use crate::base::{Millis, NodeId, Time};
use crate::history::{Answer, Event, Fate, Message, MessageKind, What};
use crate::report::{Report, ViolationReport};
use std::collections::BTreeSet;

/// Which part of a run is shown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Window {
    /// Up to when; `None` for the violation, or the end where there is none.
    pub until: Option<Time>,
    /// So many rows before it.
    pub last: usize,
    /// Only what these nodes do, say and hear; all of them where there are none.
    pub nodes: Vec<NodeId>,
}

/// The forms of a diagram.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// For a terminal.
    Text,
    /// For pages that draw Mermaid's sequence diagrams.
    Mermaid,
    /// A picture.
    Svg,
}

/// A diagram.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Chart {
    /// What the run was.
    pub title: String,
    /// What is wrong.
    pub claim: Option<String>,
    /// Whose lines there are, from left to right.
    pub nodes: Vec<NodeId>,
    /// From top to bottom.
    pub rows: Vec<Row>,
}

/// A row of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Row {
    /// When; for a message, when it arrived or was lost.
    pub at: Time,
    /// What.
    pub what: RowKind,
    /// In words.
    pub words: String,
    /// Which piece of evidence, from 1.
    pub evidence: Option<usize>,
}

/// What a row shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum RowKind {
    /// Something that a node does or says of itself.
    At(NodeId),
    /// Something that concerns all.
    Across,
    /// A message.
    Arrow {
        /// By whom.
        from: NodeId,
        /// To whom.
        to: NodeId,
        /// Whether it came, came late, or never.
        fate: ArrowFate,
    },
    /// Rows that are left out.
    Gap,
}

/// Whether a message came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum ArrowFate {
    /// It did.
    Came,
    /// It did, after a cut or over a slow link.
    Late,
    /// It never did.
    Lost,
    /// It had not when the history ended.
    UnderWay,
}

/// Draws the window. `messages` are those of the run, if they are known.
pub fn chart(
    report: &Report,
    events: &[Event],
    messages: &[Message],
    window: &Window,
    form: Form,
) -> String {
    let chart = gather(report, events, messages, window);
    match form {
        Form::Text => text::draw(&chart),
        Form::Mermaid => mermaid::draw(&chart),
        Form::Svg => svg::draw(&chart),
    }
}

/// A row with its place in the order: by time; at one moment what arrives comes before what follows
/// from it, and events keep their order.
struct Placed {
    order: (Time, u8, u64),
    row: Row,
}

fn gather(report: &Report, events: &[Event], messages: &[Message], window: &Window) -> Chart {
    let violation = report.checks.iter().find_map(|check| check.violation.as_ref());
    let evidence = violation.map(|it| it.evidence.clone()).unwrap_or_default();
    let until = window.until.unwrap_or_else(|| end_of(violation, events));
    let mut placed: Vec<Placed> = Vec::new();
    for (event, about) in events.iter().zip(abouts(events)) {
        let number = evidence.iter().position(|&it| it == event.index).map(|place| place + 1);
        if number.is_some() || is_shown(event, &about, !messages.is_empty()) {
            placed.push(of_event(event, number));
        }
    }
    let end = events.last().map_or(Time::ZERO, |event| event.at);
    placed.extend((0..).zip(messages).filter_map(|(number, it)| of_message(number, it, end)));
    placed.sort_by_key(|it| it.order);
    placed.retain(|it| it.row.evidence.is_some() || is_about(&it.row.what, &window.nodes));
    let rows = cut_out(placed, until, window.last);
    let Report { scenario, seed, mutant, .. } = report;
    let mutant = mutant.as_ref().map(|name| format!(", mutant {name}")).unwrap_or_default();
    Chart {
        title: format!("{scenario}, seed {seed}{mutant}, up to {until}"),
        claim: violation.map(|it| it.claim.clone()),
        nodes: nodes_in(&rows),
        rows,
    }
}

/// The last piece of evidence, or when the violation turned out.
fn end_of(violation: Option<&ViolationReport>, events: &[Event]) -> Time {
    let end = events.last().map_or(Time::ZERO, |event| event.at);
    let Some(violation) = violation else { return end };
    let evidence = violation.evidence.iter().filter_map(|&index| events.get(index as usize));
    let last = evidence.map(|event| event.at).max().unwrap_or(Time::ZERO);
    // Reports say it in whole milliseconds.
    let turned_out = Time::from_ms(violation.at_ms);
    last.max(turned_out.min(end))
}

/// Steps that a message shows as well are left to it, and signs of life are left out.
fn is_shown(event: &Event, about: &About, with_messages: bool) -> bool {
    match about.kind {
        EventKind::Touched => false,
        EventKind::Acked | EventKind::Request => !with_messages,
        // A client that learns nothing is told so by nobody.
        EventKind::Answer => {
            let learns_nothing =
                matches!(event.what, What::Return { answer: Answer::Unknown(_), .. });
            !with_messages || learns_nothing
        }
        EventKind::Watch => !with_messages,
        EventKind::Disk => !matches!(event.what, What::Durable { .. }),
        EventKind::Phase
        | EventKind::Fault
        | EventKind::Session
        | EventKind::Claim
        | EventKind::Role
        | EventKind::Epoch
        | EventKind::Serving
        | EventKind::Proposed
        | EventKind::Committed
        | EventKind::Applied => true,
    }
}

fn of_event(event: &Event, evidence: Option<usize>) -> Placed {
    let what = match (&event.what, event.nodes().first()) {
        (What::Act(_), _) | (_, None) => RowKind::Across,
        (_, Some(&node)) => RowKind::At(node),
    };
    let words = match what {
        RowKind::At(node) => format!("{node} {}", event.what),
        _ => event.what.to_string(),
    };
    let row = Row { at: event.at, what, words, evidence };
    Placed { order: (event.at, 1, event.index), row }
}

fn of_message(number: u64, message: &Message, end: Time) -> Option<Placed> {
    let Message { sent, from, to, kind, words, fate } = message;
    let lost = matches!(fate, Fate::Lost { .. });
    let noise = matches!(kind, MessageKind::Ping | MessageKind::Connection);
    if noise || *sent > end {
        return None;
    }
    let length = |at: Time| Millis(at.0.saturating_sub(sent.0) / 1000);
    let (at, fate, how) = match *fate {
        Fate::Arrived { at, .. } | Fate::Lost { at, .. } if at > end => {
            (*sent, ArrowFate::UnderWay, ", on its way at the end".to_owned())
        }
        Fate::Arrived { at, late: false } => (at, ArrowFate::Came, String::new()),
        Fate::Arrived { at, late: true } => {
            (at, ArrowFate::Late, format!(", late: sent {} before", length(at)))
        }
        Fate::Lost { at, why } => (at, ArrowFate::Lost, format!(", lost: {}", why.words())),
        Fate::UnderWay => (*sent, ArrowFate::UnderWay, ", on its way at the end".to_owned()),
    };
    let what = RowKind::Arrow { from: *from, to: *to, fate };
    let row = Row { at, what, words: format!("{from} > {to} {words}{how}"), evidence: None };
    // What is lost is lost in the order of what was sent; nothing follows from it.
    Some(Placed { order: (at, if lost { 2 } else { 0 }, number), row })
}

fn is_about(what: &RowKind, nodes: &[NodeId]) -> bool {
    nodes.is_empty()
        || match what {
            RowKind::At(node) => nodes.contains(node),
            RowKind::Arrow { from, to, .. } => nodes.contains(from) && nodes.contains(to),
            RowKind::Across | RowKind::Gap => true,
        }
}

/// The last rows up to the moment, behind the evidence that lies before them.
fn cut_out(placed: Vec<Placed>, until: Time, last: usize) -> Vec<Row> {
    let rows: Vec<Row> =
        placed.into_iter().map(|it| it.row).take_while(|row| row.at <= until).collect();
    let first = rows.len().saturating_sub(last);
    let mut shown: Vec<Row> = Vec::new();
    let mut left_out = 0;
    for (place, row) in rows.into_iter().enumerate() {
        if place < first && row.evidence.is_none() {
            left_out += 1;
            continue;
        }
        if left_out > 0 && !shown.is_empty() {
            let words = format!("{left_out} more");
            shown.push(Row { at: row.at, what: RowKind::Gap, words, evidence: None });
        }
        left_out = 0;
        shown.push(row);
    }
    shown
}

fn nodes_in(rows: &[Row]) -> Vec<NodeId> {
    let mut nodes = BTreeSet::new();
    for row in rows {
        match row.what {
            RowKind::At(node) => nodes.extend([node]),
            RowKind::Arrow { from, to, .. } => nodes.extend([from, to]),
            RowKind::Across | RowKind::Gap => {}
        }
    }
    nodes.into_iter().collect()
}
