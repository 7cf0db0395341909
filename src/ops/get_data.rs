//! `getData`: a znode's data and Stat.

use super::Reply;
use super::serve::Reading;
use crate::base::ErrorCode;
use crate::tree::perm;
use crate::wire::{Malformed, Reader, Writer, read_stat};

/// Asks for data and Stat (`GetDataRequest`).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GetData {
    /// Of which znode.
    pub path: String,
    /// Leaves a watch on its data.
    pub watch: bool,
}

impl GetData {
    /// Puts it into bytes.
    pub fn encode(&self, to: &mut Writer) {
        to.string(&self.path).boolean(self.watch);
    }

    /// Reads it.
    pub fn decode(from: &mut Reader) -> Result<GetData, Malformed> {
        Ok(GetData { path: from.string()?, watch: from.boolean()? })
    }
}

impl GetData {
    /// Answers from a server's tree.
    pub(super) fn read(&self, from: &Reading) -> Result<Reply, ErrorCode> {
        let znode = from.find(&self.path)?;
        from.check_access(znode, perm::READ)?;
        Ok(Reply::Data { data: znode.data.clone(), stat: znode.stat() })
    }
}

/// Reads `GetDataResponse`.
pub(super) fn reply(from: &mut Reader) -> Result<Reply, Malformed> {
    Ok(Reply::Data { data: from.data()?, stat: read_stat(from)? })
}
