//! One server's files as a whole: the log, the snapshots, the epochs.

use super::epochs::{self, ACCEPTED, CURRENT, replace};
use super::snapshots::{name_of, seal_snapshot};
use super::{DiskOp, Log};
use crate::base::{Epoch, Zxid};
use crate::wire::Proposal;

/// How many snapshots are kept, with the log since the oldest of them.
const RETAINED: usize = 3;

/// What is on the disk once every operation that was asked for has been executed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Store {
    pub(super) log: Log,
    /// Ascending; never empty.
    pub(super) snapshots: Vec<Zxid>,
    pub(super) accepted: Epoch,
    pub(super) current: Epoch,
}

impl Store {
    /// The last transaction on the disk, or on its way there.
    pub fn last(&self) -> Zxid {
        let newest = *self.snapshots.last().expect("there is always a snapshot");
        self.log.last().unwrap_or(Zxid::ZERO).max(newest)
    }

    /// The log.
    pub fn log(&mut self) -> &mut Log {
        &mut self.log
    }

    /// Puts a proposal at the end of the log.
    pub fn append(&mut self, proposal: Proposal) {
        self.log.append(proposal);
    }

    /// Writes the epochs that have grown, `acceptedEpoch` first.
    ///
    /// A server may ask for less than it asked for before: it had not heard yet that the greater
    /// one was written when it left its role. The files keep the greater one.
    pub fn write_epochs(&mut self, accepted: Epoch, current: Epoch, ops: &mut Vec<DiskOp>) {
        if accepted > self.accepted {
            epochs::write(ACCEPTED, accepted, ops);
            self.accepted = accepted;
        }
        if current > self.current {
            epochs::write(CURRENT, current, ops);
            self.current = current;
        }
    }

    /// Whether what the disk keeps leads exactly to `to`: a snapshot at or before it, and the log
    /// from there on.
    pub fn can_truncate(&self, to: Zxid) -> bool {
        let oldest = self.snapshots[0];
        self.snapshots.contains(&to) || (to > oldest && self.log.contains(to))
    }

    /// Forgets everything behind `to`: first the snapshots that know of it, then the log
    /// (ZOOKEEPER-4837).
    pub fn truncate(&mut self, to: Zxid, ops: &mut Vec<DiskOp>) {
        assert!(self.can_truncate(to), "the caller has asked");
        self.log.write(ops);
        let kept = self.snapshots.partition_point(|&zxid| zxid <= to);
        for zxid in self.snapshots.drain(kept..) {
            ops.push(DiskOp::Remove { file: name_of(zxid) });
        }
        ops.push(DiskOp::SyncDir);
        self.log.truncate(to, ops);
    }

    /// Keeps a snapshot of the server's own tree, begins a new log file, and removes what is no
    /// longer needed.
    ///
    /// What the snapshot holds is in the log: a fuzzy snapshot is only whole together with it.
    pub fn save_snapshot(&mut self, zxid: Zxid, body: &[u8], ops: &mut Vec<DiskOp>) {
        assert!(zxid > *self.snapshots.last().expect("never empty"), "snapshots go forward");
        self.log.write(ops);
        replace(&name_of(zxid), seal_snapshot(body), ops);
        self.snapshots.push(zxid);
        self.log.roll();
        let surplus = self.snapshots.len().saturating_sub(RETAINED);
        for zxid in self.snapshots.drain(..surplus) {
            ops.push(DiskOp::Remove { file: name_of(zxid) });
        }
        self.log.purge(self.snapshots[0], ops);
    }

    /// Replaces everything by a leader's snapshot, which is exact. What was there before goes only
    /// once the snapshot is safe.
    pub fn install(&mut self, zxid: Zxid, body: &[u8], ops: &mut Vec<DiskOp>) {
        self.log.write(ops);
        replace(&name_of(zxid), seal_snapshot(body), ops);
        self.log.clear(ops);
        for old in self.snapshots.drain(..).filter(|&old| old != zxid) {
            ops.push(DiskOp::Remove { file: name_of(old) });
        }
        ops.push(DiskOp::SyncDir);
        self.snapshots.push(zxid);
    }
}
