//! `exists`: a znode's Stat.

use super::serve::Reading;
use super::{Likeness, Reply};
use crate::base::ErrorCode;
use crate::tree::perm;
use crate::wire::{Malformed, Reader, Writer, read_stat};

/// Asks for the Stat (`ExistsRequest`).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Exists {
    /// Of which znode.
    pub path: String,
    /// Leaves a watch on its data, also when the znode does not exist.
    pub watch: bool,
}

impl Exists {
    /// Puts it into bytes.
    pub fn encode(&self, to: &mut Writer) {
        to.string(&self.path).boolean(self.watch);
    }

    /// Reads it.
    pub fn decode(from: &mut Reader) -> Result<Exists, Malformed> {
        Ok(Exists { path: from.string()?, watch: from.boolean()? })
    }
}

impl Exists {
    /// Answers from a server's tree.
    pub(super) fn read(&self, from: &Reading) -> Result<Reply, ErrorCode> {
        if self.path.contains('\0') {
            return Err(ErrorCode::BadArguments);
        }
        let znode = from.find(&self.path)?;
        if from.settings.likeness >= Likeness::V3_9 {
            from.check_access(znode, perm::READ)?;
        }
        Ok(Reply::Stat(znode.stat()))
    }
}

/// Reads `ExistsResponse`.
pub(super) fn reply(from: &mut Reader) -> Result<Reply, Malformed> {
    read_stat(from).map(Reply::Stat)
}
