//! Performing plans: one, many side by side, and one twice to see whether it is the same.

mod judge;
mod nemesis;
mod outcome;
mod phases;
#[allow(clippy::module_inception, reason = "the file is named after what it owns")]
mod run;
mod trace;
mod usage;
mod verdict;

pub use crate::checkers::{Check, Property, UnknownChecker, Verdict, Violation};
pub use judge::judge;
pub use outcome::{FaultCount, OpCounts, Outcome, RunOptions, ServerState};
pub use run::run;
pub use trace::show_trace;
pub use usage::cpu_ms;
pub use verdict::{Exit, INVARIANTS, RunVerdict, verdict_of};
