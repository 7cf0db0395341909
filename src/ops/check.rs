//! `check`: a multi fails unless a znode is at a version. On its own it is of no use, but for being
//! refused.

use super::{Preparation, Reply};
use crate::base::{ErrorCode, ZPath};
use crate::tree::{Body, perm};
use crate::wire::{Malformed, Reader, Writer};

/// Fails unless the znode is at this version (`CheckVersionRequest`).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Check {
    /// Which.
    pub path: String,
    /// The version; −1 for any.
    pub version: i32,
}

impl Check {
    /// Puts it into bytes.
    pub fn encode(&self, to: &mut Writer) {
        to.string(&self.path).int(self.version);
    }

    /// Reads it.
    pub fn decode(from: &mut Reader) -> Result<Check, Malformed> {
        Ok(Check { path: from.string()?, version: from.int()? })
    }
}

impl Check {
    /// Turns it into its part of a transaction. Refusals in the order of `zookeeper.md`, A.3.
    pub(super) fn prepare(&self, leader: &mut Preparation) -> Result<Body, ErrorCode> {
        ZPath::parse(&self.path).map_err(|_| ErrorCode::BadArguments)?;
        let own = leader.get(&self.path).ok_or(ErrorCode::NoNode)?;
        leader.check_access(&own, perm::READ)?;
        leader.check_version(self.version, own.version)?;
        Ok(Body::Check { path: self.path.clone(), version: own.version })
    }
}

/// There is no reply to one that holds (see `Likeness::V3_8`).
pub(super) fn reply(from: &mut Reader) -> Result<Reply, Malformed> {
    Err(from.bad("a reply to a check"))
}
