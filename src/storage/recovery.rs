//! What a server finds on its disk when it starts (`zookeeper.md`, C.2).

use super::epochs::{self, ACCEPTED, CURRENT};
use super::rules::Rules;
use super::scan::{Scanned, Tail, scan};
use super::snapshots::{self, Saving, open_snapshot};
use super::{DiskOp, Image, Keeping, Log, Store, log};
use crate::base::{Epoch, Zxid};
use crate::wire::{Membership, Proposal};

/// The configuration in force, when it is not the one that the server was started with.
pub(super) const MEMBERSHIP: &str = "zoo.cfg.dynamic";

/// Whoever puts a file of this name beside the data says that an empty disk is one that never held
/// anything. It goes once it has said so.
pub const INITIALIZE: &str = "initialize";

/// What is believed of a disk on which something is missing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Trust {
    /// An empty disk is one that never held anything, also where nobody says so (`db.autocreate`).
    pub empty: bool,
    /// A log without a snapshot is whole, and begins with the first transaction
    /// (`snapshot.trust.empty`).
    pub no_snapshot: bool,
}

/// ZooKeeper's.
impl Default for Trust {
    fn default() -> Trust {
        Trust { empty: true, no_snapshot: false }
    }
}

/// What was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recovered {
    /// The files, to go on with.
    pub store: Store,
    /// The newest good snapshot: its zxid and the tree's bytes. `None` on an empty disk.
    pub snapshot: Option<(Zxid, Vec<u8>)>,
    /// The log behind the snapshot, committed or not.
    pub proposals: Vec<Proposal>,
    /// The highest epoch that the server promised to follow.
    pub accepted: Epoch,
    /// The epoch whose initial history it holds.
    pub current: Epoch,
    /// The configuration that was written down as the one in force.
    pub membership: Option<Membership>,
    /// Whether the disk is empty, and nobody says that it always was: what it held may be lost.
    pub blank: bool,
}

/// A disk from which the server's state cannot be told. Starting all the same might lose what was
/// acknowledged.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Unreadable {
    /// An epoch file holds no number.
    #[error("{file}: {reason}")]
    Epoch {
        /// Which.
        file: &'static str,
        /// What was found, and what would be accepted.
        reason: String,
    },
    /// The configuration in force cannot be told.
    #[error("{MEMBERSHIP}: {0}")]
    Membership(String),
    /// There is a log, but no snapshot that it could follow (ZOOKEEPER-2325).
    #[error("there is a transaction log but no valid snapshot; the snapshots have been lost")]
    NoSnapshot,
    /// A file of the log ends in the middle of a record, and a later file goes on.
    #[error("{file} ends in a record that is not whole, but {next} follows it")]
    TornInside {
        /// The torn file.
        file: String,
        /// The one behind it.
        next: String,
    },
    /// A record was changed after it was written. What is behind it may have been acknowledged, so
    /// that it cannot be cut off.
    #[error(
        "{file}: the record at byte {at_byte} is damaged, and {next} behind it is whole. Without the \
         damaged one the server cannot go on; in an ensemble it can begin anew, with an empty folder"
    )]
    Damaged {
        /// The file.
        file: String,
        /// Where the record begins.
        at_byte: u64,
        /// The first whole record behind it.
        next: Zxid,
    },
    /// A file of the log that holds nothing whole, and has not to be put aside.
    #[error("{file} has no header, or no whole record behind it")]
    Empty {
        /// The file.
        file: String,
    },
    /// The epoch file and the log contradict each other.
    #[error("currentEpoch says {current}, but the last transaction is of epoch {last}")]
    EpochBehind {
        /// What the file says.
        current: Epoch,
        /// What the log says.
        last: Epoch,
    },
    /// Transactions are missing in the middle of the log.
    #[error("the log goes from {after} to {found}: transactions are missing")]
    Gap {
        /// The last one before the gap.
        after: Zxid,
        /// The first one behind it.
        found: Zxid,
    },
}

/// Reads a disk. `ops` is what puts it in order: a torn tail is cut off, and an empty disk gets a
/// first snapshot, `empty_body`.
pub fn recover(
    image: &Image,
    empty_body: &[u8],
    ops: &mut Vec<DiskOp>,
) -> Result<Recovered, Unreadable> {
    recover_by(&Rules::CORRECT, Trust::default(), image, empty_body, ops)
}

