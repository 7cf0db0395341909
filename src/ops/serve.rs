//! What a server does with a request: a leader prepares writes, every server answers reads.

use super::{Likeness, Reply, Request, Settings, auth};
use crate::base::{ErrorCode, SessionId, ZPath, Zxid};
use crate::tree::{Access, Body, Overlay, Part, Record, Rules, Tree, WatchKind, Znode, may};
use crate::wire::{Acl, Identity};

/// What a leader prepares a transaction with: the tree, and what is outstanding on top of it.
#[derive(Debug)]
pub struct Preparation<'a> {
    /// What was applied.
    pub tree: &'a Tree,
    /// What is promised on top.
    pub overlay: &'a mut Overlay,
    /// Whose request it is.
    pub session: SessionId,
    /// Who that session's connection has shown itself to be.
    pub ids: &'a [Identity],
    /// The place that the transaction will have.
    pub zxid: Zxid,
    /// The tree's decisions.
    pub rules: &'a Rules,
    /// The administrator's.
    pub settings: &'a Settings,
    /// So many bytes may still be longer in the transaction than in the request: its lists say
    /// `auth`, and whoever asks may have shown to be many, with long names.
    pub room_bytes: usize,
}

impl Preparation<'_> {
    pub(super) fn get(&self, path: &str) -> Option<Record> {
        self.overlay.get(self.tree, path)
    }

    pub(super) fn put(&mut self, path: ZPath, record: Record) {
        self.overlay.put(path, Part::Own, Record { zxid: self.zxid, ..record });
    }

    pub(super) fn put_parent(&mut self, record: Record, path: &str) {
        let path = ZPath::parse(path).expect("a parent that exists has a valid path");
        self.overlay.put(path, Part::Parent, Record { zxid: self.zxid, ..record });
    }

    /// The list that a request's list stands for.
    pub(super) fn settle(&mut self, asked: &[Acl]) -> Result<Vec<Acl>, ErrorCode> {
        auth::settle(asked, self.ids, &mut self.room_bytes)
    }

    pub(super) fn check_version(&self, asked: i32, found: i32) -> Result<(), ErrorCode> {
        if asked == -1 || asked == found { Ok(()) } else { Err(ErrorCode::BadVersion) }
    }

    pub(super) fn check_access(&self, znode: &Record, perms: i32) -> Result<(), ErrorCode> {
        let access = Access { ids: self.ids, skips: self.settings.skips_acl };
        if may(&znode.acls, perms, access) { Ok(()) } else { Err(ErrorCode::NoAuth) }
    }
}

/// What a server answers a read with.
#[derive(Clone, Copy, Debug)]
pub struct Reading<'a> {
    /// What was applied.
    pub tree: &'a Tree,
    /// Who asks.
    pub session: SessionId,
    /// Who that session's connection has shown itself to be.
    pub ids: &'a [Identity],
    /// The administrator's decisions.
    pub settings: &'a Settings,
}

impl Reading<'_> {
    /// The znode that a read asks for. The empty path names the root, too (`DataTree` keeps it under
    /// both names); no write takes it.
    pub(super) fn find(&self, path: &str) -> Result<&Znode, ErrorCode> {
        self.tree.get(if path.is_empty() { "/" } else { path }).ok_or(ErrorCode::NoNode)
    }

    pub(super) fn check_access(&self, znode: &Znode, perms: i32) -> Result<(), ErrorCode> {
        let access = Access { ids: self.ids, skips: self.settings.skips_acl };
        if may(&znode.acls, perms, access) { Ok(()) } else { Err(ErrorCode::NoAuth) }
    }
}

impl Request {
    /// Turns a write into a transaction; a refused one becomes a transaction, too, that does
    /// nothing.
    pub fn prepare(&self, leader: &mut Preparation) -> Body {
        let body = match self {
            Request::Create(it) | Request::Create2(it) | Request::CreateContainer(it) => {
                it.prepare(self.opcode(), leader)
            }
            Request::CreateTtl(it) => it.prepare(leader),
            Request::Delete(it) => it.prepare(leader),
            Request::SetData(it) => it.prepare(leader),
            Request::SetAcl(it) => it.prepare(leader),
            // ZooKeeper 3.8 logs what it cannot read again.
            Request::Check(it) => it.prepare(leader).map(|_| Body::Error(0)),
            Request::Multi(it) => Ok(it.prepare(leader)),
            Request::CloseSession(_) => Ok(close_session(leader)),
            _ => Err(ErrorCode::Unimplemented),
        };
        body.unwrap_or_else(Body::refused)
    }

    /// Answers a read from a server's tree; `None` for what is no read.
    pub fn read(&self, from: &Reading) -> Option<Result<Reply, ErrorCode>> {
        Some(match self {
            Request::Exists(it) => it.read(from),
            Request::GetData(it) => it.read(from),
            Request::GetAcl(it) => it.read(from),
            Request::GetChildren(it) => it.read(from, false),
            Request::GetChildren2(it) => it.read(from, true),
            Request::GetEphemerals(it) => Ok(it.read(from)),
            Request::GetAllChildrenNumber(it) => it.read(from),
            Request::MultiRead(it) => Ok(it.read(from)),
            Request::WhoAmI(it) => Ok(it.read(from)),
            Request::Sync(it) => Ok(Reply::Synced { path: it.path.clone() }),
            Request::Ping(_) => Ok(Reply::Empty),
            _ => return None,
        })
    }

    /// Whether a server answers it at all. One like 3.8 leaves a check that holds without an answer.
    pub fn is_answered(&self, settings: &Settings) -> bool {
        !matches!(self, Request::Check(_)) || settings.likeness >= Likeness::V3_9
    }

    /// The watch that a read leaves, given whether it was refused. Only `exists` leaves one on a
    /// znode that does not exist.
    pub fn watch(&self, refused: Option<ErrorCode>) -> Option<(WatchKind, &str)> {
        match (self, refused) {
            (Request::Exists(it), None | Some(ErrorCode::NoNode)) if it.watch => {
                Some((WatchKind::Data, &it.path))
            }
            (Request::GetData(it), None) if it.watch => Some((WatchKind::Data, &it.path)),
            (Request::GetChildren(it) | Request::GetChildren2(it), None) if it.watch => {
                Some((WatchKind::Child, &it.path))
            }
            _ => None,
        }
    }
}

/// The znodes that go with a session: those it has, and those it will have.
fn close_session(leader: &mut Preparation) -> Body {
    let paths = leader.overlay.ephemerals_of(leader.tree, leader.session);
    for text in &paths {
        let own = leader.get(text).expect("it was listed");
        if let Some(parent) = crate::base::parent_of(text).map(str::to_owned)
            && let Some(record) = leader.get(&parent)
        {
            leader.put_parent(Record { children: record.children - 1, ..record }, &parent);
        }
        let path = ZPath::parse(text).expect("a znode that exists has a valid path");
        leader.put(path, Record { exists: false, ..own });
    }
    Body::CloseSession { paths }
}
