//! Given up too early: no historical bug, but what a timeout means.
//!
//! A session ends when nobody has heard of its client for its whole timeout, not before. Wrong
//! here: half of it is enough.

use super::Mutant;
use crate::base::Millis;

/// The entry for the table.
pub const MUTANT: Mutant = Mutant {
    name: "early_expiry",
    story: "a session is taken for dead after half of its timeout",
    caught_by: &["ephemeral_cleanup"],
    apply: |rules| rules.server.patience = |timeout| Some(Millis(timeout.0 / 2)),
};
