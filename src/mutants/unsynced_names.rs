//! Files without a name: no historical bug, but one that a crash would show in more than one
//! program.
//!
//! A new file's bytes may be on the disk, and its name not: then nobody finds it after a loss of
//! power. The directory has to be synced, too (`zookeeper.md`, D.2). Wrong here: it never is.

use super::Mutant;
use crate::storage::DiskOp;

/// The entry for the table.
pub const MUTANT: Mutant = Mutant {
    name: "unsynced_names",
    story: "a new log file is synced and its name is not, so that a loss of power takes it away",
    caught_by: &["durability", "recovery"],
    apply: |rules| {
        rules.server.storage.comes_to = |op| Some(op).filter(|op| *op != DiskOp::SyncDir)
    },
};
