//! `delete`: a znode without children goes.

use super::Reply;
use crate::wire::{Malformed, Reader, Writer};

/// Deletes a znode (`DeleteRequest`).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Delete {
    /// Which.
    pub path: String,
    /// Only at this version; −1 for any.
    pub version: i32,
}

impl Delete {
    /// Puts it into bytes.
    pub fn encode(&self, to: &mut Writer) {
        to.string(&self.path).int(self.version);
    }

    /// Reads it.
    pub fn decode(from: &mut Reader) -> Result<Delete, Malformed> {
        Ok(Delete { path: from.string()?, version: from.int()? })
    }
}

/// The reply has no body.
pub(super) fn reply(_: &mut Reader) -> Result<Reply, Malformed> {
    Ok(Reply::Deleted)
}
