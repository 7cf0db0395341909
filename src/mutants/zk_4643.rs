//! ZOOKEEPER-4643: committed transactions may be lost, because `currentEpoch` is written before the
//! history that it stands for.
//!
//! Fixed in 3.9.3. A follower that crashed in between came back with the new epoch and its old
//! history. In the next election the later epoch won against longer histories, and those who had
//! them were made to forget. Wrong here: the epochs are written first, the log behind them.

use super::Mutant;

/// The entry for the table.
pub const MUTANT: Mutant = Mutant {
    name: "zk_4643",
    story: "a follower has the new epoch on disk before it has its history",
    caught_by: &["durability", "replica_agreement", "recovery"],
    apply: |rules| rules.server.storage.history_first = || false,
};
