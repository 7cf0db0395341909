//! The tree: znodes by path, who owns which ephemerals, and the table of sessions. Changed by
//! transactions only, in their order.

use super::quota::Usage;
use super::rules::{Closing, Parent, Rules, Touch};
use super::{Body, Lifetime, Txn, Znode, digest};
use crate::base::{Data, ErrorCode, SessionId, Stat, ZPath, Zxid, parent_of};
use crate::wire::{Acl, Acls, EventKind, Membership};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// Where the configuration of the ensemble stands (`ZooDefs.CONFIG_NODE`).
pub const CONFIG: &str = "/zookeeper/config";

/// The replicated state.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tree {
    pub(super) znodes: BTreeMap<ZPath, Znode>,
    ephemerals: BTreeMap<SessionId, BTreeSet<ZPath>>,
    /// Containers, and znodes with a time to live: what the leader looks after.
    passing: BTreeSet<ZPath>,
    pub(super) sessions: BTreeMap<SessionId, i32>,
    /// What is used below each znode that has a quota.
    pub(super) quotas: BTreeMap<ZPath, Usage>,
    last: Zxid,
    digest: u64,
}

/// What a transaction did, as its client hears of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Applied {
    /// Nothing to tell: a session began or ended, a check held.
    Done,
    /// A znode was created; `opcode` says whether its Stat is told.
    Created {
        /// As in [`Body::Create`].
        opcode: i32,
        /// The whole path.
        path: String,
        /// Of the new znode.
        stat: Stat,
    },
    /// A znode was deleted.
    Deleted,
    /// A znode's data or ACL were set.
    Set(Stat),
    /// The ensemble has another configuration.
    Reconfigured {
        /// The new one.
        data: Data,
        /// Of the znode that holds it.
        stat: Stat,
    },
    /// A part for each part of the multi.
    Multi(Vec<Applied>),
    /// Nothing was done. 0 within a failed multi for the parts before the failure.
    Error(i32),
}

/// Something that watches wait for, and who may hear of it: only who may read it
/// (ZOOKEEPER-4799).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trigger {
    /// Created or deleted (its parent's children changed, too), or its data were set.
    pub kind: EventKind,
    /// Which znode.
    pub path: ZPath,
    /// Its ACL; of a deleted one the last.
    pub acls: Acls,
    /// Its parent's ACL.
    pub parent_acls: Acls,
}

impl Default for Tree {
    fn default() -> Tree {
        Tree::new()
    }
}

impl Tree {
    /// The tree before the first transaction: the root and the system's own znodes.
    pub fn new() -> Tree {
        let mut tree = Tree::empty();
        for text in ["/", "/zookeeper", CONFIG, "/zookeeper/quota"] {
            let path = ZPath::parse(text).expect("the system's paths are valid");
            let readable = vec![Acl { perms: 1, scheme: "world".into(), id: "anyone".into() }];
            let (acls, aversion) =
                if text == CONFIG { (readable.into(), -1) } else { (Acls::OPEN, 0) };
            tree.insert(path, Znode { data: "".into(), acls, aversion, ..Znode::default() });
        }
        tree
    }

    /// No znode at all: what a snapshot is read into.
    pub(super) fn empty() -> Tree {
        Tree {
            znodes: BTreeMap::new(),
            ephemerals: BTreeMap::new(),
            passing: BTreeSet::new(),
            sessions: BTreeMap::new(),
            quotas: BTreeMap::new(),
            last: Zxid::ZERO,
            digest: 0,
        }
    }

    /// The last transaction in it.
    pub fn last(&self) -> Zxid {
        self.last
    }

    /// Says that it holds everything up to `zxid`: for a tree that was read from a snapshot.
    pub fn set_last(&mut self, zxid: Zxid) {
        self.last = zxid;
    }

    /// Equal for equal znodes.
    pub fn digest(&self) -> u64 {
        self.digest
    }

    /// The znode at `path`.
    pub fn get(&self, path: &str) -> Option<&Znode> {
        self.znodes.get(path)
    }

    /// Number of znodes, the system's included.
    pub fn len(&self) -> usize {
        self.znodes.len()
    }

    /// True without a single znode, which only a tree being read can be.
    pub fn is_empty(&self) -> bool {
        self.znodes.is_empty()
    }

    /// Every session and its timeout in milliseconds.
    pub fn sessions(&self) -> &BTreeMap<SessionId, i32> {
        &self.sessions
    }

