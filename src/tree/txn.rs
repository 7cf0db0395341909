//! Transactions, in the form that ZooKeeper logs and proposes (`zookeeper.md`, E.1).

use super::{CONFIG, Lifetime};
use crate::base::{Data, ErrorCode, SessionId, Xid, Zxid};
use crate::wire::{Acl, Malformed, Reader, Writer, opcode, read_acls, write_acls};

/// A change of the tree, with its place in the order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Txn {
    /// Whose request it was.
    pub session: SessionId,
    /// Which request of that session.
    pub xid: Xid,
    /// Its place.
    pub zxid: Zxid,
    /// The leader's wall clock in milliseconds.
    pub time_ms: i64,
    /// What it does.
    pub body: Body,
}

/// What a transaction does. Versions are the ones afterwards.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Body {
    /// Begins the session.
    CreateSession {
        /// The negotiated timeout.
        timeout_ms: i32,
    },
    /// Ends the session.
    CloseSession {
        /// The znodes that go with it.
        paths: Vec<String>,
    },
    /// Creates a znode.
    Create {
        /// `create`, `create2`, `createContainer` or `createTTL`: what the client hears of it.
        opcode: i32,
        /// The whole path.
        path: String,
        /// Its data.
        data: Data,
        /// Who may do what with it.
        acls: Vec<Acl>,
        /// How long it stays.
        lifetime: Lifetime,
        /// The parent's count of created children.
        parent_cversion: i32,
    },
    /// Deletes a znode.
    Delete {
        /// Which.
        path: String,
    },
    /// Sets a znode's data.
    SetData {
        /// Which.
        path: String,
        /// The data.
        data: Data,
        /// The version.
        version: i32,
    },
    /// Deletes a container, or a znode whose time to live is over.
    DeleteContainer {
        /// Which.
        path: String,
    },
    /// Brings a configuration of the ensemble: new data for the znode that holds it.
    Reconfig {
        /// The configuration, as text.
        data: Data,
    },
    /// Sets a znode's ACL.
    SetAcl {
        /// Of which.
        path: String,
        /// The ACL.
        acls: Vec<Acl>,
        /// The version of the ACL.
        version: i32,
    },
    /// A version was right.
    Check {
        /// Of which znode.
        path: String,
        /// The version.
        version: i32,
    },
    /// All of these at once.
    Multi(Vec<Body>),
    /// Nothing; the request was refused. 0 within a failed multi for parts before the failure.
    Error(i32),
}

impl Body {
    /// A refusal.
    pub fn refused(code: ErrorCode) -> Body {
        Body::Error(code.to_wire())
    }

    /// The type in the header.
    pub fn opcode(&self) -> i32 {
        match self {
            Body::CreateSession { .. } => opcode::CREATE_SESSION,
            Body::CloseSession { .. } => opcode::CLOSE_SESSION,
            Body::Create { opcode, .. } => *opcode,
            Body::Delete { .. } => opcode::DELETE,
            Body::DeleteContainer { .. } => opcode::DELETE_CONTAINER,
            Body::Reconfig { .. } => opcode::RECONFIG,
            Body::SetAcl { .. } => opcode::SET_ACL,
            Body::SetData { .. } => opcode::SET_DATA,
            Body::Check { .. } => opcode::CHECK,
            Body::Multi(_) => opcode::MULTI,
            Body::Error(_) => opcode::ERROR,
        }
    }

    fn encode(&self, to: &mut Writer) {
        match self {
            Body::CreateSession { timeout_ms } => to.int(*timeout_ms),
            Body::CloseSession { paths } => to.strings(paths),
            Body::Create { opcode, path, data, acls, lifetime, parent_cversion } => {
                to.string(path).buffer(data.as_bytes());
                write_acls(acls, to);
                if matches!(*opcode, opcode::CREATE | opcode::CREATE2) {
                    to.boolean(*lifetime == Lifetime::Ephemeral);
                }
                to.int(*parent_cversion);
                if let Lifetime::Ttl { ms } = lifetime {
                    to.long(*ms);
                }
                to
            }
            Body::Delete { path } | Body::DeleteContainer { path } => to.string(path),
            Body::Reconfig { data } => to.string(CONFIG).buffer(data.as_bytes()).int(-1),
            Body::SetAcl { path, acls, version } => {
                to.string(path);
                write_acls(acls, to);
                to.int(*version)
            }
            Body::SetData { path, data, version } => {
                to.string(path).buffer(data.as_bytes()).int(*version)
            }
            Body::Check { path, version } => to.string(path).int(*version),
            Body::Multi(parts) => {
                to.count(parts.len());
                for part in parts {
                    let mut inner = Writer::new();
                    part.encode(&mut inner);
                    to.int(part.opcode()).buffer(Some(inner.as_bytes()));
                }
                to
            }
            Body::Error(code) => to.int(*code),
        };
    }

