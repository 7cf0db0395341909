//! ZOOKEEPER-1090: a race while taking a snapshot leaves an inconsistent tree.
//!
//! Fixed in 3.4.0. The number of the last transaction was set before the transaction was in the
//! tree. A snapshot that began in between said to hold what it did not, and a server that started
//! from it never replayed it. Wrong here: a snapshot is named after the last transaction that is
//! known, applied or not.

use super::Mutant;

/// The entry for the table.
pub const MUTANT: Mutant = Mutant {
    name: "zk_1090",
    story: "a snapshot says to hold transactions that it does not",
    caught_by: &["recovery", "replica_agreement"],
    apply: |rules| rules.server.snapshot_name = |progress| progress.proposed,
};
