//! One server's files as a whole: the log, the snapshots, the epochs.

use super::epochs::{self, ACCEPTED, CURRENT, replace};
use super::recovery::MEMBERSHIP;
use super::snapshots::{Saving, name_of};
use super::{DiskOp, Keeping, Log};
use crate::base::{Epoch, Zxid};
use crate::wire::{Membership, Proposal};

/// Behind so many snapshots the log is known record by record.
const KNOWN_SNAPSHOTS: usize = 3;

/// What is on the disk once every operation that was asked for has been executed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Store {
    pub(super) keeping: Keeping,
    pub(super) log: Log,
    /// Ascending; never empty.
    pub(super) snapshots: Vec<Zxid>,
    /// The oldest of them that is known to be whole.
    pub(super) trusted: Zxid,
    /// A snapshot on its way.
    pub(super) saving: Option<Saving>,
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

    /// Writes and syncs everything that waits for the log. The last proposal of the batch; `None` of
    /// none.
    pub fn write_log(&mut self, ops: &mut Vec<DiskOp>) -> Option<Zxid> {
        self.log.write(self.keeping.reserve_bytes, ops)
    }

    /// Keeps its files in this way from now on.
    pub fn keep(&mut self, keeping: Keeping) {
        assert!(keeping.snapshots > 0, "nothing can be recovered without a snapshot");
        self.keeping = keeping;
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

    /// Writes down which configuration is in force. What is proposed is in the log.
    pub fn write_membership(&self, membership: &Membership, ops: &mut Vec<DiskOp>) {
        replace(MEMBERSHIP, membership.to_string().into_bytes(), ops);
    }

    /// Whether what the disk keeps leads exactly to `to`: a snapshot at or before it that is known to
    /// be whole, and the log from there on.
    pub fn can_truncate(&self, to: Zxid) -> bool {
        let known = self.snapshots.contains(&to) || self.log.contains(to);
        to >= self.trusted && known
    }

    /// Forgets everything behind `to`: first the snapshots that know of it, then the log
    /// (ZOOKEEPER-4837).
    pub fn truncate(&mut self, to: Zxid, ops: &mut Vec<DiskOp>) {
        assert!(self.can_truncate(to), "the caller has asked");
        self.write_log(ops);
        let kept = self.snapshots.partition_point(|&zxid| zxid <= to);
        for zxid in self.snapshots.drain(kept..) {
            ops.push(DiskOp::Remove { file: name_of(zxid) });
        }
        ops.push(DiskOp::SyncDir);
        self.log.truncate(to, ops);
    }

    /// Begins to keep a snapshot of the server's own tree; one that was not finished is given up.
    pub fn begin_snapshot(&mut self, zxid: Zxid) {
        assert!(zxid > *self.snapshots.last().expect("never empty"), "snapshots go forward");
        self.saving = Some(Saving::begin(zxid));
    }

    /// The next bytes of the snapshot that was begun.
    pub fn snapshot_piece(&mut self, bytes: Vec<u8>, ops: &mut Vec<DiskOp>) {
        self.saving.as_mut().expect("a snapshot was begun").piece(bytes, ops);
    }

    /// The snapshot is whole: puts it in its place, and begins a new log file.
    ///
    /// What the snapshot holds is in the log: a fuzzy snapshot is only whole together with it.
    pub fn end_snapshot(&mut self, ops: &mut Vec<DiskOp>) {
        self.write_log(ops);
        let saving = self.saving.take().expect("a snapshot was begun");
        self.snapshots.push(saving.zxid);
        saving.end(ops);
        self.log.roll();
        let known = self.snapshots.len().saturating_sub(KNOWN_SNAPSHOTS);
        self.log.forget(self.snapshots[known]);
    }

    /// Removes what is no longer needed: all but the newest snapshots, and the log before them.
    pub fn purge(&mut self, ops: &mut Vec<DiskOp>) {
        let surplus = self.snapshots.len().saturating_sub(self.keeping.snapshots);
        for zxid in self.snapshots.drain(..surplus) {
            ops.push(DiskOp::Remove { file: name_of(zxid) });
        }
        self.log.purge(self.snapshots[0], ops);
        self.trusted = self.trusted.max(self.snapshots[0]);
    }

    /// Replaces everything by a leader's snapshot, which is exact. What was there before goes only
    /// once the snapshot is safe.
    pub fn install(&mut self, zxid: Zxid, body: Vec<u8>, ops: &mut Vec<DiskOp>) {
        self.write_log(ops);
        let mut saving = Saving::begin(zxid);
        saving.piece(body, ops);
        saving.end(ops);
        self.saving = None;
        self.log.clear(ops);
        for old in self.snapshots.drain(..).filter(|&old| old != zxid) {
            ops.push(DiskOp::Remove { file: name_of(old) });
        }
        ops.push(DiskOp::SyncDir);
        self.snapshots.push(zxid);
        self.trusted = zxid;
    }
}
