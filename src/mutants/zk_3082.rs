//! ZOOKEEPER-3082 and ZOOKEEPER-3231: snapshots without content, and a purge that keeps them.
//!
//! Fixed in 3.6.0. On a full disk a server went on writing snapshots, of which nothing but the
//! names came to be. The purge keeps the newest ones, however little is in them, and took the last
//! good one away, with the log that had followed it. Wrong here: every snapshot but the first is
//! empty.

use super::Mutant;
use crate::storage::DiskOp;

/// The entry for the table.
pub const MUTANT: Mutant = Mutant {
    name: "zk_3082",
    story: "empty snapshots count when the good ones before them are purged",
    caught_by: &["recovery"],
    apply: |rules| rules.server.storage.comes_to = |op| Some(empty_if_snapshot(op)),
};

/// As if the disk were full.
fn empty_if_snapshot(op: DiskOp) -> DiskOp {
    match op {
        DiskOp::Write { file, zxid: None, .. }
            if file.starts_with("snapshot.") && file != "snapshot.0.tmp" =>
        {
            DiskOp::Write { file, offset: 0, bytes: Vec::new(), zxid: None }
        }
        op => op,
    }
}
