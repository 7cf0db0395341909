//! The fence of moved sessions, removed: no historical bug, but what the owner check is there for.
//!
//! A session belongs to the connection that last resumed it; requests that come through an older
//! one are refused with SESSIONMOVED. Without that, a request that was slow on its way through the
//! old server takes effect behind requests of the same session that were sent after it. Wrong here:
//! the leader does not look through whom a request comes.

use super::Mutant;
use crate::base::ErrorCode;
use crate::server::{SessionState, admit};

/// The entry for the table.
pub const MUTANT: Mutant = Mutant {
    name: "no_owner_check",
    story: "a slow request of a connection that its client has left takes effect late",
    caught_by: &["session_order"],
    apply: |rules| rules.server.admit = admit_whoever_asks,
};

/// Wrong: it does not matter where the request comes from.
fn admit_whoever_asks(session: SessionState) -> Result<(), ErrorCode> {
    admit(SessionState { moved: false, ..session })
}
