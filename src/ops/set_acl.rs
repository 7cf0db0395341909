//! `setACL`: a znode gets another access control list.

use super::{Preparation, Reply};
use crate::base::{ErrorCode, ZPath};
use crate::tree::{Body, Record, perm};
use crate::wire::{Acl, Malformed, Reader, Writer, read_acls, read_stat, write_acls};

/// Replaces the ACL of a znode (`SetACLRequest`).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SetAcl {
    /// Of which znode.
    pub path: String,
    /// The new one.
    pub acls: Vec<Acl>,
    /// Only at this version of the ACL; −1 for any.
    pub version: i32,
}

impl SetAcl {
    /// Puts it into bytes.
    pub fn encode(&self, to: &mut Writer) {
        to.string(&self.path);
        write_acls(&self.acls, to);
        to.int(self.version);
    }

    /// Reads it.
    pub fn decode(from: &mut Reader) -> Result<SetAcl, Malformed> {
        Ok(SetAcl { path: from.string()?, acls: read_acls(from)?, version: from.int()? })
    }
}

impl SetAcl {
    /// Turns it into a transaction. Refusals in the order of `zookeeper.md`, A.3.
    pub(super) fn prepare(&self, leader: &mut Preparation) -> Result<Body, ErrorCode> {
        let path = ZPath::parse(&self.path).map_err(|_| ErrorCode::BadArguments)?;
        let acls = leader.settle(&self.acls)?;
        let own = leader.get(&self.path).ok_or(ErrorCode::NoNode)?;
        leader.check_access(&own, perm::ADMIN)?;
        leader.check_version(self.version, own.aversion)?;
        let version = own.aversion.wrapping_add(1);
        leader.put(path, Record { aversion: version, acls: acls.clone().into(), ..own });
        Ok(Body::SetAcl { path: self.path.clone(), acls, version })
    }
}

/// Reads `SetACLResponse`.
pub(super) fn reply(from: &mut Reader) -> Result<Reply, Malformed> {
    read_stat(from).map(Reply::Stat)
}
