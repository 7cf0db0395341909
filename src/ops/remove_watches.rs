//! `removeWatches` and `checkWatches`: a client no longer waits, or asks whether it does.

use super::Reply;
use crate::base::ErrorCode;
use crate::tree::Removal;
use crate::wire::{Malformed, Reader, Writer};

/// Names watches of the connection (`RemoveWatchesRequest`, `CheckWatchesRequest`).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RemoveWatches {
    /// On which znode.
    pub path: String,
    /// 1 on children, 2 on data, 3 any, 4 persistent, 5 persistent and recursive.
    pub kind: i32,
}

impl RemoveWatches {
    /// Puts it into bytes.
    pub fn encode(&self, to: &mut Writer) {
        to.string(&self.path).int(self.kind);
    }

    /// Reads it.
    pub fn decode(from: &mut Reader) -> Result<RemoveWatches, Malformed> {
        Ok(RemoveWatches { path: from.string()?, kind: from.int()? })
    }

    /// Which watches. A number that says nothing is an error (`WatcherType.fromInt`).
    pub fn which(&self) -> Result<Removal, ErrorCode> {
        Removal::from_wire(self.kind).ok_or(ErrorCode::MarshallingError)
    }
}

/// The reply has no body.
pub(super) fn reply(_: &mut Reader) -> Result<Reply, Malformed> {
    Ok(Reply::Empty)
}
