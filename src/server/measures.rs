//! What a server cannot find out by itself, because it is no part of what it decides: how large its
//! files are, and what the process takes. Who drives it measures when somebody asks.

use super::stats::Latency;
use crate::storage::DiskSizes;

/// What was measured.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Measures {
    /// How large the files on the disk are.
    pub sizes: DiskSizes,
    /// Of the process; `None` where there is none, as in a simulation.
    pub process: Option<Process>,
}

/// A server's process, since it began.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Process {
    /// How many files it has open, connections included, and how many it may have.
    pub files: Option<OpenFiles>,
    /// How long it took to bring the log to the disk.
    pub syncs: Latency,
    /// How often that took longer than is worth a warning (`fsync.warningthresholdms`).
    pub slow_sync_count: u64,
    /// When the newest snapshot was last written to, in milliseconds by the wall clock.
    pub snapshot_wall_ms: Option<i64>,
}

/// How many files a process has open.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OpenFiles {
    /// So many.
    pub open: u64,
    /// It may have so many.
    pub max: u64,
}