    fn decode(kind: i32, from: &mut Reader) -> Result<Body, Malformed> {
        Ok(match kind {
            opcode::CREATE_SESSION => Body::CreateSession { timeout_ms: from.int()? },
            opcode::CLOSE_SESSION if from.is_done() => Body::CloseSession { paths: Vec::new() },
            opcode::CLOSE_SESSION => Body::CloseSession { paths: from.strings()? },
            opcode::CREATE | opcode::CREATE2 | opcode::CREATE_CONTAINER | opcode::CREATE_TTL => {
                Body::decode_create(kind, from)?
            }
            opcode::DELETE => Body::Delete { path: from.string()? },
            opcode::DELETE_CONTAINER => Body::DeleteContainer { path: from.string()? },
            opcode::RECONFIG => Body::decode_reconfig(from)?,
            opcode::SET_ACL => {
                Body::SetAcl { path: from.string()?, acls: read_acls(from)?, version: from.int()? }
            }
            opcode::SET_DATA => {
                Body::SetData { path: from.string()?, data: from.data()?, version: from.int()? }
            }
            opcode::CHECK => Body::Check { path: from.string()?, version: from.int()? },
            opcode::MULTI => Body::Multi(Body::decode_parts(from)?),
            opcode::ERROR => Body::Error(from.int()?),
            _ => return Err(from.bad("an unknown type of transaction")),
        })
    }

    /// The four records differ in how they say how long the znode stays (`CreateTxn`,
    /// `CreateContainerTxn`, `CreateTTLTxn`).
    fn decode_create(opcode: i32, from: &mut Reader) -> Result<Body, Malformed> {
        let (path, data, acls) = (from.string()?, from.data()?, read_acls(from)?);
        let mut lifetime = match opcode {
            opcode::CREATE_CONTAINER => Lifetime::Container,
            opcode::CREATE_TTL => Lifetime::Persistent,
            _ if from.boolean()? => Lifetime::Ephemeral,
            _ => Lifetime::Persistent,
        };
        let parent_cversion = from.int()?;
        if opcode == opcode::CREATE_TTL {
            let ms = from.long()?;
            if !(1..=super::TTL_MS_MAX).contains(&ms) {
                return Err(from.bad("a time to live out of range"));
            }
            lifetime = Lifetime::Ttl { ms };
        }
        Ok(Body::Create { opcode, path, data, acls, lifetime, parent_cversion })
    }

    /// A `SetDataTxn`, always of the same znode and without a version.
    fn decode_reconfig(from: &mut Reader) -> Result<Body, Malformed> {
        if from.string()? != CONFIG {
            return Err(from.bad("a configuration for another znode"));
        }
        let data = from.data()?;
        from.int()?;
        Ok(Body::Reconfig { data })
    }

    fn decode_parts(from: &mut Reader) -> Result<Vec<Body>, Malformed> {
        let count = from.count(8)?;
        let mut parts = Vec::new();
        for _ in 0..count {
            let kind = from.int()?;
            if kind == opcode::MULTI || kind == opcode::RECONFIG {
                return Err(from.bad("a multi or a configuration within a multi"));
            }
            let bytes = from.buffer()?.unwrap_or_default();
            parts.push(Body::decode(kind, &mut Reader::new(bytes))?);
        }
        Ok(parts)
    }
}

impl Txn {
    /// The bytes that are logged and proposed: header, then body.
    pub fn encode(&self) -> Vec<u8> {
        let mut to = Writer::new();
        to.long(self.session.0).int(self.xid.0).zxid(self.zxid).long(self.time_ms);
        to.int(self.body.opcode());
        self.body.encode(&mut to);
        to.into_bytes()
    }

    /// Reads one. What follows the body (a digest, from newer servers) is left alone.
    pub fn decode(bytes: &[u8]) -> Result<Txn, Malformed> {
        let mut from = Reader::new(bytes);
        let (session, xid) = (from.session()?, from.xid()?);
        let (zxid, time_ms) = (from.zxid()?, from.long()?);
        let kind = from.int()?;
        let body = Body::decode(kind, &mut from)?;
        Ok(Txn { session, xid, zxid, time_ms, body })
    }
}
