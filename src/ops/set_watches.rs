//! `setWatches` and `setWatches2`: after a reconnection, the watches that a client still waits for.
//! The record is `wire::SetWatches`, sent with the xid `wire::SET_WATCHES`.

use super::Reply;
use crate::wire::{Malformed, Reader, SetWatches, Writer};

/// The second form, which also has persistent watches.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SetWatches2(pub SetWatches);

impl SetWatches2 {
    /// Puts it into bytes.
    pub fn encode(&self, to: &mut Writer) {
        self.0.encode2(to);
    }

    /// Reads it.
    pub fn decode(from: &mut Reader) -> Result<SetWatches2, Malformed> {
        SetWatches::decode2(from).map(SetWatches2)
    }
}

/// The reply has no body.
pub(super) fn reply(_: &mut Reader) -> Result<Reply, Malformed> {
    Ok(Reply::Empty)
}
