//! ZOOKEEPER-3701: split brain when the disk of a server is full.
//!
//! Fixed in 3.5.7 and 3.6.0. A follower that was told to truncate its log failed to, because its
//! disk was full, and did not say so. It went on with transactions that nobody else had. Wrong
//! here: the log is never cut, and the server goes on as if it had been.

use super::Mutant;
use crate::storage::DiskOp;

/// The entry for the table.
pub const MUTANT: Mutant = Mutant {
    name: "zk_3701",
    story: "a log that could not be truncated is used all the same",
    caught_by: &["replica_agreement", "durability"],
    apply: |rules| rules.server.storage.comes_to = |op| Some(op).filter(|op| !cuts_the_log(op)),
};

fn cuts_the_log(op: &DiskOp) -> bool {
    matches!(op, DiskOp::Truncate { file, .. } | DiskOp::Remove { file } if file.starts_with("log."))
}
