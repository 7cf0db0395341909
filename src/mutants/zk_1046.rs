//! ZOOKEEPER-1046: creating a sequential znode is refused because the znode exists.
//!
//! Fixed in 3.3.4 and 3.4.0. A parent's count of created children was not in the transaction; every
//! server counted for itself. One that replayed creates and deletes over a fuzzy snapshot counted
//! some of them again, and when it led it gave out numbers that did not fit. Wrong here: a create
//! adds one to what the parent has.

use super::Mutant;
use crate::tree::{Parent, Touch, parent_after};

/// The entry for the table.
pub const MUTANT: Mutant = Mutant {
    name: "zk_1046",
    story: "servers count a parent's children for themselves, and some twice",
    caught_by: &["recovery", "replica_agreement"],
    apply: |rules| rules.server.tree.parent_after = count_one_more,
};

/// Wrong: whatever the leader counted, this is one more.
fn count_one_more(parent: Parent, touch: Touch) -> Parent {
    match touch {
        Touch::Created { zxid, .. } => {
            Parent { cversion: parent.cversion.wrapping_add(1), pzxid: parent.pzxid.max(zxid) }
        }
        Touch::Deleted { .. } => parent_after(parent, touch),
    }
}
