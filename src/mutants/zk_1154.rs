//! ZOOKEEPER-1154 and ZOOKEEPER-1156: data inconsistency when the server with the highest zxid is
//! absent at the time of the election.
//!
//! Fixed in 3.3.4 and 3.4.0. A leader logs a proposal that no other server gets, and goes away. The
//! others elect a new leader and go on. When the old one comes back, its last zxid lies between two
//! that the new leader remembers: it has to be cut. It got the missing proposals instead, and kept
//! the transaction that nobody else has. Wrong here: the plan without a look for the exact zxid.

use super::Mutant;
use crate::base::Zxid;
use crate::zab::{SyncPlan, Window, plan};

/// The entry for the table.
pub const MUTANT: Mutant = Mutant {
    name: "zk_1154",
    story: "a server that returns with an uncommitted transaction is not made to forget it",
    caught_by: &["replica_agreement"],
    apply: |rules| rules.server.zab.sync_plan = diff_without_a_match,
};

/// Wrong: inside what the leader remembers, a learner gets what comes behind its zxid, whether the
/// leader has that zxid or not.
fn diff_without_a_match(window: &Window, learner: Zxid) -> SyncPlan {
    let (min, max) = (window.zxids.first(), window.zxids.last());
    let inside = min.is_some_and(|&it| it <= learner) && max.is_some_and(|&it| learner <= it);
    if inside { SyncPlan::Diff { after: learner } } else { plan(window, learner) }
}
