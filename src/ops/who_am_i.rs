//! `whoAmI`: who a connection has shown itself to be.

use super::serve::Reading;
use super::{Reply, auth};
use crate::wire::{Identity, Malformed, Reader, Writer};

/// Asks for the connection's identities.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WhoAmI;

impl WhoAmI {
    /// Adds nothing: the header says it all.
    pub fn encode(&self, _: &mut Writer) {}

    /// Takes nothing.
    pub fn decode(_: &mut Reader) -> Result<WhoAmI, Malformed> {
        Ok(WhoAmI)
    }

    /// Names them, without what is secret.
    pub(super) fn read(self, from: &Reading) -> Reply {
        let named = |it: &Identity| {
            let id = auth::user_name(it).to_owned();
            Identity { scheme: it.scheme.clone(), id }
        };
        Reply::Identities(from.ids.iter().map(named).collect())
    }
}

/// Reads `WhoAmIResponse`.
pub(super) fn reply(from: &mut Reader) -> Result<Reply, Malformed> {
    let count = from.count(8)?;
    let all = (0..count).map(|_| Identity::decode(from)).collect::<Result<_, _>>()?;
    Ok(Reply::Identities(all))
}
