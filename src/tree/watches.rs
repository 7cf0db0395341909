//! Who waits to be told of what: watches by path and by connection (`WatchManager`,
//! `WatcherMode`).

use super::{Rules, Trigger};
use crate::base::{ConnId, ZPath};
use crate::wire::{Acls, EventKind};
use std::collections::{BTreeMap, BTreeSet};

/// Which changes a watch waits for: the two tables of `DataTree`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum WatchKind {
    /// Creation, deletion, data: from `exists` and `getData`.
    Data,
    /// Children and deletion: from `getChildren`.
    Child,
}

/// How long a watch stays, and how far it reaches.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Mode {
    /// It speaks once.
    Once,
    /// It stays until it is removed, in both tables (`addWatch`, mode 0).
    Persistent,
    /// It stays, and also hears of everything below; never of lists of children (mode 1).
    Recursive,
}

/// Which watches are to be removed, or asked after (`Watcher.WatcherType`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Removal {
    /// Those that speak once, on children.
    Children,
    /// Those that speak once, on data.
    Data,
    /// All.
    Any,
    /// The persistent one.
    Persistent,
    /// The persistent one on everything below.
    Recursive,
}

impl Removal {
    /// The type with this number on the wire.
    pub fn from_wire(number: i32) -> Option<Removal> {
        Some(match number {
            1 => Removal::Children,
            2 => Removal::Data,
            3 => Removal::Any,
            4 => Removal::Persistent,
            5 => Removal::Recursive,
            _ => return None,
        })
    }

    fn modes_in(self, kind: WatchKind) -> &'static [Mode] {
        match (self, kind) {
            (Removal::Children, WatchKind::Child) | (Removal::Data, WatchKind::Data) => {
                &[Mode::Once]
            }
            (Removal::Children, WatchKind::Data) | (Removal::Data, WatchKind::Child) => &[],
            (Removal::Any, _) => &[Mode::Once, Mode::Persistent, Mode::Recursive],
            (Removal::Persistent, _) => &[Mode::Persistent],
            (Removal::Recursive, _) => &[Mode::Recursive],
        }
    }
}

/// A place in a table.
pub type Watch = (WatchKind, ZPath);

/// What a connection waits for at one place; never empty.
type Modes = BTreeSet<Mode>;

/// The watches of all connections of one server.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Watches {
    by_path: BTreeMap<Watch, BTreeMap<ConnId, Modes>>,
    by_conn: BTreeMap<ConnId, BTreeSet<Watch>>,
    /// How many of them reach below their znode. Without one nobody looks above a change.
    recursive_count: usize,
    /// See [`Rules::modes_together`]; kept the other way round.
    alone: bool,
    /// See [`Rules::recursive_hears_lists`].
    recursive_hears_lists: bool,
}

impl Watches {
    /// Nobody waits. Without rules ([`Watches::default`]) it is by the right ones.
    pub fn new(rules: &Rules) -> Watches {
        Watches {
            alone: !(rules.modes_together)(),
            recursive_hears_lists: (rules.recursive_hears_lists)(),
            ..Watches::default()
        }
    }

    /// The connection will be told once of the next such change. A second time adds nothing.
    pub fn add(&mut self, kind: WatchKind, path: ZPath, conn: ConnId) {
        self.insert((kind, path), Mode::Once, conn);
    }

    /// The connection will be told of every change, until the watch is removed.
    pub fn add_lasting(&mut self, recursive: bool, path: ZPath, conn: ConnId) {
        if recursive {
            self.insert((WatchKind::Data, path), Mode::Recursive, conn);
        } else {
            self.insert((WatchKind::Data, path.clone()), Mode::Persistent, conn);
            self.insert((WatchKind::Child, path), Mode::Persistent, conn);
        }
    }

    fn insert(&mut self, watch: Watch, mode: Mode, conn: ConnId) {
        if self.alone {
            let others = [Mode::Once, Mode::Persistent, Mode::Recursive];
            others.into_iter().filter(|it| *it != mode).for_each(|other| {
                self.take_one(&watch, other, conn);
            });
        }
        self.by_conn.entry(conn).or_default().insert(watch.clone());
        let modes = self.by_path.entry(watch).or_default().entry(conn).or_default();
        if modes.insert(mode) && mode == Mode::Recursive {
            self.recursive_count += 1;
        }
    }

    /// Whether the connection has such a watch on `path`.
    pub fn has(&self, which: Removal, path: &str, conn: ConnId) -> bool {
        [WatchKind::Data, WatchKind::Child].into_iter().any(|kind| {
            let here = self.by_conn.get(&conn).and_then(|all| find(all, kind, path));
            let modes = here.and_then(|watch| self.by_path.get(watch)?.get(&conn));
            modes.is_some_and(|modes| which.modes_in(kind).iter().any(|it| modes.contains(it)))
        })
    }

    /// Removes such watches of the connection on `path`. False when there was none.
    pub fn remove(&mut self, which: Removal, path: &str, conn: ConnId) -> bool {
        let mut removed = false;
        for kind in [WatchKind::Data, WatchKind::Child] {
            let here = self.by_conn.get(&conn).and_then(|all| find(all, kind, path)).cloned();
            let Some(watch) = here else { continue };
            for mode in which.modes_in(kind) {
                removed |= self.take_one(&watch, *mode, conn);
            }
        }
        removed
    }

