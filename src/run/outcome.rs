//! What came of a run.

use super::verdict::{self, RunVerdict};
use crate::base::{Epoch, ServerId, Time, Zxid};
use crate::checkers::{Check, Property, Verdict, Violation};
use crate::history::{Answer, Event, Message, Role, What};
use crate::scenario::Plan;
use crate::sim::Steps;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How to perform a plan. Nothing in here changes what happens up to `stop_at`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct RunOptions {
    /// Ends the run at this moment, if it lasts so long.
    pub stop_at: Option<Time>,
    /// Prints the trace, see [`super::show_trace`].
    pub trace: bool,
    /// Keeps what clients were told to do.
    pub steps: bool,
    /// Records every message.
    pub messages: bool,
}

/// What came of a run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outcome {
    /// The history.
    pub events: Vec<Event>,
    /// Of the history, as `history::digest_of` says.
    pub digest: u64,
    /// How much simulated time it took.
    pub simulated: Time,
    /// What the plan's checkers say, in the plan's order.
    pub checks: Vec<Check>,
    /// What clients asked for, and learned.
    pub ops: OpCounts,
    /// How often each of the plan's faults started, in the plan's order.
    pub faults: Vec<FaultCount>,
    /// Each server at the end, or where the run was stopped, in ascending order.
    pub servers: Vec<ServerState>,
    /// What clients were told to do, and when, if the options ask for it.
    pub steps: Steps,
    /// A panic or a broken invariant inside a server or the testbed, in words.
    pub internal: Option<String>,
    /// Every message, in the order in which they were sent, where they were recorded.
    pub messages: Option<Vec<Message>>,
}

/// How many requests there were, and what became of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct OpCounts {
    /// Put on the wire.
    pub invoked: u64,
    /// Done.
    pub ok: u64,
    /// Not done, and never will be.
    pub refused: u64,
    /// May have been done; also those that were never answered.
    pub unknown: u64,
}

/// How often a fault started.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FaultCount {
    /// Its name.
    pub fault: String,
    /// How often.
    pub count: u32,
}

/// A server at one moment.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ServerState {
    /// Which.
    pub server: ServerId,
    /// Whether its process runs.
    pub up: bool,
    /// The role that it last took on.
    pub role: Role,
    /// The epoch that it holds the initial history of.
    pub epoch: Epoch,
    /// The last transaction in its tree.
    pub zxid: Zxid,
    /// Number of sessions in its tree's table.
    pub sessions: u32,
    /// Of its tree.
    pub digest: u64,
    /// Whether it answers clients.
    pub serving: bool,
}

impl Outcome {
    /// What the run comes to, given what the plan expects.
    pub fn verdict(&self, plan: &Plan) -> RunVerdict {
        verdict::verdict_of(plan, &self.all_checks())
    }

    /// The checks, and a violation of [`verdict::INVARIANTS`] when the run broke off inside.
    pub fn all_checks(&self) -> Vec<Check> {
        let broken = self.internal.as_ref().map(|reason| self.broken(reason));
        self.checks.iter().cloned().chain(broken).collect()
    }

    fn broken(&self, reason: &str) -> Check {
        let last = self.events.last().map(|event| event.index);
        Check {
            checker: verdict::INVARIANTS.to_owned(),
            property: Property::Safety,
            verdict: Verdict::Violation,
            checked: 1,
            violation: Some(Violation::new(reason.to_owned(), last)),
            at: Some(self.simulated),
        }
    }
}

impl OpCounts {
    /// Those of a history.
    pub fn of(events: &[Event]) -> OpCounts {
        let mut counts = OpCounts::default();
        for event in events {
            match &event.what {
                What::Invoke { .. } => counts.invoked += 1,
                What::Return { answer: Answer::Ok { .. }, .. } => counts.ok += 1,
                What::Return { answer: Answer::Refused { .. }, .. } => counts.refused += 1,
                _ => {}
            }
        }
        counts.unknown = counts.invoked.saturating_sub(counts.ok + counts.refused);
        counts
    }

    /// Takes those of another run in.
    pub fn add(&mut self, other: OpCounts) {
        self.invoked += other.invoked;
        self.ok += other.ok;
        self.refused += other.refused;
        self.unknown += other.unknown;
    }
}

impl FaultCount {
    /// Those of a history, in the order of the plan's faults.
    pub fn of(events: &[Event]) -> Vec<FaultCount> {
        let mut counts: BTreeMap<u32, FaultCount> = BTreeMap::new();
        for event in events {
            if let What::FaultStarts { fault, name } = &event.what {
                let fresh = || FaultCount { fault: name.clone(), count: 0 };
                counts.entry(*fault).or_insert_with(fresh).count += 1;
            }
        }
        counts.into_values().collect()
    }
}
