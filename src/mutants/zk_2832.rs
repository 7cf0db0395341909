//! ZOOKEEPER-2832: data inconsistency because an uncommitted transaction is not truncated.
//!
//! Reported for 3.4.9. A server came back with a transaction at its end that no other had, and the
//! leader had nothing behind that point. It was taken for up to date, and kept the transaction when
//! the leader went on. Wrong here: whoever has more than the leader gets an empty DIFF.

use super::Mutant;
use crate::base::Zxid;
use crate::zab::{SyncPlan, Window, plan};

/// The entry for the table.
pub const MUTANT: Mutant = Mutant {
    name: "zk_2832",
    story: "a server that has more than its leader is taken for up to date",
    caught_by: &["replica_agreement", "durability"],
    apply: |rules| rules.server.zab.sync_plan = diff_for_who_has_more,
};

/// Wrong: beyond the leader's end there is nothing to cut.
fn diff_for_who_has_more(window: &Window, learner: Zxid) -> SyncPlan {
    if learner > window.last { SyncPlan::Diff { after: learner } } else { plan(window, learner) }
}