    /// The ephemeral znodes of a session, in ascending order.
    pub fn ephemerals_of(&self, session: SessionId) -> impl Iterator<Item = &ZPath> {
        self.ephemerals.get(&session).into_iter().flatten()
    }

    /// Containers, and znodes with a time to live, in ascending order.
    pub fn passing(&self) -> impl Iterator<Item = &ZPath> {
        self.passing.iter()
    }

    /// Every session with ephemeral znodes, and these.
    pub fn ephemerals(&self) -> impl Iterator<Item = (SessionId, &BTreeSet<ZPath>)> {
        self.ephemerals.iter().map(|(&session, paths)| (session, paths))
    }

    /// How many znodes are below `path`; it counts itself out.
    pub fn count_below(&self, path: &str) -> usize {
        let Some(znode) = self.znodes.get(path) else { return 0 };
        if path == "/" {
            return self.znodes.len() - 1;
        }
        let below = znode.children.iter().map(|name| self.count_below(&format!("{path}/{name}")));
        znode.children.len() + below.sum::<usize>()
    }

    /// About how many bytes paths and data take (`DataTree.approximateDataSize`).
    pub fn data_bytes(&self) -> u64 {
        self.znodes.iter().map(|(path, it)| (path.as_str().len() + it.data.len()) as u64).sum()
    }

    /// Puts a transaction in. What watches wait for is added to `triggers`.
    ///
    /// Tolerates what a transaction meets that is replayed over a fuzzy snapshot: a znode that is
    /// already there, or already gone.
    pub fn apply(&mut self, txn: &Txn, rules: &Rules, triggers: &mut Vec<Trigger>) -> Applied {
        let applied = self.apply_body(&txn.body, txn, rules, triggers);
        self.last = txn.zxid;
        applied
    }

    /// Puts in what a transaction does to znodes, and leaves the table of sessions as it is: the
    /// mistake of ZOOKEEPER-1367, for its mutant.
    pub fn apply_to_znodes_only(&mut self, txn: &Txn, rules: &Rules) {
        let sessions = self.sessions.clone();
        self.apply(txn, rules, &mut Vec::new());
        self.sessions = sessions;
    }

    fn apply_body(
        &mut self,
        body: &Body,
        txn: &Txn,
        rules: &Rules,
        triggers: &mut Vec<Trigger>,
    ) -> Applied {
        match body {
            Body::CreateSession { timeout_ms } => {
                self.sessions.insert(txn.session, *timeout_ms);
                Applied::Done
            }
            Body::CloseSession { paths } => {
                let owned = || self.ephemerals_of(txn.session).map(ZPath::to_string).collect();
                let paths: Cow<[String]> = match (rules.closing)() {
                    Closing::Listed => paths.into(),
                    Closing::Owned => Cow::Owned(owned()),
                };
                paths.iter().for_each(|path| {
                    self.delete(path, txn.zxid, rules, triggers);
                });
                self.sessions.remove(&txn.session);
                Applied::Done
            }
            Body::Create { .. } => self.create(body, txn, rules, triggers),
            Body::Delete { path } | Body::DeleteContainer { path } => {
                self.delete(path, txn.zxid, rules, triggers)
            }
            Body::SetData { path, data, version } => {
                self.set_data(path, data, *version, txn, triggers)
            }
            Body::Reconfig { data } => match self.set_data(CONFIG, data, -1, txn, triggers) {
                Applied::Set(stat) => Applied::Reconfigured { data: data.clone(), stat },
                refused => refused,
            },
            Body::SetAcl { path, acls, version } => self.set_acls(path, acls, *version),
            Body::Check { .. } => Applied::Done,
            // Apache ZooKeeper logs what stood before the part that failed as it was asked for
            // (`DataTree.processTxn`): nothing of it is done.
            Body::Multi(parts) if parts.iter().any(|it| matches!(it, Body::Error(_))) => {
                let part = |part: &Body| match part {
                    Body::Error(code) => Applied::Error(*code),
                    _ => Applied::Error(0),
                };
                Applied::Multi(parts.iter().map(part).collect())
            }
            Body::Multi(parts) => {
                let part = |part| self.apply_body(part, txn, rules, triggers);
                Applied::Multi(parts.iter().map(part).collect())
            }
            Body::Error(code) => Applied::Error(*code),
        }
    }

