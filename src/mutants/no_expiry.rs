//! Never given up: no historical bug, but the other half of what a timeout means.
//!
//! When a client is gone for good its session ends by itself, and what lived with it goes. Wrong
//! here: the leader waits for ever.

use super::Mutant;

/// The entry for the table.
pub const MUTANT: Mutant = Mutant {
    name: "no_expiry",
    story: "a session whose client is gone never ends",
    caught_by: &["ephemeral_cleanup", "progress"],
    apply: |rules| rules.server.patience = |_| None,
};
