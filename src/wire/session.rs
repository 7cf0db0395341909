//! What a client and a server say besides the operations themselves: hello, headers, watcher
//! events, re-arming of watches.

use super::{Malformed, Reader, Writer};
use crate::base::{SessionId, Xid, Zxid};

/// The xid of pings.
pub const PING: Xid = Xid(-2);
/// The xid of `auth`.
pub const AUTH: Xid = Xid(-4);
/// The xid of `setWatches` and `setWatches2`.
pub const SET_WATCHES: Xid = Xid(-8);
/// The xid of watcher events.
const NOTIFICATION: Xid = Xid(-1);

/// Numbers of operations (`ZooDefs.OpCode`). The table in `ops` has the operations themselves.
pub mod opcode {
    /// `create`
    pub const CREATE: i32 = 1;
    /// `delete`
    pub const DELETE: i32 = 2;
    /// `exists`
    pub const EXISTS: i32 = 3;
    /// `getData`
    pub const GET_DATA: i32 = 4;
    /// `setData`
    pub const SET_DATA: i32 = 5;
    /// `getACL`
    pub const GET_ACL: i32 = 6;
    /// `setACL`
    pub const SET_ACL: i32 = 7;
    /// `getChildren`
    pub const GET_CHILDREN: i32 = 8;
    /// `sync`
    pub const SYNC: i32 = 9;
    /// `ping`
    pub const PING: i32 = 11;
    /// `getChildren2`
    pub const GET_CHILDREN2: i32 = 12;
    /// `check`, only inside a multi
    pub const CHECK: i32 = 13;
    /// `multi`
    pub const MULTI: i32 = 14;
    /// `create2`
    pub const CREATE2: i32 = 15;
    /// `reconfig`
    pub const RECONFIG: i32 = 16;
    /// `checkWatches`
    pub const CHECK_WATCHES: i32 = 17;
    /// `removeWatches`
    pub const REMOVE_WATCHES: i32 = 18;
    /// `createContainer`
    pub const CREATE_CONTAINER: i32 = 19;
    /// Internal: an empty container is deleted, or a znode whose time to live is over.
    pub const DELETE_CONTAINER: i32 = 20;
    /// `createTTL`
    pub const CREATE_TTL: i32 = 21;
    /// `multiRead`
    pub const MULTI_READ: i32 = 22;
    /// `auth`
    pub const AUTH: i32 = 100;
    /// `setWatches`
    pub const SET_WATCHES: i32 = 101;
    /// `getEphemerals`
    pub const GET_EPHEMERALS: i32 = 103;
    /// `getAllChildrenNumber`
    pub const GET_ALL_CHILDREN_NUMBER: i32 = 104;
    /// `setWatches2`
    pub const SET_WATCHES2: i32 = 105;
    /// `addWatch`
    pub const ADD_WATCH: i32 = 106;
    /// `whoAmI`
    pub const WHO_AM_I: i32 = 107;
    /// Internal: a session begins.
    pub const CREATE_SESSION: i32 = -10;
    /// `closeSession`
    pub const CLOSE_SESSION: i32 = -11;
    /// Type of the transaction of a refused write.
    pub const ERROR: i32 = -1;
}

/// A client's first packet on a connection.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConnectRequest {
    /// 0.
    pub protocol: i32,
    /// The last zxid that the client has seen; a server that is behind must not serve it.
    pub last_seen: Zxid,
    /// The session timeout that it asks for.
    pub timeout_ms: i32,
    /// 0 for a new session.
    pub session: SessionId,
    /// Of the session; any for a new one.
    pub password: Vec<u8>,
    /// Whether a read-only server will do. `None` from clients before 3.4, which leave it out.
    pub read_only: Option<bool>,
}

impl ConnectRequest {
    /// Puts it into bytes, behind what `to` has.
    pub fn encode(&self, to: &mut Writer) {
        to.int(self.protocol).zxid(self.last_seen).int(self.timeout_ms).long(self.session.0);
        to.buffer(Some(&self.password));
        if let Some(read_only) = self.read_only {
            to.boolean(read_only);
        }
    }

    /// Reads it from a whole frame.
    pub fn decode(bytes: &[u8]) -> Result<ConnectRequest, Malformed> {
        let mut from = Reader::new(bytes);
        Ok(ConnectRequest {
            protocol: from.int()?,
            last_seen: from.zxid()?,
            timeout_ms: from.int()?,
            session: from.session()?,
            password: from.buffer()?.unwrap_or_default().to_vec(),
            read_only: if from.is_done() { None } else { Some(from.boolean()?) },
        })
    }
}

/// A server's answer to it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConnectResponse {
    /// The negotiated timeout; 0 when the session has ended.
    pub timeout_ms: i32,
    /// The session; 0 when it has ended.
    pub session: SessionId,
    /// 16 bytes; zeros when the session has ended.
    pub password: Vec<u8>,
    /// Left out when the client left it out.
    pub read_only: Option<bool>,
}

impl ConnectResponse {
    /// The answer that the session has ended.
    pub fn expired(read_only: Option<bool>) -> ConnectResponse {
        ConnectResponse { timeout_ms: 0, session: SessionId(0), password: vec![0; 16], read_only }
    }

