//! Snapshot files: a header, the tree's bytes, a seal (`zookeeper.md`, E.2).

use crate::base::Zxid;
use crate::wire::{Reader, Writer};
use simd_adler32::adler32;

/// `ZKSN`, version 2, database −1.
const MAGIC: i32 = 0x5A4B_534E;
/// The seal's last bytes: a string of one character, the slash.
const SEAL_END: [u8; 5] = [0, 0, 0, 1, b'/'];
/// Bytes of the seal: a checksum as a long, then the end.
const SEAL_BYTES: usize = 8 + SEAL_END.len();
/// Bytes of the header.
const HEADER_BYTES: usize = 16;

/// The file's name.
pub(super) fn name_of(zxid: Zxid) -> String {
    format!("snapshot.{:x}", zxid.to_wire())
}

/// The zxid in a file's name; `None` for other files.
pub(super) fn zxid_in(name: &str) -> Option<Zxid> {
    let digits = name.strip_prefix("snapshot.")?;
    i64::from_str_radix(digits, 16).ok().map(Zxid::from_wire)
}

/// Puts header and seal around a tree's bytes.
pub fn seal_snapshot(body: &[u8]) -> Vec<u8> {
    let mut file = Writer::new();
    file.int(MAGIC).int(2).long(-1).raw(body);
    let checksum = adler32(&file.as_bytes());
    file.long(i64::from(checksum)).raw(&SEAL_END);
    file.into_bytes()
}

/// Takes header and seal off; `None` when one of them is not right.
///
/// Files of newer servers have further seals behind the first one; the body ends before the first.
pub fn open_snapshot(file: &[u8]) -> Option<&[u8]> {
    let mut header = Reader::new(file);
    let right = header.int().ok()? == MAGIC && header.int().ok()? == 2;
    let sealed = file.len() >= HEADER_BYTES + SEAL_BYTES && file.ends_with(&SEAL_END);
    if !right || !sealed {
        return None;
    }
    let (content, seal) = file.split_at(file.len() - SEAL_BYTES);
    let checksum = Reader::new(seal).long().ok()?;
    (checksum == i64::from(adler32(&content))).then_some(&content[HEADER_BYTES..])
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
}
