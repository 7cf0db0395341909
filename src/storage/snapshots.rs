//! Snapshot files: a header, the tree's bytes, a seal (`zookeeper.md`, E.2).

use super::DiskOp;
use crate::base::Zxid;
use crate::wire::{Reader, Writer};
use simd_adler32::{Adler32, adler32};

/// `ZKSN`, version 2, database −1.
const MAGIC: i32 = 0x5A4B_534E;
/// The seal's last bytes: a string of one character, the slash.
const SEAL_END: [u8; 5] = [0, 0, 0, 1, b'/'];
/// Bytes of the seal: a checksum as a long, then the end.
const SEAL_BYTES: usize = 8 + SEAL_END.len();
/// Bytes of the header.
const HEADER_BYTES: usize = 16;
/// What other servers put between one seal and the next, in bytes: zxid, version and digest of the
/// tree (since 3.6), the last zxid (since 3.9).
const BETWEEN_SEALS: [usize; 2] = [20, 8];
/// A file is written in pieces of about this size.
const PIECE_BYTES: usize = 64 << 10;
/// So much is written before it is synced, so that no sync takes long: others wait behind it.
const UNSYNCED_MAX: usize = 4 << 20;

/// The file's name.
pub(super) fn name_of(zxid: Zxid) -> String {
    format!("snapshot.{:x}", zxid.to_wire())
}

/// The zxid in a file's name; `None` for other files, also for those with a number that is written
/// in another way: two names would stand for one file.
pub(super) fn zxid_in(name: &str) -> Option<Zxid> {
    let digits = name.strip_prefix("snapshot.")?;
    let zxid = i64::from_str_radix(digits, 16).ok().map(Zxid::from_wire)?;
    (name == name_of(zxid)).then_some(zxid)
}

/// Whether a file is a snapshot that was not written to its end.
pub(super) fn is_unfinished(name: &str) -> bool {
    name.strip_suffix(".tmp").is_some_and(|name| zxid_in(name).is_some())
}

fn header() -> Vec<u8> {
    let mut header = Writer::new();
    header.int(MAGIC).int(2).long(-1);
    header.into_bytes()
}

fn seal(checksum: u32) -> Vec<u8> {
    let mut seal = Writer::new();
    seal.long(i64::from(checksum)).raw(&SEAL_END);
    seal.into_bytes()
}

/// A snapshot on its way to the disk, beside its place until it is whole.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Saving {
    pub zxid: Zxid,
    checksum: u32,
    /// Written so far, in bytes.
    at: u64,
    unsynced: usize,
    /// Not yet written.
    waiting: Vec<u8>,
}

impl Saving {
    pub fn begin(zxid: Zxid) -> Saving {
        let (checksum, waiting) = (Adler32::new().finish(), Vec::new());
        let mut saving = Saving { zxid, checksum, at: 0, unsynced: 0, waiting };
        saving.take_in(&header());
        saving
    }

    fn beside(&self) -> String {
        format!("{}.tmp", name_of(self.zxid))
    }

    fn add_up(&mut self, bytes: &[u8]) {
        let mut checksum = Adler32::from_checksum(self.checksum);
        checksum.write(bytes);
        self.checksum = checksum.finish();
    }

    fn take_in(&mut self, bytes: &[u8]) {
        self.add_up(bytes);
        self.waiting.extend_from_slice(bytes);
    }

    /// Takes the next bytes of the tree.
    pub fn piece(&mut self, bytes: Vec<u8>, ops: &mut Vec<DiskOp>) {
        if bytes.len() < PIECE_BYTES {
            self.take_in(&bytes);
        } else {
            // Too large to be copied: what waits goes first.
            self.write(ops);
            self.add_up(&bytes);
            self.waiting = bytes;
        }
        if self.waiting.len() >= PIECE_BYTES {
            self.write(ops);
        }
        if self.unsynced >= UNSYNCED_MAX {
            ops.push(DiskOp::Sync { file: self.beside() });
            self.unsynced = 0;
        }
    }

