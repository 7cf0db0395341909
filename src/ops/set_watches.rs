//! `setWatches`: after a reconnection, the watches that a client still waits for. The record is
//! `wire::SetWatches`, sent with the xid `wire::SET_WATCHES`.

use super::Reply;
use crate::wire::{Malformed, Reader};

/// The reply has no body.
pub(super) fn reply(_: &mut Reader) -> Result<Reply, Malformed> {
    Ok(Reply::Empty)
}
