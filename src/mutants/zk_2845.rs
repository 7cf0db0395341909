//! ZOOKEEPER-2845: data inconsistency, because the database is kept during an election.
//!
//! Fixed in 3.4.12 and 3.5.4. A server that goes into an election keeps its tree, which lacks what
//! is logged and not committed. Its vote, and what it tells the next leader, came from the tree: it
//! was not made to forget what its log had more, and log and tree went apart. Wrong here: the tree
//! is not brought forward to the log.

use super::Mutant;
use crate::zab::FastForward;

/// The entry for the table.
pub const MUTANT: Mutant = Mutant {
    name: "zk_2845",
    story: "a server votes by its tree and forgets that its log holds more",
    caught_by: &["recovery", "replica_agreement", "durability"],
    apply: |rules| rules.server.zab.fast_forward = || FastForward::None,
};
