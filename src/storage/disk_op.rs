//! What a server asks of its disk.

use crate::base::Zxid;
use std::fmt;

/// How large the files of a disk are, in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct DiskSizes {
    /// Those in the folder with the snapshots.
    pub data: u64,
    /// Those in the folder with the log; it may be the same one.
    pub log: u64,
}

/// One operation. A disk executes them strictly in order, like one thread; syncing takes time, and
/// everything behind it waits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DiskOp {
    /// Writes into a file, and creates it when it is missing.
    Write {
        /// Which.
        file: String,
        /// Where; behind the end leaves a hole of zeros.
        offset: u64,
        /// What.
        bytes: Vec<u8>,
        /// Of the log: the last proposal in these bytes.
        zxid: Option<Zxid>,
    },
    /// Makes a file so long, with zeros behind what it holds, and room for them on the disk. Nothing
    /// when it is longer.
    Reserve {
        /// Which; it is there.
        file: String,
        /// In bytes.
        len: u64,
    },
    /// Cuts a file to this length. Nothing when it is missing.
    Truncate {
        /// Which.
        file: String,
        /// In bytes.
        len: u64,
    },
    /// Removes a file. Nothing when it is missing.
    Remove {
        /// Which.
        file: String,
    },
    /// Gives a file another name, in one step; what had that name is gone.
    Rename {
        /// The old name.
        from: String,
        /// The new name.
        to: String,
    },
    /// What was written to the file survives every crash from here on, as far as its name does.
    Sync {
        /// Which.
        file: String,
    },
    /// Names that were created, removed or changed survive every crash from here on.
    SyncDir,
    /// Says `token` once everything before it has been executed.
    Barrier {
        /// The word to say.
        token: u64,
    },
}

impl fmt::Display for DiskOp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DiskOp::Write { file, offset, bytes, zxid } => {
                write!(f, "write {file} at {offset}: {} bytes", bytes.len())?;
                zxid.map_or(Ok(()), |zxid| write!(f, " up to {zxid}"))
            }
            DiskOp::Reserve { file, len } => write!(f, "reserve {file} up to {len}"),
            DiskOp::Truncate { file, len } => write!(f, "truncate {file} to {len}"),
            DiskOp::Remove { file } => write!(f, "remove {file}"),
            DiskOp::Rename { from, to } => write!(f, "rename {from} to {to}"),
            DiskOp::Sync { file } => write!(f, "sync {file}"),
            DiskOp::SyncDir => write!(f, "sync directory"),
            DiskOp::Barrier { token } => write!(f, "barrier {token}"),
        }
    }
}