    /// Takes one watch away. False when there was none.
    fn take_one(&mut self, watch: &Watch, mode: Mode, conn: ConnId) -> bool {
        let Some(conns) = self.by_path.get_mut(watch) else { return false };
        let Some(modes) = conns.get_mut(&conn) else { return false };
        if !modes.remove(&mode) {
            return false;
        }
        if mode == Mode::Recursive {
            self.recursive_count -= 1;
        }
        if modes.is_empty() {
            conns.remove(&conn);
            if conns.is_empty() {
                self.by_path.remove(watch);
            }
            let all = self.by_conn.get_mut(&conn).expect("a watch is listed both ways");
            assert!(all.remove(watch), "a watch is listed both ways");
            if all.is_empty() {
                self.by_conn.remove(&conn);
            }
        }
        true
    }

    /// Whom `trigger` concerns, in the order in which they have to be told, each connection at most
    /// once for each table; with each the list that says who may read what the event is about.
    /// Watches that speak once are used up.
    pub fn fire(
        &mut self,
        trigger: &Trigger,
        mut tell: impl FnMut(ConnId, EventKind, &ZPath, &Acls),
    ) {
        if self.by_path.is_empty() {
            return;
        }
        let Trigger { kind, path, acls, parent_acls } = trigger;
        let mut told = self.take(WatchKind::Data, path);
        if *kind == EventKind::Deleted {
            told.extend(self.take(WatchKind::Child, path));
        }
        told.extend(self.recursive_above(path));
        told.into_iter().for_each(|conn| tell(conn, *kind, path, acls));
        if *kind == EventKind::DataChanged {
            return;
        }
        if let Some(parent) = path.parent() {
            let mut told = self.take(WatchKind::Child, &parent);
            if self.recursive_hears_lists {
                told.extend(self.recursive_above(path));
            }
            told.into_iter()
                .for_each(|conn| tell(conn, EventKind::ChildrenChanged, &parent, parent_acls));
        }
    }

    /// Those who wait at this place; what speaks once is used up.
    fn take(&mut self, kind: WatchKind, path: &ZPath) -> BTreeSet<ConnId> {
        let watch = (kind, path.clone());
        let Some(conns) = self.by_path.get(&watch) else { return BTreeSet::new() };
        let told: BTreeSet<ConnId> = conns.keys().copied().collect();
        for &conn in &told {
            self.take_one(&watch, Mode::Once, conn);
        }
        told
    }

    /// Those who wait for everything below a znode above this one.
    fn recursive_above(&self, path: &ZPath) -> BTreeSet<ConnId> {
        let mut told = BTreeSet::new();
        if self.recursive_count == 0 {
            return told;
        }
        let mut above = path.parent();
        while let Some(path) = above {
            above = path.parent();
            let conns = self.by_path.get(&(WatchKind::Data, path)).into_iter().flatten();
            let recursive = conns.filter(|(_, modes)| modes.contains(&Mode::Recursive));
            told.extend(recursive.map(|(conn, _)| *conn));
        }
        told
    }

    /// The connection is gone, and its watches with it.
    pub fn forget(&mut self, conn: ConnId) {
        for watch in self.by_conn.remove(&conn).into_iter().flatten() {
            let conns = self.by_path.get_mut(&watch).expect("a watch is listed both ways");
            let modes = conns.remove(&conn).expect("a watch is listed both ways");
            self.recursive_count -= usize::from(modes.contains(&Mode::Recursive));
            if conns.is_empty() {
                self.by_path.remove(&watch);
            }
        }
    }

    /// How many watches there are, as `mntr` counts them: places of connections.
    pub fn len(&self) -> usize {
        self.by_conn.values().map(BTreeSet::len).sum()
    }

    /// True without any watch.
    pub fn is_empty(&self) -> bool {
        self.by_path.is_empty()
    }

    /// Every place that is watched, and by whom.
    pub fn by_path(&self) -> impl Iterator<Item = (&Watch, impl Iterator<Item = ConnId>)> {
        self.by_path.iter().map(|(watch, conns)| (watch, conns.keys().copied()))
    }

    /// Both indices list the same watches, and every connection among them is one of `conns`.
    pub fn assert_invariants(&self, is_open: impl Fn(ConnId) -> bool) {
        let by_path: usize = self.by_path.values().map(BTreeMap::len).sum();
        assert_eq!(by_path, self.len(), "watches are listed both ways");
        let modes = self.by_path.values().flat_map(BTreeMap::values);
        assert!(modes.clone().all(|modes| !modes.is_empty()), "whoever is listed waits");
        let recursive = modes.filter(|modes| modes.contains(&Mode::Recursive)).count();
        assert_eq!(recursive, self.recursive_count, "those that reach below are counted");
        assert!(self.by_conn.keys().all(|&conn| is_open(conn)), "no watch outlives its connection");
    }
}

/// The place of this kind at `path`, among those of a connection.
fn find<'a>(all: &'a BTreeSet<Watch>, kind: WatchKind, path: &str) -> Option<&'a Watch> {
    let path = ZPath::parse(path).ok()?;
    all.get(&(kind, path))
}
