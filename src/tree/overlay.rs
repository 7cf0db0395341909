//! What the leader has promised but not yet applied: the tree as it will be once every outstanding
//! transaction is in (`ZooKeeperServer.outstandingChanges`).

use super::{Lifetime, Tree, Undo};
use crate::base::{SessionId, ZPath, Zxid};
use crate::wire::Acls;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// What the leader has to know of a znode to decide on requests.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Record {
    /// The transaction that it is true after.
    pub zxid: Zxid,
    /// False when that transaction deleted it.
    pub exists: bool,
    /// See `Stat`.
    pub version: i32,
    /// How many children were ever created.
    pub cversion: i32,
    /// See `Stat`.
    pub aversion: i32,
    /// The session that it lives with, or how long it stays without one.
    pub owner: SessionId,
    /// How many children it has.
    pub children: i32,
    /// Who may do what with it.
    pub acls: Acls,
}

impl Record {
    /// How long it stays.
    pub fn lifetime(&self) -> Lifetime {
        Lifetime::of_owner(self.owner)
    }
}

/// In which part a record stands in a request: what the request is about, or that one's parent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// The znode that is created, deleted or set.
    Own,
    /// Its parent.
    Parent,
}

/// Records as they were before a multi, in the order in which it changed them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Rollback {
    saved: Vec<(Part, ZPath, Option<Record>)>,
}

/// The outstanding changes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Overlay {
    latest: BTreeMap<ZPath, Record>,
    /// In the order of their transactions.
    order: VecDeque<(Zxid, ZPath)>,
    rollback: Option<Rollback>,
}

impl Overlay {
    /// Whether anything outstanding concerns the znode.
    pub fn is_touched(&self, path: &str) -> bool {
        self.latest.contains_key(path)
    }

    /// The znode as it will be; `None` when it will not exist.
    pub fn get(&self, tree: &Tree, path: &str) -> Option<Record> {
        if let Some(record) = self.latest.get(path) {
            return record.exists.then(|| record.clone());
        }
        let znode = tree.get(path)?;
        Some(Record {
            zxid: tree.last(),
            exists: true,
            version: znode.version,
            cversion: znode.cversion,
            aversion: znode.aversion,
            owner: znode.owner,
            children: znode.children.len() as i32,
            acls: znode.acls.clone(),
        })
    }

    /// The znode will be so.
    pub fn put(&mut self, path: ZPath, part: Part, record: Record) {
        let zxid = record.zxid;
        let before = self.latest.insert(path.clone(), record);
        if let Some(rollback) = &mut self.rollback {
            rollback.saved.push((part, path.clone(), before));
        }
        self.order.push_back((zxid, path));
    }

    /// A multi begins: from here on it can be undone.
    pub fn begin(&mut self) {
        let before = self.rollback.replace(Rollback::default());
        assert_eq!(before, None, "a multi has no multi within");
    }

    /// The multi succeeded.
    pub fn keep(&mut self) {
        self.rollback = None;
    }

    /// The multi failed: `how` says what becomes of the records that it has changed.
    pub fn undo(&mut self, how: fn(Part) -> Undo) {
        let rollback = self.rollback.take().expect("undo follows begin");
        for (part, path, before) in rollback.saved.into_iter().rev() {
            match before.filter(|_| how(part) == Undo::Restore) {
                Some(record) => self.latest.insert(path, record),
                None => self.latest.remove(&path),
            };
        }
    }

    /// The tree has taken in everything up to `zxid`.
    pub fn applied(&mut self, zxid: Zxid) {
        while let Some((_, path)) = self.order.pop_front_if(|(of, _)| *of <= zxid) {
            if self.latest.get(&path).is_some_and(|record| record.zxid <= zxid) {
                self.latest.remove(&path);
            }
        }
    }

    /// The ephemeral znodes that a session will have.
    pub fn ephemerals_of(&self, tree: &Tree, session: SessionId) -> Vec<String> {
        let mut paths: BTreeSet<&ZPath> = tree.ephemerals_of(session).collect();
        for (path, record) in &self.latest {
            if record.exists && record.owner == session {
                paths.insert(path);
            } else {
                paths.remove(path);
            }
        }
        paths.into_iter().map(ZPath::to_string).collect()
    }

    /// Nothing is outstanding.
    pub fn clear(&mut self) {
        *self = Overlay::default();
    }
}