/// Reads a disk, by these rules.
pub fn recover_by(
    rules: &Rules,
    trust: Trust,
    image: &Image,
    empty_body: &[u8],
    ops: &mut Vec<DiskOp>,
) -> Result<Recovered, Unreadable> {
    let unfinished = image.keys().filter(|name| snapshots::is_unfinished(name));
    ops.extend(unfinished.map(|name| DiskOp::Remove { file: name.clone() }));
    let mut snapshots = valid_snapshots(image);
    let base = snapshots.last().copied();
    let trusted = snapshots.first().copied().unwrap_or(Zxid::ZERO);
    snapshots.splice(..0, image.unread(snapshots::zxid_in).into_iter().map(|(zxid, _)| zxid));
    let log = read_log(rules, image, base.unwrap_or(Zxid::ZERO), ops);
    let mut log = log.map_err(|it| if base.is_none() { Unreadable::NoSnapshot } else { it })?;
    if log.last < base {
        log.drop_replaced(ops);
    }
    if log.restarted {
        let older = snapshots.len() - 1;
        let names = snapshots.drain(..older).map(snapshots::name_of);
        ops.extend(names.map(|file| DiskOp::Remove { file }));
    }
    if base.is_none() && !log.proposals.is_empty() && !trust.no_snapshot {
        return Err(Unreadable::NoSnapshot);
    }
    let said_to_be_new = image.contains_key(INITIALIZE);
    let blank = base.is_none() && log.proposals.is_empty() && !trust.empty && !said_to_be_new;
    if base.is_none() && !blank {
        let mut saving = Saving::begin(Zxid::ZERO);
        saving.piece(empty_body.to_vec(), ops);
        saving.end(ops);
        if said_to_be_new {
            ops.push(DiskOp::Remove { file: INITIALIZE.to_owned() });
        }
    }
    let body = |zxid| open_snapshot(&image[&snapshots::name_of(zxid)]).map(<[u8]>::to_vec);
    let snapshot = base.map(|zxid| (zxid, body(zxid).expect("it is one of the valid ones")));
    let (accepted, current) = read_epochs(image)?;
    let membership = read_membership(image)?;
    // What was read may be in the page cache only, when the process crashed and the machine did
    // not; so may the names. From here on it counts as held.
    log.log.sync_last(ops);
    ops.push(DiskOp::SyncDir);
    let mut store = Store {
        keeping: Keeping::PLAIN,
        log: log.log,
        trusted: if log.restarted { base.unwrap_or(Zxid::ZERO) } else { trusted },
        snapshots: if base.is_none() { vec![Zxid::ZERO] } else { snapshots },
        saving: None,
        accepted,
        current,
    };
    let last = store.last().epoch();
    let in_force = (rules.epoch_of)(current, last);
    let current = in_force.ok_or(Unreadable::EpochBehind { current, last })?;
    let accepted = accepted.max(current);
    store.write_epochs(accepted, current, ops);
    let proposals = log.proposals;
    Ok(Recovered { store, snapshot, proposals, accepted, current, membership, blank })
}

fn valid_snapshots(image: &Image) -> Vec<Zxid> {
    let named = image.iter().filter_map(|(name, file)| Some((snapshots::zxid_in(name)?, file)));
    let mut valid: Vec<Zxid> =
        named.filter(|(_, file)| open_snapshot(file).is_some()).map(|(zxid, _)| zxid).collect();
    valid.sort_unstable();
    valid
}

fn read_epochs(image: &Image) -> Result<(Epoch, Epoch), Unreadable> {
    let read = |file: &'static str| {
        let found = epochs::read(image.get(file));
        found
            .map(|epoch| epoch.unwrap_or_default())
            .map_err(|reason| Unreadable::Epoch { file, reason })
    };
    Ok((read(ACCEPTED)?, read(CURRENT)?))
}

