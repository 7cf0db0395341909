//! ZOOKEEPER-3145: a missed watch because of a stale pzxid, when the end of a session is replayed
//! over a fuzzy snapshot.
//!
//! Fixed in 3.6.0. The transaction that ends a session did not list what goes with it; each server
//! looked into its own table. In a snapshot that was written meanwhile some of it was already gone,
//! and the parents did not learn that anything had been deleted. Wrong here: what goes is what the
//! tree has, not what the leader listed.

use super::Mutant;
use crate::tree::Closing;

/// The entry for the table.
pub const MUTANT: Mutant = Mutant {
    name: "zk_3145",
    story: "replaying the end of a session over a fuzzy snapshot forgets whose children went",
    caught_by: &["recovery", "replica_agreement"],
    apply: |rules| rules.server.tree.closing = || Closing::Owned,
};
