//! ZOOKEEPER-1208: an ephemeral znode is not removed after its session is long gone.
//!
//! Fixed in 3.3.4 and 3.4.0. A create of an ephemeral znode reached the leader after the close of
//! its session had been prepared and before it was applied. The session was still in the table, so
//! the create went through, behind the close that had listed what to delete. Nobody ever deleted
//! the znode. Wrong here: the leader does not look whether a session is closing.

use super::Mutant;
use crate::base::ErrorCode;
use crate::server::{SessionState, admit};

/// The entry for the table.
pub const MUTANT: Mutant = Mutant {
    name: "zk_1208",
    story: "a create behind the close of its session leaves an ephemeral znode for ever",
    caught_by: &["ephemeral_cleanup"],
    apply: |rules| rules.server.admit = admit_while_closing,
};

/// Wrong: a session that is about to be closed is as good as any.
fn admit_while_closing(session: SessionState) -> Result<(), ErrorCode> {
    admit(SessionState { closing: false, ..session })
}
