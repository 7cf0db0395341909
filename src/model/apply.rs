//! What a change does to the tree and to the session table.
//!
//! A change that makes no sense (it creates what is there, deletes what is not) is skipped and
//! named: the model goes on with what it knows, and a checker reports the nonsense.

use super::expect::CONFIG;
use super::versions::{Life, Place, Trigger, Versions, WatchKind};
use super::znode::Znode;
use crate::base::{Data, SessionId, ZPath, Zxid};
use crate::history::{Acl, Acls, Change, Kind, Passing};
use std::collections::BTreeMap;

/// What of a transaction goes into Stats.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stamp {
    /// The transaction.
    pub zxid: Zxid,
    /// Whose.
    pub session: SessionId,
    /// The leader's wall clock.
    pub time_ms: i64,
}

impl Default for Versions {
    /// Before the first transaction: the system's own znodes and no session.
    fn default() -> Versions {
        let bare = |children| Znode { data: Data::from(""), children, ..Znode::default() };
        let mut versions = Versions {
            places: BTreeMap::new(),
            ephemerals: BTreeMap::new(),
            sessions: BTreeMap::new(),
            session_counts: Vec::new(),
            triggers: Vec::new(),
        };
        let system =
            [("/", 1), ("/zookeeper", 2), ("/zookeeper/config", 0), ("/zookeeper/quota", 0)];
        for (text, children) in system {
            let path = ZPath::parse(text).expect("the system's paths are valid");
            if let Some(parent) = path.parent() {
                versions.place(&parent).children.add(Zxid::ZERO, path.clone());
            }
            let mut znode = bare(children);
            if text == CONFIG {
                znode.acls = vec![Acl::new("world", "anyone", Acl::READ)].into();
            }
            versions.places.insert(path, Place::with(znode));
        }
        versions
    }
}

impl Versions {
    /// Takes in what the next transaction does; `Err` says in words what of it makes no sense.
    pub fn apply(&mut self, stamp: Stamp, change: &Change) -> Result<(), String> {
        match change {
            Change::CreateSession { timeout_ms } => self.create_session(stamp, *timeout_ms),
            Change::CloseSession { paths } => self.close_session(stamp, paths),
            Change::Create { path, data, ephemeral, passing, acls, parent_cversion: _ } => {
                let owner = if *ephemeral { stamp.session } else { SessionId(0) };
                let (data, acls) = (data.clone(), acls.clone());
                self.create(stamp, path, New { data, owner, passing: *passing, acls })
            }
            Change::Delete { path } | Change::Pass { path } => self.delete(stamp.zxid, path),
            Change::SetData { path, data, version: _ } => self.set_data(stamp, path, data),
            Change::SetAcl { path, acls, version: _ } => self.set_acl(stamp.zxid, path, acls),
            Change::Check { .. } | Change::Reconfig(_) | Change::Error(_) => Ok(()),
            Change::Multi(parts) => {
                let mut all = Ok(());
                for part in parts {
                    all = all.and(self.apply(stamp, part));
                }
                all
            }
        }
    }

    fn place(&mut self, path: &ZPath) -> &mut Place {
        if !self.places.contains_key(path.as_str()) {
            self.places.insert(path.clone(), Place::default());
        }
        self.places.get_mut(path.as_str()).expect("it has just been put there")
    }

    fn exists_now(&self, path: &str) -> bool {
        self.places.get(path).is_some_and(|place| place.now().is_some())
    }

    fn fire(&mut self, tables: &[WatchKind], trigger: Trigger) {
        let place = self.place(&trigger.path);
        tables.iter().for_each(|table| place.fire(*table, &trigger));
        self.triggers.push(trigger);
    }

    /// The children of `path` are others than before.
    fn fire_children(&mut self, zxid: Zxid, path: &ZPath) {
        let acls = self.place(path).now().map(|znode| znode.acls.clone()).unwrap_or_default();
        let kind = Kind::ChildrenChanged;
        self.fire(&[WatchKind::Child], Trigger { zxid, kind, path: path.clone(), acls });
    }

    fn create(&mut self, stamp: Stamp, path: &ZPath, new: New) -> Result<(), String> {
        let Some(parent_path) = path.parent() else { return Err("creates the root".to_owned()) };
        if self.exists_now(path.as_str()) {
            return Err(format!("creates {path}, which is there"));
        }
        let parent = self.place(&parent_path);
        if parent.now().is_none() {
            return Err(format!("creates {path}, whose parent is not there"));
        }
        if let Some(znode) = parent.edit(stamp.zxid) {
            znode.child_created(stamp.zxid);
        }
        parent.children.add(stamp.zxid, path.clone());
        let (owner, acls) = (new.owner, new.acls.clone());
        *self.place(path).edit(stamp.zxid) = Some(created(stamp, new));
        let (zxid, kind, path) = (stamp.zxid, Kind::Created, path.clone());
        self.fire(&[WatchKind::Data], Trigger { zxid, kind, path: path.clone(), acls });
        self.fire_children(zxid, &parent_path);
        if owner != SessionId(0) {
            self.ephemerals.entry(owner).or_default().add(zxid, path);
        }
        Ok(())
    }

