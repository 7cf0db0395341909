//! Storage's decisions that history has shown to be easy to get wrong.

use super::DiskOp;
use crate::base::Epoch;

/// The decisions, replaceable one by one.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// Where the log is written on after it was truncated. Correct: [`at_the_new_end`].
    pub position_after_truncate: fn(Truncated) -> u64,
    /// What comes of an operation that is needed. Correct: itself. (A forgotten sync comes to nothing,
    /// and so does an error that nobody looks at.)
    pub comes_to: fn(DiskOp) -> Option<DiskOp>,
    /// Whether `currentEpoch` is written behind the history that it stands for. Correct: it is
    /// (ZOOKEEPER-4643).
    pub history_first: fn() -> bool,
    /// The epoch in force, of what the file says and of the last transaction on the disk; `None`
    /// where they contradict each other. Correct: [`epoch_of`].
    pub epoch_of: fn(current: Epoch, last: Epoch) -> Option<Epoch>,
    /// Whether a file of the log without a whole record is put aside at the start. Correct: it is; a
    /// crash right behind its creation leaves such a file (ZOOKEEPER-2332).
    pub forgives_empty: fn() -> bool,
}

/// A truncation of the log's last file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Truncated {
    /// Where the file ended, in bytes.
    pub before: u64,
    /// Where it ends now.
    pub after: u64,
}

impl Rules {
    /// The right ones.
    pub const CORRECT: Rules = Rules {
        position_after_truncate: at_the_new_end,
        comes_to: Some,
        history_first: || true,
        epoch_of,
        forgives_empty: || true,
    };
}

/// Transactions of an epoch are logged in order behind its initial history, so that whoever holds
/// one of them holds the history: `currentEpoch` may be one crash late (ZOOKEEPER-1653).
pub fn epoch_of(current: Epoch, last: Epoch) -> Option<Epoch> {
    Some(current.max(last))
}

/// Behind the last record that was kept. A writer that goes on where it was leaves a hole of zeros,
/// at which the next recovery stops (ZOOKEEPER-1489).
pub fn at_the_new_end(truncated: Truncated) -> u64 {
    truncated.after
}