    fn create(
        &mut self,
        body: &Body,
        txn: &Txn,
        rules: &Rules,
        triggers: &mut Vec<Trigger>,
    ) -> Applied {
        let Body::Create { opcode, path: text, data, acls, lifetime, parent_cversion } = body
        else {
            unreachable!("only creates are created");
        };
        let parent = parent_of(text);
        let (Ok(path), Some(parent)) = (ZPath::parse(text), parent) else {
            return refused(ErrorCode::BadArguments);
        };
        let touch = Touch::Created { cversion: *parent_cversion, zxid: txn.zxid };
        if !self.touch_parent(parent, touch, rules) {
            return refused(ErrorCode::NoNode);
        }
        let acls = Acls::from(acls.clone());
        if let Some(znode) = self.znodes.get_mut(&path) {
            // Replayed over a fuzzy snapshot, which may have the list of a later life
            // (ZOOKEEPER-4846).
            if (rules.sets_acls_again)() {
                znode.acls = acls;
            }
            return refused(ErrorCode::NodeExists);
        }
        let parent_acls = self.acls_of(parent);
        let znode = Znode {
            data: data.clone(),
            czxid: txn.zxid,
            mzxid: txn.zxid,
            pzxid: txn.zxid,
            ctime: txn.time_ms,
            mtime: txn.time_ms,
            owner: lifetime.owner(txn.session),
            acls: acls.clone(),
            ..Znode::default()
        };
        let stat = znode.stat();
        let kind = EventKind::Created;
        triggers.push(Trigger { kind, path: path.clone(), acls, parent_acls });
        self.insert(path, znode);
        Applied::Created { opcode: *opcode, path: text.clone(), stat }
    }

    fn delete(
        &mut self,
        text: &str,
        zxid: Zxid,
        rules: &Rules,
        triggers: &mut Vec<Trigger>,
    ) -> Applied {
        let existed = self.znodes.contains_key(text);
        if let Some(parent) = parent_of(text) {
            self.touch_parent(parent, Touch::Deleted { zxid, existed }, rules);
        }
        if !existed {
            return refused(ErrorCode::NoNode);
        }
        let parent_acls = parent_of(text).map_or(Acls::OPEN, |parent| self.acls_of(parent));
        let acls = self.acls_of(text);
        let path = self.remove(text);
        triggers.push(Trigger { kind: EventKind::Deleted, path, acls, parent_acls });
        Applied::Deleted
    }

    fn set_data(
        &mut self,
        text: &str,
        data: &Data,
        version: i32,
        txn: &Txn,
        triggers: &mut Vec<Trigger>,
    ) -> Applied {
        let Some((path, _)) = self.znodes.get_key_value(text) else {
            return refused(ErrorCode::NoNode);
        };
        let path = path.clone();
        let before = self.znodes[&path].data.len();
        self.count_change(text, data.len() as i64 - before as i64);
        self.change(text, |znode| {
            znode.data = data.clone();
            znode.version = version;
            znode.mzxid = txn.zxid;
            znode.mtime = txn.time_ms;
        });
        let (stat, acls) = (self.znodes[&path].stat(), self.acls_of(text));
        let kind = EventKind::DataChanged;
        triggers.push(Trigger { kind, path, acls, parent_acls: Acls::OPEN });
        Applied::Set(stat)
    }

    /// The configuration that the znode for it holds, if a transaction or the server itself has put
    /// one there.
    pub fn membership(&self) -> Option<Membership> {
        let znode = self.znodes.get(CONFIG)?;
        let membership = Membership::of_bytes(znode.data.as_bytes()?)?;
        (membership.version == znode.mzxid).then_some(membership)
    }

    /// Puts a configuration in that no transaction has brought: the one that the server was started
    /// with, or one that others have told it of (`initConfigInZKDatabase`).
    pub fn set_membership(&mut self, membership: &Membership, time_ms: i64) {
        let text = membership.to_string();
        let there = self.znodes.get(CONFIG).and_then(|znode| znode.data.as_bytes());
        if there == Some(text.as_bytes()) {
            return;
        }
        self.change(CONFIG, |znode| {
            znode.data = text.as_str().into();
            znode.version = -1;
            znode.mzxid = membership.version;
            znode.mtime = time_ms;
        });
    }

    /// Nobody is told of a new list.
    fn set_acls(&mut self, text: &str, acls: &[Acl], version: i32) -> Applied {
        let found = self.change(text, |znode| {
            znode.acls = acls.to_vec().into();
            znode.aversion = version;
        });
        match self.znodes.get(text).filter(|_| found) {
            Some(znode) => Applied::Set(znode.stat()),
            None => refused(ErrorCode::NoNode),
        }
    }

    fn acls_of(&self, path: &str) -> Acls {
        self.znodes.get(path).map_or(Acls::OPEN, |znode| znode.acls.clone())
    }

