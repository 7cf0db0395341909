//! `create` and `create2`: a new znode. The second form also answers with its Stat.

use super::{Preparation, Reply};
use crate::base::{Data, ErrorCode, SessionId, ZPath, sequence_suffix};
use crate::tree::{Body, Record};
use crate::wire::{Acl, Malformed, Reader, Writer, read_acls, read_stat, write_acls};

/// Creates a znode (`CreateRequest`).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Create {
    /// Where; without the number of a sequential znode.
    pub path: String,
    /// With what data.
    pub data: Data,
    /// Who may do what with it.
    pub acls: Vec<Acl>,
    /// 0 persistent, 1 ephemeral, 2 persistent sequential, 3 ephemeral sequential; others name
    /// kinds that not every operation makes (`CreateMode.java`).
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

impl Create {
    /// Whether the znode will live with its session.
    pub fn is_ephemeral(&self) -> bool {
        matches!(self.flags, 1 | 3)
    }

    fn is_sequential(&self) -> bool {
        matches!(self.flags, 2 | 3)
    }

    /// Turns it into a transaction, as `opcode`. Refusals in the order of `zookeeper.md`, A.3.
    pub(super) fn prepare(&self, opcode: i32, leader: &mut Preparation) -> Result<Body, ErrorCode> {
        if !(0..=3).contains(&self.flags) {
            return Err(ErrorCode::BadArguments);
        }
        let slash = self.path.rfind('/').filter(|_| !self.path.contains('\0'));
        let slash = slash.ok_or(ErrorCode::BadArguments)?;
        if !Acl::is_open(&self.acls) {
            return Err(ErrorCode::InvalidAcl);
        }
        let parent_path = if slash == 0 { "/" } else { &self.path[..slash] };
        let parent = leader.get(parent_path).ok_or(ErrorCode::NoNode)?;
        let mut path = self.path.clone();
        if self.is_sequential() {
            path.push_str(&sequence_suffix(parent.cversion));
        }
        let valid = ZPath::parse(&path).map_err(|_| ErrorCode::BadArguments)?;
        if leader.get(&path).is_some() {
            return Err(ErrorCode::NodeExists);
        }
        if parent.owner != SessionId(0) {
            return Err(ErrorCode::NoChildrenForEphemerals);
        }
        let owner = if self.is_ephemeral() { leader.session } else { SessionId(0) };
        let parent_cversion = parent.cversion.wrapping_add(1);
        leader.put_parent(
            Record { cversion: parent_cversion, children: parent.children + 1, ..parent },
            parent_path,
        );
        leader.put(valid, Record { version: 0, cversion: 0, owner, children: 0, ..parent });
        Ok(Body::Create {
            opcode,
            path,
            data: self.data.clone(),
            acls: self.acls.clone(),
            ephemeral: self.is_ephemeral(),
            parent_cversion,
        })
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
