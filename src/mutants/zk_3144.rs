//! ZOOKEEPER-3144: a session is missing from a fuzzy snapshot.
//!
//! Fixed in 3.6.0. The number of the last transaction was set before the table of sessions was
//! changed. A snapshot that began in between was named after the transaction that begins a session
//! and did not have the session, and what lived with it was never removed. Wrong here: a snapshot
//! has the sessions that there were before the transaction that it is named after.

use super::Mutant;

/// The entry for the table.
pub const MUTANT: Mutant = Mutant {
    name: "zk_3144",
    story: "a snapshot has the sessions from before the transaction that it is named after",
    caught_by: &["recovery"],
    apply: |rules| rules.server.snapshot_has_last_session = || false,
};
