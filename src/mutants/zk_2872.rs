//! ZOOKEEPER-2872: an interrupted synchronisation by snapshot loses data.
//!
//! Fixed in 3.5.10 and 3.6.0. A follower that got the leader's whole tree wrote it down as a
//! snapshot, without a sync, and acknowledged it. A loss of power left it with half a file and
//! without the log that the snapshot had replaced. Wrong here: no snapshot is ever synced.

use super::Mutant;
use crate::storage::DiskOp;

/// The entry for the table.
pub const MUTANT: Mutant = Mutant {
    name: "zk_2872",
    story: "the snapshot that replaces a follower's log is not synced",
    caught_by: &["recovery"],
    apply: |rules| {
        rules.server.storage.comes_to = |op| Some(op).filter(|op| !is_sync_of_snapshot(op))
    },
};

fn is_sync_of_snapshot(op: &DiskOp) -> bool {
    matches!(op, DiskOp::Sync { file } if file.starts_with("snapshot."))
}
