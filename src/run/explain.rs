//! A failing plan beside the nearest one that passes: the smallest change that makes the failure go
//! away says what it takes.

use super::shrink::{Shrunk, neighbours};
use super::{Fingerprint, RunOptions, control, run};
use crate::history::Event;
use crate::scenario::Plan;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A run that passes, beside one that fails.
#[derive(Clone, PartialEq, Debug)]
pub struct Twin {
    /// What is different in its plan: `without …`, `with …`.
    pub change: String,
    /// The plan.
    pub plan: Plan,
    /// Its history.
    pub events: Vec<Event>,
    /// How many events both histories have in common.
    pub same: u64,
}

impl Twin {
    /// Of a plan, if its run does not fail.
    fn of(change: String, plan: Plan, failing: &[Event]) -> Option<Twin> {
        let outcome = run(&plan, &RunOptions::default());
        if Fingerprint::of(&plan, &outcome).is_some() {
            return None;
        }
        let events = outcome.events;
        let same = events.iter().zip(failing).take_while(|(a, b)| a == b).count() as u64;
        Some(Twin { change, plan, events, same })
    }
}

/// The twin whose history is the same for the longest time, among the plans that differ from the
/// failing one in a single thing; `None` when every one of them fails.
pub fn nearest(shrunk: &Shrunk, load_us: u64, stop: &Arc<AtomicBool>) -> Option<Twin> {
    let mut nearest: Option<Twin> = None;
    for (change, plan) in neighbours(&shrunk.plan, load_us) {
        if stop.load(Ordering::SeqCst) {
            break;
        }
        let Some(twin) = Twin::of(change, plan, &shrunk.outcome.events) else { continue };
        if nearest.as_ref().is_none_or(|nearest| twin.same > nearest.same) {
            nearest = Some(twin);
        }
    }
    nearest
}

/// The same plan with right servers, where the failing one has a bug on purpose: the histories part
/// where the bug acts.
pub fn without_bug(shrunk: &Shrunk) -> Option<Twin> {
    let mutant = shrunk.plan.mutant.as_ref()?;
    Twin::of(format!("without the bug {mutant}"), control(&shrunk.plan), &shrunk.outcome.events)
}
