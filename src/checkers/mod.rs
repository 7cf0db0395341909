//! The judges: each property is one file, a fold over the history.
//!
//! A checker sees the history and the model of what was committed so far, never the cluster.

mod access_control;
mod atomicity;
mod durability;
mod ephemeral_cleanup;
mod judge;
mod mutual_exclusion;
mod one_leader_per_epoch;
mod passing_znodes;
mod progress;
mod read_only_mode;
mod recovery;
mod replica_agreement;
mod sequence_monotonicity;
mod session_order;
mod states;
mod voters_decide;
mod watch_delivery;
mod watches;
mod write_order;

pub use judge::{Check, Judge, UnknownChecker, Verdict, overall};

use crate::history::Event;
use crate::model::Model;
use serde::{Deserialize, Serialize};

/// A property does not hold.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Violation {
    /// In one sentence: who, what, when.
    pub claim: String,
    /// Indices of the events that prove it, ascending; the last is the one that gave it away.
    pub evidence: Vec<u64>,
}

impl Violation {
    /// The claim with its evidence, put in order.
    pub fn new(claim: String, evidence: impl IntoIterator<Item = u64>) -> Violation {
        let mut evidence: Vec<u64> = evidence.into_iter().collect();
        evidence.sort_unstable();
        evidence.dedup();
        Violation { claim, evidence }
    }
}

/// A fold over the history that judges one property.
pub trait Checker: Send {
    /// Takes the next event in. `model` has already taken it in.
    ///
    /// After an error the checker is not asked again.
    fn observe(&mut self, event: &Event, model: &Model) -> Result<(), Violation>;

    /// Judges what is only known at the end: what was owed and not paid. Most properties owe nothing.
    fn finish(&mut self, _model: &Model) -> Result<(), Violation> {
        Ok(())
    }

    /// How often the property was at risk, that is: how many judgements were made. A run in which
    /// it never was is vacuous, not passed.
    fn checked(&self) -> u64;
}

/// What kind of property a checker judges (Alpern and Schneider's division).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Property {
    /// Nothing bad happens: judged throughout, and final once broken.
    Safety,
    /// Something good happens at last: judged at the end of a run that came to its end.
    Liveness,
}

/// A checker in the registry.
#[derive(Clone, Copy)]
pub struct Entry {
    /// The name that scenarios and reports use; also that of its file.
    pub name: &'static str,
    /// What it demands, in a line.
    pub about: &'static str,
    /// Of which kind.
    pub property: Property,
    /// Makes one for a new history.
    pub build: fn() -> Box<dyn Checker>,
}

const fn safety(name: &'static str, about: &'static str, build: fn() -> Box<dyn Checker>) -> Entry {
    Entry { name, about, property: Property::Safety, build }
}

const fn liveness(
    name: &'static str,
    about: &'static str,
    build: fn() -> Box<dyn Checker>,
) -> Entry {
    Entry { name, about, property: Property::Liveness, build }
}

/// The names of all checkers, in the order of the table.
pub fn names() -> Vec<&'static str> {
    ALL.iter().map(|entry| entry.name).collect()
}

/// Every checker, in the order in which they judge an event.
pub const ALL: &[Entry] = &[
    safety(
        "replica_agreement",
        "all servers apply the same transactions in the same order",
        || Box::<replica_agreement::ReplicaAgreement>::default(),
    ),
    safety("one_leader_per_epoch", "no epoch has two leaders", || {
        Box::<one_leader_per_epoch::OneLeaderPerEpoch>::default()
    }),
    safety("voters_decide", "epochs and leaders are made by a quorum of those who vote", || {
        Box::<voters_decide::VotersDecide>::default()
    }),
    safety("durability", "what is acknowledged and committed is on the disks of a quorum", || {
        Box::<durability::Durability>::default()
    }),
    safety("recovery", "a server reads back from its disk what was on it, and all of it", || {
        Box::<recovery::Recovery>::default()
    }),
    safety(
        "write_order",
        "writes take effect once, in real-time order, with the right result",
        || Box::<write_order::WriteOrder>::default(),
    ),
    safety(
        "session_order",
        "a session never goes back in time, and reads what was committed",
        || Box::<session_order::SessionOrder>::default(),
    ),
    safety("ephemeral_cleanup", "ephemeral znodes live as long as their session", || {
        Box::<ephemeral_cleanup::EphemeralCleanup>::default()
    }),
    safety("sequence_monotonicity", "sequential znodes get ever greater numbers", || {
        Box::<sequence_monotonicity::SequenceMonotonicity>::default()
    }),
    safety("watch_delivery", "a watch speaks in time, and of what happened", || {
        Box::<watch_delivery::WatchDelivery>::default()
    }),
    safety("access_control", "access control lists are obeyed", || {
        Box::<access_control::AccessControl>::default()
    }),
    safety("read_only_mode", "without a leader nothing is changed, and nothing made up", || {
        Box::<read_only_mode::ReadOnlyMode>::default()
    }),
    safety("passing_znodes", "containers and times to live end in time", || {
        Box::<passing_znodes::PassingZnodes>::default()
    }),
    safety("mutual_exclusion", "a lock has one holder at a time", || {
        Box::<mutual_exclusion::MutualExclusion>::default()
    }),
    safety("atomicity", "a multi takes effect as a whole or not at all", || {
        Box::<atomicity::Atomicity>::default()
    }),
    liveness(
        "progress",
        "after the faults, the ensemble comes to rest and serves everybody",
        || Box::<progress::Progress>::default(),
    ),
];
