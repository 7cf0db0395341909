//! ZOOKEEPER-3125 and ZOOKEEPER-3249: replaying the log over a fuzzy snapshot reverts what a parent
//! knows of its children.
//!
//! Fixed in 3.5.5 and 3.6.0. A snapshot is written while transactions are applied, so that it may
//! already hold what is replayed over it. A replayed create set the parent's counters back to what
//! they were at its time, and a replayed delete of a znode that was gone already did not set them
//! at all. Servers then disagreed on pzxid and cversion, and child watches were missed. Wrong here:
//! the counters are set without a look.

use super::Mutant;
use crate::tree::{Parent, Touch};

/// The entry for the table.
pub const MUTANT: Mutant = Mutant {
    name: "zk_3125",
    story: "replaying over a fuzzy snapshot sets a parent's counters back",
    caught_by: &["recovery", "replica_agreement"],
    apply: |rules| rules.server.tree.parent_after = set_without_a_look,
};

/// Wrong: the numbers may go down, and a delete that finds nothing says nothing.
fn set_without_a_look(parent: Parent, touch: Touch) -> Parent {
    match touch {
        Touch::Created { cversion, zxid } => Parent { cversion, pzxid: zxid },
        Touch::Deleted { zxid, existed: true } => Parent { pzxid: zxid, ..parent },
        Touch::Deleted { existed: false, .. } => parent,
    }
}
