//! `ping`: the client is still there.

use super::Reply;
use crate::wire::{Malformed, Reader, Writer};

/// A sign of life; sent with the xid `wire::PING`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ping;

impl Ping {
    /// Adds nothing: the header says it all.
    pub fn encode(&self, _: &mut Writer) {}

    /// Takes nothing.
    pub fn decode(_: &mut Reader) -> Result<Ping, Malformed> {
        Ok(Ping)
    }
}

/// The reply has no body.
pub(super) fn reply(_: &mut Reader) -> Result<Reply, Malformed> {
    Ok(Reply::Empty)
}
