//! `closeSession`: the client ends its session, and with it its ephemeral znodes.

use super::Reply;
use crate::wire::{Malformed, Reader, Writer};

/// Ends the session.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CloseSession;

impl CloseSession {
    /// Adds nothing: the header says it all.
    pub fn encode(&self, _: &mut Writer) {}

    /// Takes nothing.
    pub fn decode(_: &mut Reader) -> Result<CloseSession, Malformed> {
        Ok(CloseSession)
    }
}

/// The reply has no body.
pub(super) fn reply(_: &mut Reader) -> Result<Reply, Malformed> {
    Ok(Reply::Empty)
}
