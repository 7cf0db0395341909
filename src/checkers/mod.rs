//! The judges: each property is one file, a fold over the history.
//!
//! A checker sees the history and the model of what was committed so far, never the cluster.

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

/// A fold over the history that judges one property.
pub trait Checker: Send {
    /// Takes the next event in. `model` has already taken it in.
    ///
    /// After an error the checker is not asked again.
    fn observe(&mut self, event: &Event, model: &Model) -> Result<(), Violation>;

    /// Judges what is only known at the end: what was owed and not paid.
    fn finish(&mut self, model: &Model) -> Result<(), Violation>;

    /// How often the property was at risk, that is: how many judgements were made. A run in which
    /// it never was is vacuous, not passed.
    fn checked(&self) -> u64;
}
