//! `getAllChildrenNumber`: how many znodes are below one, at any depth.

use super::Reply;
use super::serve::Reading;
use crate::base::ErrorCode;
use crate::tree::perm;
use crate::wire::{Malformed, Reader, Writer};

/// Asks how many znodes are below (`GetAllChildrenNumberRequest`).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GetAllChildrenNumber {
    /// Which znode.
    pub path: String,
}

impl GetAllChildrenNumber {
    /// Puts it into bytes.
    pub fn encode(&self, to: &mut Writer) {
        to.string(&self.path);
    }

    /// Reads it.
    pub fn decode(from: &mut Reader) -> Result<GetAllChildrenNumber, Malformed> {
        Ok(GetAllChildrenNumber { path: from.string()? })
    }
}

impl GetAllChildrenNumber {
    /// Answers from a server's tree.
    pub(super) fn read(&self, from: &Reading) -> Result<Reply, ErrorCode> {
        let znode = from.find(&self.path)?;
        from.check_access(znode, perm::READ)?;
        let path = if self.path.is_empty() { "/" } else { &self.path };
        Ok(Reply::Number(i32::try_from(from.tree.count_below(path)).unwrap_or(i32::MAX)))
    }
}

/// Reads `GetAllChildrenNumberResponse`.
pub(super) fn reply(from: &mut Reader) -> Result<Reply, Malformed> {
    from.int().map(Reply::Number)
}
