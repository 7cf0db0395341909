//! Performing plans: one, many side by side, and one twice to see whether it is the same.

pub mod bench;
pub mod causality;
mod converse;
pub mod corpus;
mod draw;
pub mod explain;
mod fingerprint;
pub mod gate;
mod guard;
mod judge;
mod moments;
mod nemesis;
mod outcome;
mod phases;
#[allow(clippy::module_inception, reason = "the file is named after what it owns")]
mod run;
pub mod shrink;
mod sweep;
mod trace;
mod usage;
mod verdict;

pub use crate::checkers::{Check, Property, UnknownChecker, Verdict, Violation};
pub use crate::history::digest_of;
pub use converse::{Audience, converse};
pub use draw::{NO_MUTANT, control, draw};
pub use fingerprint::{Fingerprint, culprit};
pub use guard::Guard;
pub use judge::judge;
pub use moments::{Moment, moments};
pub use outcome::{FaultCount, OpCounts, Outcome, RunOptions, ServerState};
pub use run::{messages_of, run};
pub use sweep::{Done, Entrant, Running, Sweep, cores};
pub use trace::show_trace;
pub use usage::cpu_ms;
pub use verdict::{Exit, INVARIANTS, RunVerdict, plain_verdict, verdict_of};
