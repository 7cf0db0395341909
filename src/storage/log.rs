//! The transaction log: files of records, written in batches, one sync for each batch
//! (`zookeeper.md`, E.1).

use super::DiskOp;
use super::rules::{Rules, Truncated};
use crate::base::Zxid;
use crate::wire::{Malformed, Proposal, Reader, Writer};
use simd_adler32::adler32;

/// `ZKLG`
const MAGIC: i32 = 0x5A4B_4C47;
/// Bytes of a file's header: magic, version, database.
const HEADER_BYTES: u64 = 16;
/// Behind every record.
const RECORD_END: u8 = b'B';

/// One file of the log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct LogFile {
    name: String,
    /// Where the next record goes, in bytes.
    position: u64,
    /// How long the file is: behind the last record there may be zeros.
    len: u64,
    /// Each record's zxid, and where it ends.
    records: Vec<(Zxid, u64)>,
}

/// Where a log is written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Position {
    /// The file.
    pub file: String,
    /// In bytes from its beginning.
    pub at: u64,
}

/// A file before those that are known record by record.
#[derive(Clone, PartialEq, Eq, Debug)]
struct OlderFile {
    name: String,
    /// No record in it is behind this.
    last_max: Zxid,
}

/// Where everything is in the log, and what waits to be written.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Log {
    /// Needed for nothing but older snapshots.
    older: Vec<OlderFile>,
    files: Vec<LogFile>,
    /// The next record begins a new file.
    rolled: bool,
    waiting: Vec<Proposal>,
}

impl Log {
    /// The last proposal that was written or waits to be.
    pub fn last(&self) -> Option<Zxid> {
        self.waiting.last().map(|proposal| proposal.zxid).or_else(|| self.last_written())
    }

    /// The last proposal that was written.
    fn last_written(&self) -> Option<Zxid> {
        self.files.iter().rev().find_map(|file| file.records.last()).map(|(zxid, _)| *zxid)
    }

    /// Puts a proposal at the end; it is written with the next batch.
    pub fn append(&mut self, proposal: Proposal) {
        self.waiting.push(proposal);
    }

    /// Forgets what waits: the mistake of ZOOKEEPER-4712, for its mutant.
    pub fn forget_waiting(&mut self) {
        self.waiting.clear();
    }

    /// Writes and syncs everything that waits. The last proposal of the batch; `None` of none.
    pub fn write(&mut self, reserve_bytes: u64, ops: &mut Vec<DiskOp>) -> Option<Zxid> {
        let (first, last) = (self.waiting.first()?.zxid, self.waiting.last()?.zxid);
        let mut bytes = Writer::new();
        let fresh = self.rolled || self.files.is_empty();
        let before = fresh.then(|| self.files.last_mut()).flatten().and_then(LogFile::cut_zeros);
        if fresh {
            bytes.int(MAGIC).int(2).long(0);
            self.files.push(LogFile::new(name_of(first)));
            self.rolled = false;
        }
        let file = self.files.last_mut().expect("there is a file now");
        let offset = file.position;
        for proposal in self.waiting.drain(..) {
            write_record(&proposal.payload, &mut bytes);
            file.records.push((proposal.zxid, offset + bytes.as_bytes().len() as u64));
        }
        let bytes = bytes.into_bytes();
        file.position = offset + bytes.len() as u64;
        let name = file.name.clone();
        ops.push(DiskOp::Write { file: name.clone(), offset, bytes, zxid: Some(last) });
        ops.extend(file.reserve(reserve_bytes));
        ops.push(DiskOp::Sync { file: name });
        if fresh {
            ops.push(DiskOp::SyncDir);
        }
        ops.extend(before);
        Some(last)
    }

    /// The next record begins a new file.
    pub fn roll(&mut self) {
        self.rolled = true;
    }

    /// Whether the record is in the log.
    pub fn contains(&self, zxid: Zxid) -> bool {
        let found = |file: &LogFile| file.records.binary_search_by_key(&zxid, |it| it.0).is_ok();
        self.files.iter().any(found) || self.waiting.iter().any(|proposal| proposal.zxid == zxid)
    }

    /// Removes every record behind `to`, for good.
    ///
    /// The last file goes first, and each removal is synced before the next, so that whenever the
    /// power fails what is left is a beginning of the log.
    pub fn truncate(&mut self, to: Zxid, ops: &mut Vec<DiskOp>) {
        assert!(self.waiting.is_empty(), "the log is written before it is truncated");
        while let Some(file) = self.files.pop() {
            let kept = file.records.partition_point(|(zxid, _)| *zxid <= to);
            if kept > 0 {
                self.cut(file, kept, ops);
                break;
            }
            remove_for_good(file.name, ops);
        }
    }

    /// Where the next record goes, in which file; `None` without a file.
    pub fn position(&self) -> Option<Position> {
        let file = self.files.last()?;
        Some(Position { file: file.name.clone(), at: file.position })
    }

    /// Goes on writing after a truncation, when the disk was read again. `before` is where the log
    /// would have been written on without it.
    pub fn reopen(&mut self, before: &Position, rules: &Rules) {
        if let Some(file) = self.files.last_mut().filter(|file| file.name == before.file) {
            let truncated = Truncated { before: before.at, after: file.position };
            file.position = (rules.position_after_truncate)(truncated);
            file.len = file.len.max(file.position);
        }
    }

    /// Removes every record, for good, the last file first.
    pub fn clear(&mut self, ops: &mut Vec<DiskOp>) {
        assert!(self.waiting.is_empty(), "the log is written before it is cleared");
        self.restart(ops);
        self.rolled = false;
    }

