//! The tree and the session table at every version: what was true after each transaction.
//!
//! Fed with the committed changes in their order; computes every Stat by itself (`zookeeper.md`,
//! A.4). A zxid that is no transaction, like `3:0`, means everything with a smaller zxid.

use super::members::Members;
use super::znode::Znode;
use crate::base::{SessionId, Stat, ZPath, Zxid};
use crate::history::{Acls, Kind};
use std::collections::BTreeMap;
use std::ops::Bound;

/// Which of the server's two watch tables a watch is in (`DataTree.dataWatches`, `childWatches`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum WatchKind {
    /// Left by `exists` and `getData`.
    Data,
    /// Left by `getChildren`.
    Child,
}

/// Something that watches speak of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trigger {
    /// The transaction.
    pub zxid: Zxid,
    /// What it did.
    pub kind: Kind,
    /// To which znode.
    pub path: ZPath,
    /// The znode's access control list then; of a deleted one the last. Only who may read the znode
    /// is told (ZOOKEEPER-4799).
    pub acls: Acls,
}

/// A session's life.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Life {
    /// The transaction that created it.
    pub created: Zxid,
    /// Its timeout.
    pub timeout_ms: u32,
    /// The transaction that closed it first.
    pub closed: Option<Zxid>,
}

impl Life {
    /// True when the session is in the table after the transactions up to `zxid`.
    pub fn is_alive_at(&self, zxid: Zxid) -> bool {
        self.created <= zxid && self.closed.is_none_or(|closed| closed > zxid)
    }
}

/// All that ever was at one path.
#[derive(Clone, Debug, Default)]
pub(super) struct Place {
    /// Ascending; only the last state of each transaction.
    versions: Vec<(Zxid, Option<Znode>)>,
    /// What fires a data watch: the first event of each transaction.
    data_triggers: Vec<Trigger>,
    /// What fires a child watch: the first event of each transaction.
    child_triggers: Vec<Trigger>,
    pub(super) children: Members,
}

/// Every version of the tree and of the session table.
#[derive(Clone, Debug)]
pub struct Versions {
    pub(super) places: BTreeMap<ZPath, Place>,
    pub(super) ephemerals: BTreeMap<SessionId, Members>,
    pub(super) sessions: BTreeMap<SessionId, Life>,
    /// How many sessions there were from each transaction on.
    pub(super) session_counts: Vec<(Zxid, u32)>,
    /// All that watches that stay speak of, in the order in which it happened.
    pub(super) triggers: Vec<Trigger>,
}

impl Versions {
    /// The znode at `path` after the transactions up to `zxid`.
    pub fn znode_at(&self, path: &str, zxid: Zxid) -> Option<&Znode> {
        self.places.get(path)?.at(zxid)
    }

    /// The Stat of the znode at `path` after the transactions up to `zxid`.
    pub fn stat_at(&self, path: &str, zxid: Zxid) -> Option<Stat> {
        self.znode_at(path, zxid).map(Znode::stat)
    }

    /// The paths of the children of `path` after the transactions up to `zxid`, in ascending order
    /// (which is that of their names, too).
    pub fn children_at(&self, path: &str, zxid: Zxid) -> Vec<&ZPath> {
        self.places.get(path).map(|place| place.children.at(zxid)).unwrap_or_default()
    }

    /// The znodes below `path`, at any depth, after the transactions up to `zxid`.
    pub(super) fn below_at(&self, path: &str, zxid: Zxid) -> impl Iterator<Item = &Znode> {
        let prefix = if path == "/" { path.to_owned() } else { format!("{path}/") };
        let below =
            self.places.range::<str, _>((Bound::Excluded(prefix.as_str()), Bound::Unbounded));
        let below = below.take_while(move |(path, _)| path.as_str().starts_with(&prefix));
        below.filter_map(move |(_, place)| place.at(zxid))
    }

