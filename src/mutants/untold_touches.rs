//! Signs of life that stop half-way: no historical bug, but what a learner's answers to pings are
//! for.
//!
//! Clients talk to learners; the leader decides who is dead. It hears of a client only through the
//! list of sessions that a learner sends with every answer to a ping. Wrong here: the list is
//! empty, so that sessions end although their clients are served.

use super::Mutant;

/// The entry for the table.
pub const MUTANT: Mutant = Mutant {
    name: "untold_touches",
    story: "a learner keeps to itself which clients it hears, and the leader takes them for dead",
    caught_by: &["ephemeral_cleanup"],
    apply: |rules| rules.server.tells_touches = || false,
};
