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

/// Where everything is in the log, and what waits to be written.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Log {
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
    pub fn write(&mut self, ops: &mut Vec<DiskOp>) -> Option<Zxid> {
        let (first, last) = (self.waiting.first()?.zxid, self.waiting.last()?.zxid);
        let mut bytes = Writer::new();
        let fresh = self.rolled || self.files.is_empty();
        if fresh {
            bytes.int(MAGIC).int(2).long(0);
            let name = name_of(first);
            self.files.push(LogFile { name, position: 0, records: Vec::new() });
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
        ops.push(DiskOp::Sync { file: name });
        if fresh {
            ops.push(DiskOp::SyncDir);
        }
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
            remove_for_good(file, ops);
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
        }
    }

    /// Removes every record, for good, the last file first.
    pub fn clear(&mut self, ops: &mut Vec<DiskOp>) {
        assert!(self.waiting.is_empty(), "the log is written before it is cleared");
        self.files.drain(..).rev().for_each(|file| remove_for_good(file, ops));
        self.rolled = false;
    }

    fn cut(&mut self, mut file: LogFile, kept: usize, ops: &mut Vec<DiskOp>) {
        file.records.truncate(kept);
        let (_, after) = *file.records.last().expect("something is kept");
        file.position = after;
        ops.push(DiskOp::Truncate { file: file.name.clone(), len: after });
        ops.push(DiskOp::Sync { file: file.name.clone() });
        self.files.push(file);
        self.rolled = false;
    }

    /// Removes files of which every record is at or before `zxid`.
    pub fn purge(&mut self, zxid: Zxid, ops: &mut Vec<DiskOp>) {
        let needed = |file: &LogFile| file.records.last().is_some_and(|(last, _)| *last > zxid);
        let first = self.files.iter().position(needed).unwrap_or(self.files.len());
        for file in self.files.drain(..first) {
            ops.push(DiskOp::Remove { file: file.name });
        }
        self.rolled |= self.files.is_empty();
    }

    /// Syncs the last file. Those before it were synced before it was begun.
    pub(super) fn sync_last(&self, ops: &mut Vec<DiskOp>) {
        ops.extend(self.files.last().map(|file| DiskOp::Sync { file: file.name.clone() }));
    }

    /// Forgets the files read so far, which nothing needs any more, and removes them.
    pub(super) fn restart(&mut self, ops: &mut Vec<DiskOp>) {
        self.files.drain(..).rev().for_each(|file| remove_for_good(file, ops));
    }

    /// Takes in a file that was read; the caller goes through them in order.
    pub(super) fn adopt(&mut self, file: LogFile) {
        self.files.push(file);
    }
}

impl LogFile {
    /// Cuts off what follows the last whole record.
    pub(super) fn cut_tail(&self, ops: &mut Vec<DiskOp>) {
        ops.push(DiskOp::Truncate { file: self.name.clone(), len: self.position });
        ops.push(DiskOp::Sync { file: self.name.clone() });
    }
}

fn remove_for_good(file: LogFile, ops: &mut Vec<DiskOp>) {
    ops.push(DiskOp::Remove { file: file.name });
    ops.push(DiskOp::SyncDir);
}

/// The file's name, after its first record.
fn name_of(first: Zxid) -> String {
    format!("log.{:x}", first.to_wire())
}

/// The zxid in a file's name; `None` for other files.
pub(super) fn zxid_in(name: &str) -> Option<Zxid> {
    let digits = name.strip_prefix("log.")?;
    i64::from_str_radix(digits, 16).ok().map(Zxid::from_wire)
}

fn write_record(payload: &[u8], to: &mut Writer) {
    to.long(i64::from(adler32(&payload))).buffer(Some(payload)).raw(&[RECORD_END]);
}

/// What a file of the log holds, as far as it can be read.
pub(super) struct Scanned {
    /// For the log's index.
    pub file: LogFile,
    /// The records.
    pub proposals: Vec<Proposal>,
    /// Whether bytes follow that are no record: a torn tail.
    pub torn: bool,
}

/// Reads a file up to its first byte that belongs to no whole record. `None` without a header.
pub(super) fn scan(name: &str, bytes: &[u8]) -> Option<Scanned> {
    let mut from = Reader::new(bytes);
    let header = from.int().ok()? == MAGIC && from.int().ok()? == 2;
    from.long().ok().filter(|_| header)?;
    let file = LogFile { name: name.to_owned(), position: HEADER_BYTES, records: Vec::new() };
    let mut scanned = Scanned { file, proposals: Vec::new(), torn: false };
    while !from.is_done() {
        let Ok(Some(proposal)) = read_record(&mut from) else {
            scanned.torn = true;
            break;
        };
        scanned.file.position = from.at() as u64;
        scanned.file.records.push((proposal.zxid, from.at() as u64));
        scanned.proposals.push(proposal);
    }
    Some(scanned)
}

/// One record; `None` where the log ends in zeros or in a record that was not written to its end.
fn read_record(from: &mut Reader) -> Result<Option<Proposal>, Malformed> {
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
