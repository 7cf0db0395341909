//! ZOOKEEPER-1097: quotas are not followed after a snapshot was read.
//!
//! Fixed in 3.3.4 and 3.4.0. What is used below a znode with limits is counted when these are set, and
//! followed from then on. A server that had read its tree from a snapshot had the limits, but did not
//! begin to count. Wrong here: it does not, either, so that it says what was used long ago, and as a
//! leader lets in what is too much.

use super::Mutant;

/// The entry for the table.
pub const MUTANT: Mutant = Mutant {
    name: "zk_1097",
    story: "a server that was restarted does not know how much of a quota is used",
    caught_by: &["session_order", "write_order"],
    apply: |rules| rules.server.tree.follows_quotas = || false,
};
