//! ZOOKEEPER-1549: data inconsistency when a follower gets a DIFF upon a dirty snapshot.
//!
//! Fixed in 3.5.0. Servers wrote snapshots while their trees held transactions that no quorum had
//! committed. When those were discarded later, the log was cut, but the snapshot went on holding
//! them. Wrong here: a snapshot may also begin when an election is over and the tree takes in what is in
//! the log only.

use super::Mutant;

/// The entry for the table.
pub const MUTANT: Mutant = Mutant {
    name: "zk_1549",
    story: "a snapshot holds transactions that are discarded later",
    caught_by: &["recovery", "replica_agreement"],
    apply: |rules| rules.server.may_snapshot = |_| true,
};