fn read_membership(image: &Image) -> Result<Option<Membership>, Unreadable> {
    let Some(bytes) = image.get(MEMBERSHIP) else { return Ok(None) };
    let text = String::from_utf8_lossy(bytes);
    let membership: Membership = text.parse().map_err(Unreadable::Membership)?;
    if !membership.is_whole() {
        return Err(Unreadable::Membership("nobody votes".to_owned()));
    }
    Ok(Some(membership))
}

struct LogRead {
    log: Log,
    proposals: Vec<Proposal>,
    last: Option<Zxid>,
    /// The last file, if it ends in a record that is not whole.
    torn: Option<String>,
    /// Whether files before a gap were left out: they are older than the snapshot.
    restarted: bool,
}

fn read_log(
    rules: &Rules,
    image: &Image,
    base: Zxid,
    ops: &mut Vec<DiskOp>,
) -> Result<LogRead, Unreadable> {
    let mut names: Vec<(Zxid, &String)> =
        image.keys().filter_map(|name| Some((log::zxid_in(name)?, name))).collect();
    names.sort_unstable();
    let mut read = LogRead {
        log: Log::default(),
        proposals: Vec::new(),
        last: None,
        torn: None,
        restarted: false,
    };
    let older = image.unread(log::zxid_in);
    let next = older.iter().skip(1).chain(&names).map(|(zxid, _)| *zxid);
    older.iter().zip(next).for_each(|((_, name), next)| read.log.adopt_older(name, next));
    for (_, name) in names {
        match scan(name, &image[name]) {
            Some(scanned) => read.take(name, scanned, base, ops)?,
            None if (rules.forgives_empty)() => ops.push(DiskOp::Remove { file: name.clone() }),
            None => return Err(Unreadable::Empty { file: name.clone() }),
        }
    }
    let first = read.proposals.first().map(|proposal| proposal.zxid);
    first.map_or(Ok(()), |first| check_order(Some(base), first))?;
    Ok(read)
}

impl LogRead {
    /// Takes the next file in. A gap before the snapshot does no harm: the files before it were
    /// being removed when the power failed.
    fn take(
        &mut self,
        name: &str,
        scanned: Scanned,
        base: Zxid,
        ops: &mut Vec<DiskOp>,
    ) -> Result<(), Unreadable> {
        let Scanned { mut file, proposals, tail } = scanned;
        if let Tail::Damaged { at_byte, next } = tail {
            return Err(Unreadable::Damaged { file: name.to_owned(), at_byte, next });
        }
        let first = proposals[0].zxid;
        let joined = check_order(self.last, first).and_then(|()| self.check_torn(name, first));
        if joined.is_err() {
            if self.last.is_some_and(|last| last >= base) {
                return joined;
            }
            self.log.restart(ops);
            self.restarted = true;
            self.last = None;
        }
        for proposal in proposals {
            check_order(self.last, proposal.zxid)?;
            self.last = Some(proposal.zxid);
            if proposal.zxid > base {
                self.proposals.push(proposal);
            }
        }
        self.torn = (tail == Tail::Torn).then(|| name.to_owned());
        if tail == Tail::Torn {
            file.cut_tail(ops);
        }
        self.log.adopt(file);
        Ok(())
    }

    /// The log ends before the snapshot: the power failed while it was going, because a leader's
    /// tree had replaced it. What comes next does not follow it.
    fn drop_replaced(&mut self, ops: &mut Vec<DiskOp>) {
        self.restarted |= self.last.is_some();
        self.log.restart(ops);
    }

    /// Behind a torn file only the very next transaction may follow.
    fn check_torn(&mut self, name: &str, first: Zxid) -> Result<(), Unreadable> {
        let Some(file) = self.torn.take() else { return Ok(()) };
        if self.last.and_then(Zxid::next) == Some(first) {
            return Ok(());
        }
        Err(Unreadable::TornInside { file, next: name.to_owned() })
    }
}

/// A record follows its predecessor, or is the first one of a later epoch.
fn check_order(last: Option<Zxid>, found: Zxid) -> Result<(), Unreadable> {
    let Some(after) = last else { return Ok(()) };
    let follows = after.next() == Some(found);
    let begins = found.epoch() > after.epoch() && found.counter() == 1;
    if follows || begins { Ok(()) } else { Err(Unreadable::Gap { after, found }) }
}