    fn write(&mut self, ops: &mut Vec<DiskOp>) {
        let file = self.beside();
        if self.at == 0 {
            ops.push(DiskOp::Truncate { file: file.clone(), len: 0 });
        }
        let bytes = std::mem::take(&mut self.waiting);
        let offset = self.at;
        self.at += bytes.len() as u64;
        self.unsynced += bytes.len();
        ops.push(DiskOp::Write { file, offset, bytes, zxid: None });
    }

    /// Seals the file and puts it in its place.
    pub fn end(mut self, ops: &mut Vec<DiskOp>) {
        let seal = seal(self.checksum);
        self.waiting.extend_from_slice(&seal);
        self.write(ops);
        ops.push(DiskOp::Sync { file: self.beside() });
        ops.push(DiskOp::Rename { from: self.beside(), to: name_of(self.zxid) });
        ops.push(DiskOp::SyncDir);
    }
}

/// Puts header and seal around a tree's bytes.
pub fn seal_snapshot(body: &[u8]) -> Vec<u8> {
    let mut file = header();
    file.extend_from_slice(body);
    let seal = seal(adler32(&file.as_slice()));
    file.extend_from_slice(&seal);
    file
}

/// Takes header and seals off; `None` when one of them is not right.
///
/// Files of other servers have up to three seals, each over all that is before it. The body ends
/// before the first.
pub fn open_snapshot(file: &[u8]) -> Option<&[u8]> {
    let mut header = Reader::new(file);
    let right = header.int().ok()? == MAGIC && header.int().ok()? == 2;
    let mut content = unsealed(file).filter(|_| right)?;
    let further = |content: &'_ [u8]| -> Option<usize> {
        let ends = BETWEEN_SEALS.iter().filter_map(|between| content.len().checked_sub(*between));
        ends.filter_map(|end| unsealed(&content[..end])).map(<[u8]>::len).next()
    };
    while let Some(end) = further(content) {
        content = &content[..end];
    }
    content.get(HEADER_BYTES..)
}

/// What is before a seal, if one is there and right.
fn unsealed(sealed: &[u8]) -> Option<&[u8]> {
    let sealed_bytes = sealed.len().checked_sub(SEAL_BYTES)?;
    let (content, seal) = sealed.split_at(sealed_bytes);
    let checksum = Reader::new(seal).long().ok().filter(|_| seal.ends_with(&SEAL_END))?;
    (checksum == i64::from(adler32(&content))).then_some(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_breaks_when_any_byte_changes() {
        let file = seal_snapshot(b"some tree");
        assert_eq!(open_snapshot(&file), Some(&b"some tree"[..]));
        for at in (0..file.len()).filter(|at| !(8..16).contains(at)) {
            let mut changed = file.clone();
            changed[at] ^= 1;
            assert_eq!(open_snapshot(&changed), None, "byte {at}");
        }
        assert_eq!(open_snapshot(&file[..file.len() - 1]), None);
    }

    #[test]
    fn further_seals_are_taken_off() {
        let mut file = seal_snapshot(b"some tree");
        for between in BETWEEN_SEALS {
            file.extend(vec![7; between]);
            let checksum = adler32(&file.as_slice());
            file.extend(seal(checksum));
            assert_eq!(open_snapshot(&file), Some(&b"some tree"[..]));
        }
        let mut changed = file.clone();
        changed[20] ^= 1;
        assert_eq!(open_snapshot(&changed), None);
    }

    #[test]
    fn written_in_pieces_it_is_the_same_file() {
        let body: Vec<u8> = (0..=255).cycle().take(3 * PIECE_BYTES + 17).collect();
        let (mut saving, mut ops) = (Saving::begin(Zxid::ZERO), Vec::new());
        let (small, large) = body.split_at(100_000);
        small.chunks(30_000).for_each(|piece| saving.piece(piece.to_vec(), &mut ops));
        saving.piece(large.to_vec(), &mut ops);
        saving.end(&mut ops);
        let mut file = Vec::new();
        for op in &ops {
            if let DiskOp::Write { offset, bytes, .. } = op {
                assert_eq!(*offset, file.len() as u64);
                file.extend_from_slice(bytes);
            }
        }
        assert_eq!(file, seal_snapshot(&body));
    }
}