    fn cut(&mut self, mut file: LogFile, kept: usize, ops: &mut Vec<DiskOp>) {
        file.records.truncate(kept);
        let (_, after) = *file.records.last().expect("something is kept");
        (file.position, file.len) = (after, after);
        ops.push(DiskOp::Truncate { file: file.name.clone(), len: after });
        ops.push(DiskOp::Sync { file: file.name.clone() });
        self.files.push(file);
        self.rolled = false;
    }

    /// Removes files of which every record is at or before `zxid`.
    pub fn purge(&mut self, zxid: Zxid, ops: &mut Vec<DiskOp>) {
        self.forget(zxid);
        let needed = self.older.iter().position(|file| file.last_max > zxid);
        for file in self.older.drain(..needed.unwrap_or(self.older.len())) {
            ops.push(DiskOp::Remove { file: file.name });
        }
    }

    /// Keeps files of which every record is at or before `zxid`, but no longer knows where those
    /// are: a log that is never purged would fill the memory.
    pub fn forget(&mut self, zxid: Zxid) {
        let needed = |file: &LogFile| file.records.last().is_some_and(|(last, _)| *last > zxid);
        let first = self.files.iter().position(needed).unwrap_or(self.files.len());
        for file in self.files.drain(..first) {
            let last_max = file.records.last().map_or(Zxid::ZERO, |(last, _)| *last);
            self.older.push(OlderFile { name: file.name, last_max });
        }
        self.rolled |= self.files.is_empty();
    }

    /// Syncs the last file. Those before it were synced before it was begun.
    pub(super) fn sync_last(&self, ops: &mut Vec<DiskOp>) {
        ops.extend(self.files.last().map(|file| DiskOp::Sync { file: file.name.clone() }));
    }

    /// Forgets the files read so far, which nothing needs any more, and removes them.
    pub(super) fn restart(&mut self, ops: &mut Vec<DiskOp>) {
        self.files.drain(..).rev().for_each(|file| remove_for_good(file.name, ops));
        self.older.drain(..).rev().for_each(|file| remove_for_good(file.name, ops));
    }

    /// Takes in a file that was not read: all in it is before `next`, where the next file begins.
    pub(super) fn adopt_older(&mut self, name: &str, next: Zxid) {
        let last_max = Zxid::from_wire(next.to_wire().saturating_sub(1));
        self.older.push(OlderFile { name: name.to_owned(), last_max });
    }

    /// Takes in a file that was read; the caller goes through them in order.
    pub(super) fn adopt(&mut self, file: LogFile) {
        self.files.push(file);
    }
}

impl LogFile {
    fn new(name: String) -> LogFile {
        LogFile { name, position: 0, len: 0, records: Vec::new() }
    }

    /// Makes the file longer when its last record goes beyond its end.
    fn reserve(&mut self, reserve_bytes: u64) -> Option<DiskOp> {
        let grows = self.position > self.len;
        self.len = self.len.max(self.position);
        let len = self.len.checked_next_multiple_of(reserve_bytes)?;
        self.len = if grows { len } else { self.len };
        grows.then(|| DiskOp::Reserve { file: self.name.clone(), len })
    }

    /// Gives back what was reserved and is not used.
    fn cut_zeros(&mut self) -> Option<DiskOp> {
        let used = self.position < self.len;
        self.len = self.position;
        used.then(|| DiskOp::Truncate { file: self.name.clone(), len: self.position })
    }

    /// Cuts off what follows the last whole record.
    pub(super) fn cut_tail(&mut self, ops: &mut Vec<DiskOp>) {
        self.len = self.position;
        ops.push(DiskOp::Truncate { file: self.name.clone(), len: self.position });
        ops.push(DiskOp::Sync { file: self.name.clone() });
    }
}

fn remove_for_good(file: String, ops: &mut Vec<DiskOp>) {
    ops.push(DiskOp::Remove { file });
    ops.push(DiskOp::SyncDir);
}

/// The file's name, after its first record.
fn name_of(first: Zxid) -> String {
    format!("log.{:x}", first.to_wire())
}

/// The zxid in a file's name; `None` for other files, also for those with a number that is written
/// in another way: two names would stand for one file.
pub(super) fn zxid_in(name: &str) -> Option<Zxid> {
    let digits = name.strip_prefix("log.")?;
    let zxid = i64::from_str_radix(digits, 16).ok().map(Zxid::from_wire)?;
    (name == name_of(zxid)).then_some(zxid)
}

fn write_record(payload: &[u8], to: &mut Writer) {
    to.long(i64::from(adler32(&payload))).buffer(Some(payload)).raw(&[RECORD_END]);
}

impl LogFile {
    /// A file that was read: its records, and its length.
    pub(super) fn read(name: &str, records: Vec<(Zxid, u64)>, len: u64) -> LogFile {
        let position = records.last().map_or(HEADER_BYTES, |(_, end)| *end);
        LogFile { name: name.to_owned(), position, len, records }
    }
}

/// What is in front of the first record.
pub(super) fn has_header(from: &mut Reader) -> bool {
    let right = matches!((from.int(), from.int()), (Ok(MAGIC), Ok(2)));
    right && from.long().is_ok()
}

/// One record; `None` where there is none, or one that was not written to its end.
pub(super) fn read_record(from: &mut Reader) -> Result<Option<Proposal>, Malformed> {
    let checksum = from.long()?;
    let payload = from.buffer()?.unwrap_or_default();
    let ended = from.rest().first() == Some(&RECORD_END);
    if payload.is_empty() || !ended || checksum != i64::from(adler32(&payload)) {
        return Ok(None);
    }
    from.skip(from.at() + 1)?;
    let mut header = Reader::new(payload);
    header.skip(12)?;
    Ok(Some(Proposal { zxid: header.zxid()?, payload: payload.into() }))
}
