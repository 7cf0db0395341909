//! `getEphemerals`: the ephemeral znodes of the session that asks.

use super::Reply;
use super::serve::Reading;
use crate::wire::{Malformed, Reader, Writer};

/// Asks for the session's ephemeral znodes (`GetEphemeralsRequest`).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GetEphemerals {
    /// Those whose path begins so; empty or `/` for all.
    pub prefix: String,
}

impl GetEphemerals {
    /// Puts it into bytes.
    pub fn encode(&self, to: &mut Writer) {
        to.string(&self.prefix);
    }

    /// Reads it.
    pub fn decode(from: &mut Reader) -> Result<GetEphemerals, Malformed> {
        Ok(GetEphemerals { prefix: from.string_or_null()? })
    }
}

impl GetEphemerals {
    /// Answers from a server's tree. The prefix is one of letters, not of names.
    pub(super) fn read(&self, from: &Reading) -> Reply {
        let own = from.tree.ephemerals_of(from.session).map(ToString::to_string);
        Reply::Paths(own.filter(|path| path.starts_with(&self.prefix)).collect())
    }
}

/// Reads `GetEphemeralsResponse`.
pub(super) fn reply(from: &mut Reader) -> Result<Reply, Malformed> {
    from.strings().map(Reply::Paths)
}
