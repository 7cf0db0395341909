//! How a server keeps its files.

/// What is kept, and what it costs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Keeping {
    /// The log's last file grows by so much at a time, in bytes, so that a sync need not tell the
    /// disk of a new length (`preAllocSize`). 0: it grows as it is written.
    pub reserve_bytes: u64,
    /// How many snapshots a purge leaves, with the log since the oldest of them
    /// (`autopurge.snapRetainCount`).
    pub snapshots: usize,
}

impl Keeping {
    /// As little as can be.
    pub const PLAIN: Keeping = Keeping { reserve_bytes: 0, snapshots: 3 };
}
