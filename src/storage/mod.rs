//! How bytes survive a crash: ZooKeeper's log, snapshots and epoch files, as operations on a disk
//! that executes them one after the other. Knows no znode and no quorum.

mod disk_op;
mod epochs;
mod image;
mod keeping;
mod log;
mod recovery;
mod rules;
mod scan;
mod snapshots;
mod store;

pub use disk_op::{DiskOp, DiskSizes};
pub use image::{Files, Image};
pub use keeping::Keeping;
pub use log::{Log, Position};
pub use recovery::{INITIALIZE, Recovered, Trust, Unreadable, recover, recover_by};
pub use rules::{Rules, epoch_of};
pub use snapshots::{open_snapshot, seal_snapshot};
pub use store::Store;
