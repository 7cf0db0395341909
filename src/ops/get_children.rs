//! `getChildren` and `getChildren2`: the names of the znodes below. The second form adds the Stat.

use super::Reply;
use super::serve::Reading;
use crate::base::ErrorCode;
use crate::tree::perm;
use crate::wire::{Malformed, Reader, Writer, read_stat};

/// Asks for the children (`GetChildrenRequest`, `GetChildren2Request`).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GetChildren {
    /// Of which znode.
    pub path: String,
    /// Leaves a watch on its children.
    pub watch: bool,
}

impl GetChildren {
    /// Puts it into bytes.
    pub fn encode(&self, to: &mut Writer) {
        to.string(&self.path).boolean(self.watch);
    }

    /// Reads it.
    pub fn decode(from: &mut Reader) -> Result<GetChildren, Malformed> {
        Ok(GetChildren { path: from.string()?, watch: from.boolean()? })
    }
}

impl GetChildren {
    /// Answers from a server's tree; the second form with the Stat.
    pub(super) fn read(&self, from: &Reading, with_stat: bool) -> Result<Reply, ErrorCode> {
        let znode = from.find(&self.path)?;
        from.check_access(znode, perm::READ)?;
        let children = znode.children.iter().map(|name| name.to_string()).collect();
        Ok(Reply::Children { children, stat: with_stat.then(|| znode.stat()) })
    }
}

/// Reads `GetChildrenResponse`.
pub(super) fn reply(from: &mut Reader) -> Result<Reply, Malformed> {
    Ok(Reply::Children { children: from.strings()?, stat: None })
}

/// Reads `GetChildren2Response`.
pub(super) fn reply2(from: &mut Reader) -> Result<Reply, Malformed> {
    Ok(Reply::Children { children: from.strings()?, stat: Some(read_stat(from)?) })
}
