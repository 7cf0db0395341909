//! An acknowledgement before the sync: no historical bug, but the oldest one there is.
//!
//! What a server acknowledges has to be on its disk, because a quorum's acknowledgements are what a
//! commit rests on. Wrong here: the log is written and never synced, so that it is in the page
//! cache when the server says that it has it.

use super::Mutant;
use crate::storage::DiskOp;

/// The entry for the table.
pub const MUTANT: Mutant = Mutant {
    name: "unsynced_log",
    story: "a server acknowledges what is only in its page cache",
    caught_by: &["durability"],
    apply: |rules| rules.server.storage.comes_to = |op| Some(op).filter(|op| !is_sync_of_log(op)),
};

fn is_sync_of_log(op: &DiskOp) -> bool {
    matches!(op, DiskOp::Sync { file } if file.starts_with("log."))
}
