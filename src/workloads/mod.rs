//! What clients do: each workload is one file, a generator of a client's next step.
//!
//! A workload chooses and never acts. It sees what its own client learned, and nothing else.

use crate::base::{Millis, Rng, Time};
use crate::history::{Answer, Claim, Op, Told};
use serde::{Deserialize, Serialize};
use toml::Table;
use toml::de::Error;

mod acls;
mod ask;
mod census;
mod containers;
mod ephemerals;
mod fixed;
mod lock;
mod multis;
mod observers;
mod persistent_watchers;
mod quotas;
mod reconfig;
mod register;
mod sequencers;
mod turns;
mod verify;
mod waiting;
mod watchers;

pub use fixed::Fixed;
pub use verify::Verify;

/// Every workload that a scenario can name.
pub const ALL: &[Entry] = &[
    entry("register", "reads and writes of a few znodes", register::build),
    entry("ephemerals", "sessions that come and go with their znodes", ephemerals::build),
    entry("sequencers", "numbered znodes below shared parents", sequencers::build),
    entry("watchers", "some write, the others wait to be told", watchers::build),
    entry("multis", "atomic moves between accounts", multis::build),
    entry("lock", "the lock recipe", lock::build),
    entry("acls", "znodes that are not for everybody", acls::build),
    entry("containers", "znodes that go by themselves", containers::build),
    entry("persistent_watchers", "watches that stay", persistent_watchers::build),
    Entry {
        seats: Seats::Observers,
        ..entry("observers", "clients of observers only", observers::build)
    },
    entry("census", "znodes, watches and names are listed and counted", census::build),
    entry("quotas", "limits on znodes and bytes", quotas::build),
    entry("reconfig", "servers join, leave and get another part", reconfig::build),
];

/// A line of the table.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// As scenarios, plans and reports call it.
    pub name: &'static str,
    /// What its clients do, in a few words.
    pub about: &'static str,
    /// Which servers its clients know.
    pub seats: Seats,
    /// Makes one client's generator from the options of its scenario; those that it does not have
    /// are errors.
    pub build: Build,
}

/// Which servers a workload's clients know.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Seats {
    /// All.
    Anywhere,
    /// The observers, where there are any.
    Observers,
}

/// Makes one client's generator.
pub type Build = fn(Table, Seat) -> Result<Box<dyn Workload>, Error>;

/// The names of all workloads, in the order of the table.
pub fn names() -> Vec<&'static str> {
    ALL.iter().map(|entry| entry.name).collect()
}

const fn entry(name: &'static str, about: &'static str, build: Build) -> Entry {
    Entry { name, about, seats: Seats::Anywhere, build }
}

/// What a client does next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// Sends these requests, one behind the other without waiting, in one session as far as there
    /// is one; then waits for all the answers. `Op::Close` ends the session; the next request
    /// opens a new one.
    Do(Vec<Op>),
    /// Does nothing for so long.
    Pause(Millis),
    /// Does nothing until this moment of the run has come, and all that has arrived by then was looked
    /// at; nothing at all when it is over.
    Until(Time),
    /// Waits until a watch speaks, at most for so long.
    Await(Millis),
    /// States what it takes for granted.
    Claim(Claim),
    /// The process ends without a word, and a new one comes back after so long with a new session.
    Vanish(Millis),
    /// Nothing any more. The client stays connected.
    Done,
}

/// What has become of the last step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Seen<'a> {
    /// There was no step, or it is over: a pause, a claim, a vanishing; or nothing was told in time.
    Nothing,
    /// The answers of a `Do`, one for each request, in the order of the requests.
    Answers(&'a [Answer]),
    /// What a watch said, after an `Await`. What is said during other steps waits for the next
    /// `Await` of the same session.
    Told(&'a Told),
    /// The session ended during an `Await` or a `Pause`, or before a `Do` was put on the wire (and
    /// then nothing of it was): watches and ephemeral znodes are gone, or will be soon.
    SessionEnded,
}

/// A generator of one client's steps.
pub trait Workload: Send {
    /// The next step, given what became of the last one. Never called again after `Step::Done`.
    fn next(&mut self, seen: Seen<'_>, rng: &mut Rng) -> Step;
}

/// Which of a workload's clients this is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seat {
    /// From 0.
    pub index: u32,
    /// How many clients the workload has.
    pub clients: u32,
    /// How many operations this client is to ask for, roughly.
    pub ops: u32,
}
