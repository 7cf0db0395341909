//! ZOOKEEPER-1496: an ephemeral znode is not cleared although its session has expired.
//!
//! Fixed in 3.4.4. A session that was past its time was removed from the leader's table before the
//! transaction that closes it was applied. A client that came back in between found its session
//! valid, revived it, and created znodes behind the close. Wrong here: an expired session is
//! forgotten instead of marked, and a sign of life brings it back.

use super::Mutant;
use crate::server::Standing;

/// The entry for the table.
pub const MUTANT: Mutant = Mutant {
    name: "zk_1496",
    story: "a sign of life revives a session whose close is already on its way",
    caught_by: &["ephemeral_cleanup"],
    apply: |rules| rules.server.expired = || Standing::Forgotten,
};
