//! `sync`: the server catches up with what its leader has committed.

use super::Reply;
use crate::wire::{Malformed, Reader, Writer};

/// Brings the server up to what the leader has committed (`SyncRequest`).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sync {
    /// Ignored, and sent back as it came.
    pub path: String,
}

impl Sync {
    /// Puts it into bytes.
    pub fn encode(&self, to: &mut Writer) {
        to.string(&self.path);
    }

    /// Reads it.
    pub fn decode(from: &mut Reader) -> Result<Sync, Malformed> {
        Ok(Sync { path: from.string()? })
    }
}

/// Reads `SyncResponse`.
pub(super) fn reply(from: &mut Reader) -> Result<Reply, Malformed> {
    Ok(Reply::Synced { path: from.string()? })
}