    /// False when there is no such parent.
    fn touch_parent(&mut self, parent: &str, touch: Touch, rules: &Rules) -> bool {
        self.change(parent, |znode| {
            let before = Parent { cversion: znode.cversion, pzxid: znode.pzxid };
            let after = (rules.parent_after)(before, touch);
            (znode.cversion, znode.pzxid) = (after.cversion, after.pzxid);
        })
    }

    /// Changes a znode's own fields and keeps the digest true. False when there is no such znode.
    fn change(&mut self, path: &str, with: impl FnOnce(&mut Znode)) -> bool {
        let Some(znode) = self.znodes.get_mut(path) else { return false };
        with(znode);
        let digest = digest::of_znode(path, znode);
        self.digest = self.digest.wrapping_sub(znode.digest).wrapping_add(digest);
        znode.digest = digest;
        true
    }

    /// Puts a znode in its place, and its name among its parent's children.
    pub(super) fn insert(&mut self, path: ZPath, mut znode: Znode) {
        znode.digest = digest::of_znode(path.as_str(), &znode);
        self.digest = self.digest.wrapping_add(znode.digest);
        match znode.lifetime() {
            Lifetime::Persistent => {}
            Lifetime::Ephemeral => {
                self.ephemerals.entry(znode.owner).or_default().insert(path.clone());
            }
            Lifetime::Container | Lifetime::Ttl { .. } => {
                self.passing.insert(path.clone());
            }
        }
        if let Some(parent) = parent_of(path.as_str()).and_then(|it| self.znodes.get_mut(it)) {
            parent.children.insert(path.name().into());
        }
        let bytes = znode.data.len();
        self.znodes.insert(path.clone(), znode);
        self.count_insert(path.as_str(), bytes);
    }

    /// Takes a znode out, with everything below it. There is something below it only when a delete
    /// is replayed over a snapshot that holds the children of its next life.
    fn remove(&mut self, text: &str) -> ZPath {
        let (path, znode) = self.znodes.remove_entry(text).expect("the caller has looked");
        for name in &znode.children {
            let child = path.child(name).expect("a child's path was valid when it was created");
            if self.znodes.contains_key(&child) {
                self.remove(child.as_str());
            }
        }
        self.digest = self.digest.wrapping_sub(znode.digest);
        match znode.lifetime() {
            Lifetime::Persistent => {}
            Lifetime::Ephemeral => self.forget_ephemeral(znode.owner, &path),
            Lifetime::Container | Lifetime::Ttl { .. } => {
                self.passing.remove(&path);
            }
        }
        if let Some(parent) = parent_of(text).and_then(|it| self.znodes.get_mut(it)) {
            parent.children.remove(path.name());
        }
        self.count_remove(text, znode.data.len());
        path
    }

    fn forget_ephemeral(&mut self, owner: SessionId, path: &ZPath) {
        let Some(paths) = self.ephemerals.get_mut(&owner) else { return };
        paths.remove(path);
        if paths.is_empty() {
            self.ephemerals.remove(&owner);
        }
    }

    /// What holds after every transaction: the index of ephemerals is what the znodes say, every
    /// child has its parent, the digest is the sum. Costs a walk over the tree.
    pub fn assert_invariants(&self) {
        let mut sum = 0u64;
        let mut ephemerals: BTreeMap<SessionId, BTreeSet<ZPath>> = BTreeMap::new();
        let mut passing = BTreeSet::new();
        for (path, znode) in &self.znodes {
            sum = sum.wrapping_add(digest::of_znode(path.as_str(), znode));
            match znode.lifetime() {
                Lifetime::Persistent => {}
                Lifetime::Ephemeral => {
                    ephemerals.entry(znode.owner).or_default().insert(path.clone());
                }
                Lifetime::Container | Lifetime::Ttl { .. } => {
                    passing.insert(path.clone());
                }
            }
            if let Some(parent) = parent_of(path.as_str()) {
                let parent = self.znodes.get(parent);
                let listed = parent.is_some_and(|it| it.children.contains(path.name()));
                assert!(listed, "{path} is among its parent's children");
            }
        }
        assert_eq!(sum, self.digest, "the digest is the sum over all znodes");
        assert_eq!(ephemerals, self.ephemerals, "the index of ephemerals is what the znodes say");
        assert_eq!(passing, self.passing, "and so is that of containers and of times to live");
    }
}

fn refused(code: ErrorCode) -> Applied {
    Applied::Error(code.to_wire())
}
