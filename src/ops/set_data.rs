//! `setData`: a znode gets new data.

use super::{Preparation, Reply};
use crate::base::{Data, ErrorCode, ZPath};
use crate::tree::{Body, Record, perm};
use crate::wire::{Malformed, Reader, Writer, read_stat};

/// Replaces the data of a znode (`SetDataRequest`).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SetData {
    /// Of which znode.
    pub path: String,
    /// The new data.
    pub data: Data,
    /// Only at this version; −1 for any.
    pub version: i32,
}

impl SetData {
    /// Puts it into bytes.
    pub fn encode(&self, to: &mut Writer) {
        to.string(&self.path).buffer(self.data.as_bytes()).int(self.version);
    }

    /// Reads it.
    pub fn decode(from: &mut Reader) -> Result<SetData, Malformed> {
        Ok(SetData { path: from.string()?, data: from.data()?, version: from.int()? })
    }
}

impl SetData {
    /// Turns it into a transaction. Refusals in the order of `zookeeper.md`, A.3.
    pub(super) fn prepare(&self, leader: &mut Preparation) -> Result<Body, ErrorCode> {
        let path = ZPath::parse(&self.path).map_err(|_| ErrorCode::BadArguments)?;
        let own = leader.get(&self.path).ok_or(ErrorCode::NoNode)?;
        leader.check_access(&own, perm::WRITE)?;
        leader.check_set_quota(&self.path, self.data.len() as i64)?;
        leader.check_version(self.version, own.version)?;
        let version = own.version.wrapping_add(1);
        leader.put(path, Record { version, ..own });
        Ok(Body::SetData { path: self.path.clone(), data: self.data.clone(), version })
    }
}

/// Reads `SetDataResponse`.
pub(super) fn reply(from: &mut Reader) -> Result<Reply, Malformed> {
    read_stat(from).map(Reply::Stat)
}
