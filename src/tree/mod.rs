//! What the data is: znodes, transactions, watches, snapshots. Knows no server, no quorum, no file.

mod acl;
mod digest;
mod overlay;
mod quota;
mod rules;
mod snapshot;
#[allow(clippy::module_inception, reason = "the file is named after what it owns")]
mod tree;
mod txn;
mod watches;
mod znode;

pub use acl::{Access, may, perm};
pub use overlay::{Overlay, Part, Record, Rollback};
pub use quota::{Limits, Usage};
pub use rules::{Closing, Parent, Rules, Touch, Undo, number_of, parent_after};
pub use snapshot::{SnapshotWriter, StreamScanner, read_tree};
pub use tree::{Applied, CONFIG, Tree, Trigger};
pub use txn::{Body, Txn};
pub use watches::{Mode, Removal, Watch, WatchKind, Watches};
pub use znode::{Lifetime, TTL_MS_MAX, Znode};