    /// A session that was created at some time.
    pub fn session(&self, session: SessionId) -> Option<&Life> {
        self.sessions.get(&session)
    }

    /// All sessions that were ever created.
    pub fn sessions(&self) -> impl Iterator<Item = (SessionId, &Life)> {
        self.sessions.iter().map(|(&id, life)| (id, life))
    }

    /// How many sessions there are after the transactions up to `zxid`.
    pub fn session_count_at(&self, zxid: Zxid) -> u32 {
        let after = self.session_counts.partition_point(|count| count.0 <= zxid);
        after.checked_sub(1).map_or(0, |last| self.session_counts[last].1)
    }

    /// The znodes that live with `session` after the transactions up to `zxid`, in ascending order.
    pub fn ephemerals_at(&self, session: SessionId, zxid: Zxid) -> Vec<&ZPath> {
        self.ephemerals.get(&session).map(|members| members.at(zxid)).unwrap_or_default()
    }

    /// The first transaction after `after`, up to and with `upto`, that fires such a watch on
    /// `path`, and what it says (`zookeeper.md`, A.7).
    pub fn first_trigger(
        &self,
        (path, kind): (&str, WatchKind),
        after: Zxid,
        upto: Zxid,
    ) -> Option<&Trigger> {
        let place = self.places.get(path)?;
        let triggers = place.triggers(kind);
        let first = triggers.partition_point(|trigger| trigger.zxid <= after);
        triggers.get(first).filter(|trigger| trigger.zxid <= upto)
    }

    /// Everything after `after`, up to and with `upto`, of which watches speak.
    pub fn triggers(&self, after: Zxid, upto: Zxid) -> &[Trigger] {
        let first = self.triggers.partition_point(|trigger| trigger.zxid <= after);
        let last = self.triggers.partition_point(|trigger| trigger.zxid <= upto);
        self.triggers.get(first..last).unwrap_or_default()
    }

    /// Every znode that is there after all transactions, with its path.
    pub fn znodes(&self) -> impl Iterator<Item = (&ZPath, &Znode)> {
        self.places.iter().filter_map(|(path, place)| Some((path, place.now()?)))
    }
}

impl Place {
    /// A place where a znode has been from the start.
    pub(super) fn with(znode: Znode) -> Place {
        Place { versions: vec![(Zxid::ZERO, Some(znode))], ..Place::default() }
    }

    fn at(&self, zxid: Zxid) -> Option<&Znode> {
        let (last, znode) = self.versions.last()?;
        if *last <= zxid {
            return znode.as_ref();
        }
        let after = self.versions.partition_point(|version| version.0 <= zxid);
        self.versions[after.checked_sub(1)?].1.as_ref()
    }

    /// What is there now.
    pub(super) fn now(&self) -> Option<&Znode> {
        self.versions.last()?.1.as_ref()
    }

    /// What is there after `zxid`, to be changed: a copy of what was there before it.
    pub(super) fn edit(&mut self, zxid: Zxid) -> &mut Option<Znode> {
        if self.versions.last().is_none_or(|version| version.0 != zxid) {
            let znode = self.now().cloned();
            self.versions.push((zxid, znode));
        }
        let last = self.versions.len() - 1;
        &mut self.versions[last].1
    }

    fn triggers(&self, kind: WatchKind) -> &[Trigger] {
        match kind {
            WatchKind::Data => &self.data_triggers,
            WatchKind::Child => &self.child_triggers,
        }
    }

    /// The watches here fire. Those in the tables speak once: of one transaction only the first
    /// event counts.
    pub(super) fn fire(&mut self, table: WatchKind, trigger: &Trigger) {
        let triggers = match table {
            WatchKind::Data => &mut self.data_triggers,
            WatchKind::Child => &mut self.child_triggers,
        };
        if triggers.last().is_none_or(|last| last.zxid != trigger.zxid) {
            triggers.push(trigger.clone());
        }
    }
}
