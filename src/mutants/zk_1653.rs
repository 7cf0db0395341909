//! ZOOKEEPER-1653: a server does not start because its epochs are inconsistent.
//!
//! Fixed in 3.4.6. A follower logged what the new leader sent, and wrote `currentEpoch` afterwards.
//! When it crashed in between, its log was of a later epoch than the file said, and it took that
//! for a damaged disk. Wrong here: the file may not be behind the log.

use super::Mutant;
use crate::base::Epoch;

/// The entry for the table.
pub const MUTANT: Mutant = Mutant {
    name: "zk_1653",
    story: "a server that crashed between log and currentEpoch never starts again",
    caught_by: &["recovery"],
    apply: |rules| rules.server.storage.epoch_of = equal_or_later,
};

/// Wrong: an epoch that is behind the log is a contradiction.
fn equal_or_later(current: Epoch, last: Epoch) -> Option<Epoch> {
    (current >= last).then_some(current)
}
