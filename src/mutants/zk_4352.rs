//! ZOOKEEPER-4352: only a DIFF, and no snapshot, for a follower that lacks more than the leader
//! remembers.
//!
//! Open as of 3.9. A leader whose list of remembered proposals began at nothing took the list for
//! the whole history, and sent what was in it to followers that lacked what was before. Wrong here:
//! whatever a learner lacks, it gets what the leader remembers, and takes it without looking for
//! gaps.

use super::Mutant;
use crate::base::Zxid;
use crate::zab::{SyncPlan, Window, plan};

/// The entry for the table.
pub const MUTANT: Mutant = Mutant {
    name: "zk_4352",
    story: "a leader takes what it remembers for all that there was",
    caught_by: &["replica_agreement"],
    apply: |rules| {
        rules.server.zab.sync_plan = what_is_remembered;
        rules.server.zab.follows = |last, next| next > last;
    },
};

/// Wrong: before what is remembered there is nothing.
fn what_is_remembered(window: &Window, learner: Zxid) -> SyncPlan {
    match window.zxids.first() {
        Some(first) if learner < *first => SyncPlan::Diff { after: learner },
        _ => plan(window, learner),
    }
}
