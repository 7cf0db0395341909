//! ZOOKEEPER-2247: the service becomes unavailable when the leader fails to write its log.
//!
//! Fixed in 3.4.9 and 3.5.3. A write to the log failed, and the server noted it and went on. What
//! it acknowledged from then on lay behind a hole. Wrong here: now and then a write fails, and
//! nobody looks.

use super::Mutant;
use crate::storage::DiskOp;

/// The entry for the table.
pub const MUTANT: Mutant = Mutant {
    name: "zk_2247",
    story: "a write to the log that failed counts as done",
    caught_by: &["recovery", "replica_agreement"],
    apply: |rules| rules.server.storage.comes_to = |op| Some(op).filter(|op| !fails(op)),
};

/// As if the disk were full for a moment: one batch in eight, and never a file's first.
fn fails(op: &DiskOp) -> bool {
    match op {
        DiskOp::Write { offset, zxid: Some(zxid), .. } => *offset > 0 && zxid.counter() % 8 == 0,
        _ => false,
    }
}
