//! Why a run fails, told: in five sentences, and side by side with the nearest run that passes.

use super::style::{bold, dim};
use crate::base::{ServerId, Time};
use crate::faults::servers_of;
use crate::history::{Event, Note, What};
use crate::run::causality::is_noise;
use crate::run::explain::Twin;
use crate::run::shrink::{Shrunk, does};
use crate::run::{Check, culprit};
use crate::scenario::{Plan, PlanFault};
use serde::Serialize;
use std::collections::BTreeSet;

/// How many events of each history stand side by side.
const ROWS: usize = 14;
/// How wide the left one is.
const WIDTH: usize = 74;

/// Why a run fails. For programs, and for the page.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Explanation {
    /// What the failure is recognised by.
    pub fingerprint: String,
    /// Five: what is wrong, what it takes, what is asked, what proves it, and what makes it go away.
    pub sentences: Vec<String>,
    /// The nearest run that passes; null when every neighbour fails.
    pub twin: Option<Beside>,
    /// The same run with right servers, where the failing one has a bug on purpose.
    pub without_bug: Option<Beside>,
    /// How many runs it took to make the plan small.
    pub runs: u64,
    /// Whether the plan cannot become smaller; false when there was no more time.
    pub minimal: bool,
}

/// A passing history beside the failing one, from where they part.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Beside {
    /// What is different in its plan.
    pub change: String,
    /// How many events both have in common.
    pub same: u64,
    /// What the failing run goes on with.
    pub failing: Vec<Event>,
    /// What the passing run goes on with.
    pub passing: Vec<Event>,
}

impl Beside {
    fn of(twin: &Twin, failing: &[Event]) -> Beside {
        let from = |events: &[Event]| {
            let rest = events.iter().skip(twin.same as usize).filter(|event| !is_noise(event));
            rest.take(ROWS).cloned().collect()
        };
        let (failing, passing) = (from(failing), from(&twin.events));
        Beside { change: twin.change.clone(), same: twin.same, failing, passing }
    }
}

impl Explanation {
    /// Of a failure that was made small, and what passes beside it.
    pub fn new(
        shrunk: &Shrunk,
        load_us: u64,
        twin: Option<&Twin>,
        control: Option<&Twin>,
    ) -> Explanation {
        let events = &shrunk.outcome.events;
        let checks = shrunk.outcome.all_checks();
        let check = culprit(&shrunk.plan, &checks).expect("what was shrunk fails");
        let beside = |twin: &Twin| Beside::of(twin, events);
        let (twin, without_bug) = (twin.map(beside), control.map(beside));
        Explanation {
            fingerprint: shrunk.fingerprint.to_string(),
            sentences: vec![
                what_is_wrong(&shrunk.plan, check),
                what_it_takes(shrunk, load_us),
                what_is_asked(&shrunk.plan),
                what_proves_it(check, events),
                what_makes_it_go_away(twin.as_ref()),
            ],
            twin,
            without_bug,
            runs: shrunk.runs,
            minimal: shrunk.minimal,
        }
    }

    /// For people.
    pub fn text(&self) -> String {
        let mut text = super::label("failure", &self.fingerprint);
        text += "\n";
        for sentence in &self.sentences {
            text += &wrapped(sentence);
        }
        let both =
            [("right servers", &self.without_bug), ("the nearest run that passes", &self.twin)];
        for (head, beside) in both {
            if let Some(beside) = beside {
                text += &side_by_side(head, beside);
            }
        }
        let end = match self.minimal {
            true => "nothing more can go from the plan",
            false => "stopped early: with a greater --budget the plan may become smaller",
        };
        text + "\n" + &super::label("tried", &format!("{} runs; {end}", super::grouped(self.runs)))
    }
}

fn what_is_wrong(plan: &Plan, check: &Check) -> String {
    let bug = plan.mutant.as_ref().map(|it| format!(", with the bug {it}")).unwrap_or_default();
    let claim = check.violation.as_ref().map_or("", |it| it.claim.as_str());
    let at = check.at.unwrap_or(Time::ZERO);
    let (checker, scenario, seed) = (&check.checker, &plan.scenario, plan.seed);
    format!("In {scenario} (seed {seed}{bug}) {checker} does not hold at {at}: {claim}.")
}

fn what_it_takes(shrunk: &Shrunk, load_us: u64) -> String {
    let (before, after) = (shrunk.before, shrunk.after);
    let servers = counted(after.servers, "server");
    let sizes = format!(
        "Of {}, {} and {} it takes {}, {} and {}, among {servers}",
        counted(before.clients, "client"),
        counted(before.faults, "fault"),
        counted(before.ops, "request"),
        counted(after.clients, "client"),
        counted(after.faults, "fault"),
        counted(after.ops, "request"),
    );
    let faults = shrunk.plan.faults.iter().map(|fault| fault_in_words(fault, load_us));
    let faults: Vec<String> = faults.collect();
    if faults.is_empty() { format!("{sizes}.") } else { format!("{sizes}: {}.", faults.join("; ")) }
}

fn counted(count: u32, what: &str) -> String {
    match count {
        0 => format!("no {what}"),
        1 => format!("1 {what}"),
        many => format!("{many} {what}s"),
    }
}

