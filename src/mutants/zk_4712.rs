//! ZOOKEEPER-4712 and ZOOKEEPER-4541: the log queue is not flushed when a follower shuts down.
//!
//! Fixed in 3.9.3. A follower that loses its leader ends its processors. What waited to be written
//! to the log was dropped, although part of it was committed and in the tree. The server went on
//! with a tree that its log cannot reproduce, and told the next leader that it had it all. Wrong
//! here: what waits is forgotten.

use super::Mutant;
use crate::zab::LogQueue;

/// The entry for the table.
pub const MUTANT: Mutant = Mutant {
    name: "zk_4712",
    story: "a server that loses its leader drops what was about to be logged",
    caught_by: &["recovery", "durability", "replica_agreement"],
    apply: |rules| rules.server.zab.log_queue = || LogQueue::Forget,
};