    /// Puts it into bytes, behind what `to` has.
    pub fn encode(&self, to: &mut Writer) {
        to.int(0).int(self.timeout_ms).long(self.session.0).buffer(Some(&self.password));
        if let Some(read_only) = self.read_only {
            to.boolean(read_only);
        }
    }

    /// Reads it from a whole frame.
    pub fn decode(bytes: &[u8]) -> Result<ConnectResponse, Malformed> {
        let mut from = Reader::new(bytes);
        from.int()?;
        Ok(ConnectResponse {
            timeout_ms: from.int()?,
            session: from.session()?,
            password: from.buffer()?.unwrap_or_default().to_vec(),
            read_only: if from.is_done() { None } else { Some(from.boolean()?) },
        })
    }
}

/// In front of every request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RequestHeader {
    /// The request's number.
    pub xid: Xid,
    /// Which operation.
    pub opcode: i32,
}

impl RequestHeader {
    /// Puts it into bytes.
    pub fn encode(&self, to: &mut Writer) {
        to.int(self.xid.0).int(self.opcode);
    }

    /// Reads it.
    pub fn decode(from: &mut Reader) -> Result<RequestHeader, Malformed> {
        Ok(RequestHeader { xid: from.xid()?, opcode: from.int()? })
    }
}

/// In front of every reply and of every watcher event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReplyHeader {
    /// Of the request; −1 of a watcher event.
    pub xid: Xid,
    /// The version of the tree that answered (ZOOKEEPER-1412).
    pub zxid: i64,
    /// 0, or an error's number.
    pub error: i32,
}

impl ReplyHeader {
    /// The header of a watcher event that the transaction `zxid` caused; −1 without one
    /// (ZOOKEEPER-4655).
    pub fn of_event(zxid: Option<Zxid>) -> ReplyHeader {
        ReplyHeader { xid: NOTIFICATION, zxid: zxid.map_or(-1, Zxid::to_wire), error: 0 }
    }

    /// Whether a watcher event follows.
    pub fn is_event(&self) -> bool {
        self.xid == NOTIFICATION
    }

    /// Puts it into bytes.
    pub fn encode(&self, to: &mut Writer) {
        to.int(self.xid.0).long(self.zxid).int(self.error);
    }

    /// Reads it.
    pub fn decode(from: &mut Reader) -> Result<ReplyHeader, Malformed> {
        Ok(ReplyHeader { xid: from.xid()?, zxid: from.long()?, error: from.int()? })
    }
}

/// What happened to a watched znode (`Watcher.Event.EventType`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum EventKind {
    /// It was created.
    Created = 1,
    /// It was deleted.
    Deleted = 2,
    /// Its data were set.
    DataChanged = 3,
    /// A child was created or deleted.
    ChildrenChanged = 4,
}

/// What a watch says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WatcherEvent {
    /// 1 created, 2 deleted, 3 data changed, 4 children changed.
    pub kind: i32,
    /// 3: the client is connected.
    pub state: i32,
    /// Of which znode.
    pub path: String,
}

impl WatcherEvent {
    /// Puts it into bytes.
    pub fn encode(&self, to: &mut Writer) {
        to.int(self.kind).int(self.state).string(&self.path);
    }

    /// Reads it.
    pub fn decode(from: &mut Reader) -> Result<WatcherEvent, Malformed> {
        Ok(WatcherEvent { kind: from.int()?, state: from.int()?, path: from.string()? })
    }
}

/// After a reconnection: the watches that a client still waits for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SetWatches {
    /// The last zxid that the client has seen.
    pub since: Zxid,
    /// Watches on the data of znodes that were there.
    pub data: Vec<String>,
    /// Watches on znodes that were not there.
    pub exist: Vec<String>,
    /// Watches on children.
    pub child: Vec<String>,
    /// Persistent watches. Only the second form has them.
    pub persistent: Vec<String>,
    /// Persistent watches on whole subtrees. Only the second form has them.
    pub recursive: Vec<String>,
}

impl SetWatches {
    /// Whether it says something that the first form (`setWatches`) has no place for.
    pub fn needs_second_form(&self) -> bool {
        !self.persistent.is_empty() || !self.recursive.is_empty()
    }

    /// Puts the first form into bytes.
    pub fn encode(&self, to: &mut Writer) {
        to.zxid(self.since).strings(&self.data).strings(&self.exist).strings(&self.child);
    }

    /// Reads the first form.
    pub fn decode(from: &mut Reader) -> Result<SetWatches, Malformed> {
        Ok(SetWatches {
            since: from.zxid()?,
            data: from.strings()?,
            exist: from.strings()?,
            child: from.strings()?,
            ..SetWatches::default()
        })
    }

    /// Puts the second form (`setWatches2`) into bytes.
    pub fn encode2(&self, to: &mut Writer) {
        self.encode(to);
        to.strings(&self.persistent).strings(&self.recursive);
    }

    /// Reads the second form.
    pub fn decode2(from: &mut Reader) -> Result<SetWatches, Malformed> {
        let first = SetWatches::decode(from)?;
        Ok(SetWatches { persistent: from.strings()?, recursive: from.strings()?, ..first })
    }
}
