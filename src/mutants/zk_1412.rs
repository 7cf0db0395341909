//! ZOOKEEPER-1412: watches are triggered inconsistently on reconnection.
//!
//! Fixed in 3.3.5 and 3.4.4. A reply's zxid was the latest one that the server knew of, not that of
//! the tree that had answered. A client then believed to have seen transactions that it had not,
//! and said so when it reconnected: the changes in between never reached its watches. Wrong here:
//! replies carry the last proposed zxid.

use super::Mutant;

/// The entry for the table.
pub const MUTANT: Mutant = Mutant {
    name: "zk_1412",
    story: "replies carry a zxid that the answering tree has not reached",
    caught_by: &["session_order", "write_order", "watch_delivery"],
    apply: |rules| rules.server.reply_zxid = |progress| progress.proposed,
};
