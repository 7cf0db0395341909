//! ZOOKEEPER-4508: a client runs into endless loss of connection, and is never told that its
//! session has expired.
//!
//! Fixed in 3.9.3. A client that reached no server went on trying, although the service must have
//! given its session up long ago. An application that waited for that word went on holding what it
//! no longer had. Wrong here: the client never gives its session up by itself.

use super::Mutant;

/// The entry for the table.
pub const MUTANT: Mutant = Mutant {
    name: "zk_4508",
    story: "a client that reaches nobody goes on believing in its session",
    caught_by: &["ephemeral_cleanup"],
    apply: |rules| rules.client.patience = |_| None,
};
