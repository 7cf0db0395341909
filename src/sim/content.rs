//! The content of a file, and changes of it that a crash may keep, drop or tear.

use crate::base::{Ratio, Rng, Zxid};

/// What a disk writes all or nothing of.
const SECTOR_BYTES: u64 = 512;

/// A file's bytes, and where the proposals in them end.
#[derive(Clone, Default, Debug)]
pub(super) struct Content {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// The tagged writes that are wholly in `bytes`, in the order of their place in the file.
    pub tags: Vec<Tag>,
}

/// A tagged write: where it ends, and its highest proposal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Tag {
    end: u64,
    /// The highest proposal.
    pub zxid: Zxid,
}

/// A change of a file's content.
#[derive(Debug)]
pub(super) enum Change {
    /// Bytes at an offset; perhaps log records up to this zxid.
    Write { offset: u64, bytes: Vec<u8>, zxid: Option<Zxid> },
    /// A new length.
    Truncate { len: u64 },
}

impl Change {
    /// The highest proposal that the change writes.
    pub fn zxid(&self) -> Option<Zxid> {
        match self {
            Change::Write { zxid, .. } => *zxid,
            Change::Truncate { .. } => None,
        }
    }

    /// What is left of the change when the power goes in the middle of it: a prefix of whole sectors,
    /// which is no longer the record that it was. Nothing happens to a write within one sector.
    fn tear(&mut self, rng: &mut Rng) {
        let Change::Write { offset, bytes, zxid } = self else { return };
        let first = *offset / SECTOR_BYTES;
        let last = (*offset + bytes.len() as u64).saturating_sub(1) / SECTOR_BYTES;
        if first < last {
            let boundary = rng.between(first + 1, last) * SECTOR_BYTES;
            bytes.truncate((boundary - *offset) as usize);
            *zxid = None;
        }
    }
}

impl Content {
    /// Performs a change.
    pub fn apply(&mut self, change: &Change) {
        match change {
            Change::Write { offset, bytes, zxid } => self.write(*offset, bytes, *zxid),
            Change::Truncate { len } => {
                self.bytes.resize(*len as usize, 0);
                self.forget_behind(*len);
            }
        }
    }

    fn write(&mut self, offset: u64, bytes: &[u8], zxid: Option<Zxid>) {
        self.forget_behind(offset);
        let start = offset as usize;
        if self.bytes.len() < start {
            self.bytes.resize(start, 0);
        }
        let (over, behind) = bytes.split_at(bytes.len().min(self.bytes.len() - start));
        self.bytes[start..start + over.len()].copy_from_slice(over);
        self.bytes.extend_from_slice(behind);
        if let Some(zxid) = zxid {
            self.tags.push(Tag { end: offset + bytes.len() as u64, zxid });
        }
    }

    /// Records that end behind `offset` are cut off or written over. (Logs are only appended to, so
    /// whoever writes in the middle of one does not mean to keep the rest.)
    fn forget_behind(&mut self, offset: u64) {
        while self.tags.last().is_some_and(|tag| tag.end > offset) {
            self.tags.pop();
        }
    }
}

/// Chooses what a loss of power leaves of changes that were not synced: all, nothing, the first
/// ones, or any of them; and tears the last one now and then.
pub(super) fn survivors(mut changes: Vec<Change>, rng: &mut Rng) -> Vec<Change> {
    const HALF: Ratio = Ratio { of: 1, among: 2 };
    match rng.below(4) {
        0 => return changes,
        1 => return Vec::new(),
        2 => changes.truncate(rng.between(0, changes.len() as u64) as usize),
        _ => changes.retain(|_| rng.chance(HALF)),
    }
    if let Some(last) = changes.last_mut()
        && rng.chance(HALF)
    {
        last.tear(rng);
    }
    changes
}
