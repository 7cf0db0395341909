//! Serving before UPTODATE: the class of ZOOKEEPER-4503, of which no more than that is known.
//!
//! A follower that holds the leader's history may not show it: as long as no quorum holds it, it
//! can still be lost. The leader says UPTODATE when it is safe. Wrong here: clients are served as
//! soon as the follower itself is ready.

use super::Mutant;
use crate::zab::Opening;

/// The entry for the table.
pub const MUTANT: Mutant = Mutant {
    name: "served_too_early",
    story: "a follower shows its clients a history that no quorum holds yet",
    caught_by: &["replica_agreement", "session_order"],
    apply: |rules| rules.server.zab.opening = || Opening::Synchronized,
};
