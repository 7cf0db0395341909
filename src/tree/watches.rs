//! Who waits to be told of what: one-shot watches, by path and by connection (`WatchManager`).

use super::Trigger;
use crate::base::{ConnId, ZPath};
use crate::wire::EventKind;
use std::collections::{BTreeMap, BTreeSet};

/// Which changes a watch waits for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum WatchKind {
    /// Creation, deletion, data: from `exists` and `getData`.
    Data,
    /// Children and deletion: from `getChildren`.
    Child,
}

/// The watches of all connections of one server.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Watches {
    by_path: BTreeMap<(WatchKind, ZPath), BTreeSet<ConnId>>,
    by_conn: BTreeMap<ConnId, BTreeSet<(WatchKind, ZPath)>>,
}

impl Watches {
    /// The connection will be told once of the next such change. A second time adds nothing.
    pub fn add(&mut self, kind: WatchKind, path: ZPath, conn: ConnId) {
        self.by_conn.entry(conn).or_default().insert((kind, path.clone()));
        self.by_path.entry((kind, path)).or_default().insert(conn);
    }

    /// Whom `trigger` concerns, in the order in which they have to be told, each connection at most
    /// once for each znode. The watches are used up.
    pub fn fire(&mut self, trigger: &Trigger, mut tell: impl FnMut(ConnId, EventKind, &ZPath)) {
        match trigger {
            Trigger::Created(path) => {
                self.take(WatchKind::Data, path, |conn| tell(conn, EventKind::Created, path));
            }
            Trigger::DataChanged(path) => {
                self.take(WatchKind::Data, path, |conn| tell(conn, EventKind::DataChanged, path));
                return;
            }
            Trigger::Deleted(path) => {
                let mut told = BTreeSet::new();
                for kind in [WatchKind::Data, WatchKind::Child] {
                    self.take(kind, path, |conn| {
                        told.insert(conn);
                    });
                }
                told.into_iter().for_each(|conn| tell(conn, EventKind::Deleted, path));
            }
        }
        let (Trigger::Created(path) | Trigger::Deleted(path) | Trigger::DataChanged(path)) =
            trigger;
        if let Some(parent) = path.parent() {
            self.take(WatchKind::Child, &parent, |conn| {
                tell(conn, EventKind::ChildrenChanged, &parent);
            });
        }
    }

    fn take(&mut self, kind: WatchKind, path: &ZPath, mut each: impl FnMut(ConnId)) {
        if self.by_path.is_empty() {
            return;
        }
        let watch = (kind, path.clone());
        for conn in self.by_path.remove(&watch).into_iter().flatten() {
            let watches = self.by_conn.get_mut(&conn).expect("a watch is listed both ways");
            assert!(watches.remove(&watch), "a watch is listed both ways");
            if watches.is_empty() {
                self.by_conn.remove(&conn);
            }
            each(conn);
        }
    }

    /// The connection is gone, and its watches with it.
    pub fn forget(&mut self, conn: ConnId) {
        for watch in self.by_conn.remove(&conn).into_iter().flatten() {
            let conns = self.by_path.get_mut(&watch).expect("a watch is listed both ways");
            assert!(conns.remove(&conn), "a watch is listed both ways");
            if conns.is_empty() {
                self.by_path.remove(&watch);
            }
        }
    }

    /// How many watches there are.
    pub fn len(&self) -> usize {
        self.by_conn.values().map(BTreeSet::len).sum()
    }

    /// True without any watch.
    pub fn is_empty(&self) -> bool {
        self.by_path.is_empty()
    }

    /// Both indices list the same watches, and every connection among them is one of `conns`.
    pub fn assert_invariants(&self, is_open: impl Fn(ConnId) -> bool) {
        let by_path: usize = self.by_path.values().map(BTreeSet::len).sum();
        assert_eq!(by_path, self.len(), "watches are listed both ways");
        assert!(self.by_conn.keys().all(|&conn| is_open(conn)), "no watch outlives its connection");
    }
}
