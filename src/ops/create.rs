//! `create`, `create2`, `createContainer` and `createTTL`: a new znode. All but the first form also
//! answer with its Stat.

use super::{Preparation, Reply, Settings};
use crate::base::{Data, ErrorCode, ZPath, sequence_suffix};
use crate::tree::{Body, Lifetime, Record, TTL_MS_MAX, perm};
use crate::wire::{Acl, Malformed, Reader, Writer, opcode, read_acls, read_stat, write_acls};

/// The flags of a container.
pub(super) const CONTAINER: i32 = 4;

/// Creates a znode (`CreateRequest`).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Create {
    /// Where; without the number of a sequential znode.
    pub path: String,
    /// With what data.
    pub data: Data,
    /// Who may do what with it.
    pub acls: Vec<Acl>,
    /// 0 persistent, 1 ephemeral, 2 persistent sequential, 3 ephemeral sequential, 4 container, 5 with
    /// a time to live, 6 the same and sequential (`CreateMode.java`).
    pub flags: i32,
}

impl Create {
    /// Puts it into bytes.
    pub fn encode(&self, to: &mut Writer) {
        to.string(&self.path).buffer(self.data.as_bytes());
        write_acls(&self.acls, to);
        to.int(self.flags);
    }

    /// Reads it.
    pub fn decode(from: &mut Reader) -> Result<Create, Malformed> {
        Ok(Create {
            path: from.string()?,
            data: from.data()?,
            acls: read_acls(from)?,
            flags: from.int()?,
        })
    }
}

/// Creates a znode that goes by itself (`CreateTTLRequest`).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CreateTtl {
    /// What is created; its flags are 5, or 6 for a sequential one.
    pub create: Create,
    /// After how many milliseconds without being set and without children.
    pub ttl_ms: i64,
}

impl CreateTtl {
    /// Puts it into bytes.
    pub fn encode(&self, to: &mut Writer) {
        self.create.encode(to);
        to.long(self.ttl_ms);
    }

    /// Reads it.
    pub fn decode(from: &mut Reader) -> Result<CreateTtl, Malformed> {
        Ok(CreateTtl { create: Create::decode(from)?, ttl_ms: from.long()? })
    }

    /// Turns it into a transaction. Refusals in the order of `zookeeper.md`, A.3.
    pub(super) fn prepare(&self, leader: &mut Preparation) -> Result<Body, ErrorCode> {
        self.create.prepare_as(opcode::CREATE_TTL, Some(self.ttl_ms), leader)
    }
}

impl Create {
    /// Whether the znode will live with its session.
    pub fn is_ephemeral(&self) -> bool {
        matches!(self.flags, 1 | 3)
    }

    /// Whether the znode will have a time to live.
    pub(super) fn has_ttl(&self) -> bool {
        matches!(self.flags, 5 | 6)
    }

    fn is_sequential(&self) -> bool {
        matches!(self.flags, 2 | 3 | 6)
    }

    /// How long the znode will stay. Flags and time to live have to fit each other
    /// (`EphemeralType.validateTTL`).
    ///
    /// The operation decides what is a container: a plain create with the flag of one makes a
    /// persistent znode, as it does in ZooKeeper.
    fn lifetime(
        &self,
        opcode: i32,
        ttl_ms: Option<i64>,
        settings: &Settings,
    ) -> Result<Lifetime, ErrorCode> {
        let has_ttl = self.has_ttl();
        if !(0..=6).contains(&self.flags) {
            return Err(ErrorCode::BadArguments);
        }
        if has_ttl && !settings.extended_types {
            return Err(ErrorCode::Unimplemented);
        }
        match ttl_ms {
            Some(ms) if has_ttl && (1..=TTL_MS_MAX).contains(&ms) => Ok(Lifetime::Ttl { ms }),
            Some(_) => Err(ErrorCode::BadArguments),
            None if has_ttl => Err(ErrorCode::BadArguments),
            None if opcode == opcode::CREATE_CONTAINER => Ok(Lifetime::Container),
            None if self.is_ephemeral() => Ok(Lifetime::Ephemeral),
            None => Ok(Lifetime::Persistent),
        }
    }

    /// Turns it into a transaction, as `opcode`. Refusals in the order of `zookeeper.md`, A.3.
    pub(super) fn prepare(&self, opcode: i32, leader: &mut Preparation) -> Result<Body, ErrorCode> {
        self.prepare_as(opcode, None, leader)
    }

    fn prepare_as(
        &self,
        opcode: i32,
        ttl_ms: Option<i64>,
        leader: &mut Preparation,
    ) -> Result<Body, ErrorCode> {
        let lifetime = self.lifetime(opcode, ttl_ms, leader.settings)?;
        let slash = self.path.rfind('/').filter(|_| !self.path.contains('\0'));
        let slash = slash.ok_or(ErrorCode::BadArguments)?;
        let acls = leader.settle(&self.acls)?;
        let parent_path = if slash == 0 { "/" } else { &self.path[..slash] };
        let parent = leader.get(parent_path).ok_or(ErrorCode::NoNode)?;
        leader.check_access(&parent, perm::CREATE)?;
        let mut path = self.path.clone();
        if self.is_sequential() {
            path.push_str(&sequence_suffix((leader.rules.number)(&parent)));
        }
        let valid = ZPath::parse(&path).map_err(|_| ErrorCode::BadArguments)?;
        if leader.get(&path).is_some() {
            return Err(ErrorCode::NodeExists);
        }
        if parent.lifetime() == Lifetime::Ephemeral {
            return Err(ErrorCode::NoChildrenForEphemerals);
        }
        leader.check_quota(&path, self.data.len() as i64, 1)?;
        let parent_cversion = parent.cversion.wrapping_add(1);
        let own = Record {
            zxid: leader.zxid,
            exists: true,
            version: 0,
            cversion: 0,
            aversion: 0,
            owner: lifetime.owner(leader.session),
            children: 0,
            acls: acls.clone().into(),
        };
        let children = parent.children + 1;
        leader.put_parent(Record { cversion: parent_cversion, children, ..parent }, parent_path);
        leader.put(valid, own);
        Ok(Body::Create { opcode, path, data: self.data.clone(), acls, lifetime, parent_cversion })
    }
}

/// Reads `CreateResponse`.
pub(super) fn reply(from: &mut Reader) -> Result<Reply, Malformed> {
    Ok(Reply::Created { path: from.string()?, stat: None })
}

/// Reads `Create2Response`.
pub(super) fn reply2(from: &mut Reader) -> Result<Reply, Malformed> {
    Ok(Reply::Created { path: from.string()?, stat: Some(read_stat(from)?) })
}