fn fault_in_words(fault: &PlanFault, load_us: u64) -> String {
    let at = |ms: u64| Time(load_us + ms * 1_000);
    let windows =
        fault.windows.iter().map(|&[start, stop]| format!("{} to {}", at(start), at(stop)));
    let windows = windows.collect::<Vec<_>>().join(", ");
    let victims = match &fault.fixed {
        Some(fixed) => match victims(fixed) {
            all if all.is_empty() => {
                let actions = fixed.actions.iter().map(ToString::to_string);
                format!(": {},", actions.collect::<Vec<_>>().join(", "))
            }
            victims => {
                let victims = victims.iter().map(|&it| match fixed.cast.leader == Some(it) {
                    true => format!("{it}, the leader"),
                    false => it.to_string(),
                });
                format!(" strikes {},", victims.collect::<Vec<_>>().join(" and "))
            }
        },
        None => String::new(),
    };
    format!("{}{victims} from {windows}", fault.name)
}

/// The servers that every action is about; none when there is no such server.
fn victims(fixed: &crate::scenario::PlanActions) -> Vec<ServerId> {
    let each = fixed.actions.iter().map(|action| servers_of(action).collect::<BTreeSet<_>>());
    let common = each.reduce(|all, one| all.intersection(&one).copied().collect());
    common.unwrap_or_default().into_iter().collect()
}

fn what_is_asked(plan: &Plan) -> String {
    let mut asked: Vec<(u64, String)> = Vec::new();
    for client in &plan.clients {
        for step in client.steps.iter().flatten() {
            let at = Time(step.at_us());
            asked.push((at.0, format!("at {at} {} asks: {}", client.id, does(step))));
        }
        if client.steps.is_none() {
            asked.push((0, format!("{} goes on with its workload {}", client.id, client.workload)));
        }
    }
    asked.sort();
    let more = asked.len().saturating_sub(6);
    let mut told: Vec<String> = asked.into_iter().take(6).map(|(_, words)| words).collect();
    if more > 0 {
        told.push(format!("and {more} more"));
    }
    match told.is_empty() {
        true => "No client has to ask for anything.".to_owned(),
        false => format!("What clients do: {}.", told.join("; ")),
    }
}

fn what_proves_it(check: &Check, events: &[Event]) -> String {
    let evidence = check.violation.iter().flat_map(|it| &it.evidence);
    let event = |index: &u64| events.get(*index as usize);
    let told: Vec<String> = evidence
        .filter_map(event)
        .map(|event| {
            let who = event.nodes().first().map(|node| format!("{node} ")).unwrap_or_default();
            let does = does_what(event, events).unwrap_or_default();
            format!("at {} {who}{}{does} (event {})", event.at, event.what, event.index)
        })
        .collect();
    match told.is_empty() {
        true => "No single event proves it.".to_owned(),
        false => format!("What proves it: {}.", told.join("; ")),
    }
}

/// What the transaction does that an event names by its zxid, as it was last proposed before.
fn does_what(event: &Event, events: &[Event]) -> Option<String> {
    let What::Note { note, .. } = &event.what else { return None };
    let (Note::Applied { zxid: named, .. }
    | Note::Replayed { zxid: named, .. }
    | Note::Committed { zxid: named }) = note
    else {
        return None;
    };
    let proposed = |event: &Event| match &event.what {
        What::Note { note: Note::Proposed { zxid, change, .. }, .. } if zxid == named => {
            Some(format!(", which is to {change}"))
        }
        _ => None,
    };
    events.iter().take(event.index as usize).rev().find_map(proposed)
}

fn what_makes_it_go_away(twin: Option<&Beside>) -> String {
    let Some(twin) = twin else {
        return "No single change of the plan makes it pass.".to_owned();
    };
    let said = |events: &[Event]| {
        events.first().map_or("the run is over".to_owned(), |event| {
            let who = event.nodes().first().map(|node| format!("{node} ")).unwrap_or_default();
            format!("{who}{}", event.what)
        })
    };
    let at = twin.failing.first().or(twin.passing.first()).map_or(Time::ZERO, |event| event.at);
    let (change, failing, passing) = (&twin.change, said(&twin.failing), said(&twin.passing));
    format!(
        "It passes {change}; the two part at {at}, where it fails after \"{failing}\" and passes after \"{passing}\"."
    )
}

fn side_by_side(head: &str, beside: &Beside) -> String {
    let Beside { change, same, failing, passing } = beside;
    let same = super::grouped(*same);
    let mut text = format!("\n{}  {change}; the same up to event {same}\n", bold(head));
    text += &dim(&format!("{:WIDTH$} | {}", "it fails", "it passes"));
    text += "\n";
    for row in 0..failing.len().max(passing.len()) {
        let cell = |events: &[Event]| events.get(row).map_or(String::new(), cell_text);
        text += format!("{:WIDTH$} | {}\n", cell(failing), cell(passing)).trim_end();
        text += "\n";
    }
    text
}

/// An event without its index, cut to the width of its column.
fn cell_text(event: &Event) -> String {
    let line = event.to_string();
    let line: String = line.chars().skip(7).collect();
    match line.chars().count() > WIDTH {
        true => line.chars().take(WIDTH - 1).chain(['…']).collect(),
        false => line,
    }
}

/// In lines of about 100 characters.
fn wrapped(sentence: &str) -> String {
    let mut text = String::new();
    let mut width = 0;
    for word in sentence.split_whitespace() {
        let length = word.chars().count() + 1;
        if width + length > 100 {
            text += "\n";
            width = 0;
        } else if width > 0 {
            text += " ";
        }
        text += word;
        width += length;
    }
    text + "\n"
}