    fn delete(&mut self, zxid: Zxid, path: &ZPath) -> Result<(), String> {
        let Some(parent_path) = path.parent() else { return Err("deletes the root".to_owned()) };
        let place = self.place(path);
        let Some(znode) = place.now() else {
            return Err(format!("deletes {path}, which is not there"));
        };
        if znode.children > 0 {
            return Err(format!("deletes {path}, which has {} children", znode.children));
        }
        let (owner, acls) = (znode.owner, znode.acls.clone());
        *place.edit(zxid) = None;
        let gone = Trigger { zxid, kind: Kind::Deleted, path: path.clone(), acls };
        self.fire(&[WatchKind::Data, WatchKind::Child], gone);
        if let Some(members) = self.ephemerals.get_mut(&owner) {
            members.remove(zxid, path);
        }
        let parent = self.place(&parent_path);
        if let Some(znode) = parent.edit(zxid) {
            znode.child_deleted(zxid);
        }
        parent.children.remove(zxid, path);
        self.fire_children(zxid, &parent_path);
        Ok(())
    }

    fn set_data(&mut self, stamp: Stamp, path: &ZPath, data: &Data) -> Result<(), String> {
        let place = self.place(path);
        let Some(znode) = place.now() else {
            return Err(format!("sets {path}, which is not there"));
        };
        let acls = znode.acls.clone();
        if let Some(znode) = place.edit(stamp.zxid) {
            znode.set(data.clone(), stamp.zxid, stamp.time_ms);
        }
        let (zxid, kind, path) = (stamp.zxid, Kind::DataChanged, path.clone());
        self.fire(&[WatchKind::Data], Trigger { zxid, kind, path, acls });
        Ok(())
    }

    /// No watch speaks of it.
    fn set_acl(&mut self, zxid: Zxid, path: &ZPath, acls: &Acls) -> Result<(), String> {
        let place = self.place(path);
        if place.now().is_none() {
            return Err(format!("sets the ACL of {path}, which is not there"));
        }
        if let Some(znode) = place.edit(zxid) {
            znode.aversion = znode.aversion.wrapping_add(1);
            znode.acls = acls.clone();
        }
        Ok(())
    }

    fn create_session(&mut self, stamp: Stamp, timeout_ms: u32) -> Result<(), String> {
        if self.sessions.contains_key(&stamp.session) {
            return Err(format!("creates the session {}, which had been created", stamp.session));
        }
        let life = Life { created: stamp.zxid, timeout_ms, closed: None };
        self.sessions.insert(stamp.session, life);
        self.count_sessions(stamp.zxid, 1);
        Ok(())
    }

    /// Deletes what the leader listed (`CloseSessionTxn`), as every server does. A path of the list
    /// that is gone already is no nonsense here; `ephemeral_cleanup` compares the lists.
    fn close_session(&mut self, stamp: Stamp, paths: &[ZPath]) -> Result<(), String> {
        for path in paths {
            if self.exists_now(path.as_str()) {
                self.delete(stamp.zxid, path)?;
            }
        }
        let open = self.sessions.get_mut(&stamp.session).filter(|life| life.closed.is_none());
        if let Some(life) = open {
            life.closed = Some(stamp.zxid);
            self.count_sessions(stamp.zxid, -1);
        }
        Ok(())
    }

    fn count_sessions(&mut self, zxid: Zxid, by: i32) {
        let now = self.session_counts.last().map_or(0, |last| last.1);
        self.session_counts.push((zxid, now.saturating_add_signed(by)));
    }
}

/// What a create says of its znode.
pub(super) struct New {
    pub(super) data: Data,
    pub(super) owner: SessionId,
    pub(super) passing: Option<Passing>,
    pub(super) acls: Acls,
}

/// The znode that a create makes (`DataTree.createNode`).
pub(super) fn created(stamp: Stamp, new: New) -> Znode {
    let New { data, owner, passing, acls } = new;
    Znode {
        data,
        czxid: stamp.zxid,
        mzxid: stamp.zxid,
        pzxid: stamp.zxid,
        ctime: stamp.time_ms,
        mtime: stamp.time_ms,
        owner,
        passing,
        acls,
        ..Znode::default()
    }
}
