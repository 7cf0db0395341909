//! Voices without a vote: no historical bug, but what ZOOKEEPER-2959 is one case of.
//!
//! An observer holds what the others have decided, and it may be any number of them. Nobody may
//! count one: two quorums would no longer have a voter in common. Wrong here: who acknowledges the
//! leader's history is counted, voter or not.

use super::Mutant;
use super::zk_2959::everybody_counts;

/// The entry for the table.
pub const MUTANT: Mutant = Mutant {
    name: "counted_observers",
    story: "an epoch is established by the acknowledgements of observers",
    caught_by: &["voters_decide", "durability"],
    apply: |rules| rules.server.zab.quorum = everybody_counts,
};
