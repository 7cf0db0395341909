//! ZOOKEEPER-4925: data loss because of holes in the list of committed proposals.
//!
//! In 3.9.3 only; fixed in 3.9.4. What a learner got while it was brought up to date went into its
//! tree and not into the list that a leader sends to learners. When it led later, its list had a
//! hole, and those who lacked something of the hole did not get it. Wrong here: what comes during
//! synchronisation is not remembered.

use super::Mutant;
use crate::zab::Delivery;

/// The entry for the table.
pub const MUTANT: Mutant = Mutant {
    name: "zk_4925",
    story: "a server that was brought up to date does not remember with what",
    caught_by: &["durability", "replica_agreement", "progress"],
    apply: |rules| rules.server.zab.remembers = |why| why != Delivery::Synchronized,
};
