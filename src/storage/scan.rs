//! Reads a file of the log: its records, and what is behind them.
//!
//! A crash leaves a record that is not whole at the end, with zeros or nothing behind it; or, of a
//! batch that was not synced, only some sectors. That is a torn tail, and was never acknowledged. A
//! damaged record with whole ones behind it is something else: those may have been acknowledged.

use super::log::{LogFile, has_header, read_record};
use crate::base::Zxid;
use crate::wire::{Proposal, Reader};

/// What a disk writes all or nothing of, in bytes.
const SECTOR_BYTES: usize = 512;
/// Every record begins with its checksum, which is not zero.
const CHECKSUM_BYTES: usize = 8;
/// The shortest record: checksum, length, a transaction's header up to its zxid, the end.
const RECORD_MIN: usize = 8 + 4 + 20 + 1;

/// What a file of the log holds, as far as it can be read.
pub(super) struct Scanned {
    /// For the log's index.
    pub file: LogFile,
    /// The records.
    pub proposals: Vec<Proposal>,
    /// What is behind them.
    pub tail: Tail,
}

/// What is behind the last whole record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Tail {
    /// Nothing, or zeros: room for more.
    Free,
    /// A record that was not written to its end.
    Torn,
    /// A record that was changed after it was written: whole ones are behind it.
    Damaged {
        /// Where it begins.
        at_byte: u64,
        /// The first whole one.
        next: Zxid,
    },
}

/// Reads a file up to its first byte that belongs to no whole record. `None` when there is nothing
/// in it: no whole record, and none behind damaged bytes.
pub(super) fn scan(name: &str, bytes: &[u8]) -> Option<Scanned> {
    let mut from = Reader::new(bytes);
    let headed = has_header(&mut from);
    let (mut records, mut proposals) = (Vec::new(), Vec::new());
    let mut end = if headed { from.at() } else { 0 };
    while headed && let Ok(Some(proposal)) = read_record(&mut from) {
        end = from.at();
        records.push((proposal.zxid, end as u64));
        proposals.push(proposal);
    }
    let tail = tail(bytes, end);
    if proposals.is_empty() && !matches!(tail, Tail::Damaged { .. }) {
        return None;
    }
    Some(Scanned { file: LogFile::read(name, records, bytes.len() as u64), proposals, tail })
}

fn tail(bytes: &[u8], end: usize) -> Tail {
    if bytes[end..].iter().all(|&byte| byte == 0) {
        return Tail::Free;
    }
    match whole_record(bytes, end + 1) {
        Some((at, next)) if !has_hole(bytes, end, at) => {
            Tail::Damaged { at_byte: end as u64, next }
        }
        _ => Tail::Torn,
    }
}

/// The first whole record that begins at `from` or behind it: where, and its zxid.
fn whole_record(bytes: &[u8], from: usize) -> Option<(usize, Zxid)> {
    let last = bytes.len().checked_sub(RECORD_MIN)?;
    // A checksum is 32 bits in a long, and a length is below 256 MiB.
    let may_begin = |at: &usize| bytes[*at..at + 4] == [0; 4] && bytes[at + 8] < 0x10;
    (from..=last).filter(may_begin).find_map(|at| {
        let record = read_record(&mut Reader::new(&bytes[at..])).ok()??;
        Some((at, record.zxid))
    })
}

/// Whether something was never written between two places, of which the first is where a record
/// would begin: there are zeros instead of a checksum, or a whole sector of zeros behind.
fn has_hole(bytes: &[u8], from: usize, to: usize) -> bool {
    let zeros = |at: usize, count: usize| {
        bytes.get(at..at + count).is_some_and(|bytes| bytes.iter().all(|&byte| byte == 0))
    };
    let sectors = from.next_multiple_of(SECTOR_BYTES)..to;
    zeros(from, CHECKSUM_BYTES) || sectors.step_by(SECTOR_BYTES).any(|at| zeros(at, SECTOR_BYTES))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Epoch;
    use crate::storage::DiskOp;
    use crate::storage::Log;

    /// A file with three records of 1,000 bytes and some.
    fn file() -> Vec<u8> {
        let mut log = Log::default();
        for counter in 1..=3 {
            let zxid = Zxid::new(Epoch(1), counter);
            let mut payload = crate::wire::Writer::new();
            payload.long(1).int(1).zxid(zxid).long(1).int(1).raw(&[7; 1000]);
            log.append(Proposal { zxid, payload: payload.into_bytes().into() });
        }
        let mut ops = Vec::new();
        log.write(0, &mut ops);
        let Some(DiskOp::Write { bytes, .. }) = ops.into_iter().next() else {
            panic!("a write comes first")
        };
        bytes
    }

    #[track_caller]
    fn check(bytes: &[u8], records: usize, tail: Tail) {
        let found = scan("log.1", bytes).expect("it has a header");
        assert_eq!((found.proposals.len(), found.tail), (records, tail));
    }

    #[test]
    fn tails() {
        let whole = file();
        let second = 16 + 8 + 4 + 32 + 1000 + 1;
        check(&whole, 3, Tail::Free);
        check(&[&whole[..], &[0; 900]].concat(), 3, Tail::Free);
        check(&whole[..whole.len() - 1], 2, Tail::Torn);
        check(&[&whole[..second + 100], &[0; 5000]].concat(), 1, Tail::Torn);
        let mut changed = whole.clone();
        changed[whole.len() - 10] ^= 1;
        check(&changed, 2, Tail::Torn);
        let mut changed = whole.clone();
        changed[second + 100] ^= 1;
        let next = Zxid::new(Epoch(1), 3);
        check(&changed, 1, Tail::Damaged { at_byte: second as u64, next });
        // The length is the one that was changed.
        let mut changed = whole.clone();
        changed[second + 9] ^= 1;
        check(&changed, 1, Tail::Damaged { at_byte: second as u64, next });
        let mut holed = whole.clone();
        holed[1536..2048].fill(0);
        check(&holed, 1, Tail::Torn);
        let mut holed = whole;
        holed[second..second + 20].fill(0);
        check(&holed, 1, Tail::Torn);
        assert!(scan("log.1", b"ZKLG").is_none());
    }

    /// Damage where a file begins is none that hides the rest of it.
    #[test]
    fn beginnings() {
        let whole = file();
        let zxid = |counter| Zxid::new(Epoch(1), counter);
        for (at, at_byte, next) in [(2, 0, zxid(1)), (20, 16, zxid(2)), (100, 16, zxid(2))] {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            check(&changed, 0, Tail::Damaged { at_byte, next });
        }
        let mut holed = whole.clone();
        holed[..512].fill(0);
        assert!(scan("log.1", &holed).is_none(), "the first batch was not synced");
        assert!(scan("log.1", &whole[..600]).is_none());
        assert!(scan("log.1", &[]).is_none());
    }
}
