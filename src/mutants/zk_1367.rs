//! ZOOKEEPER-1367: data inconsistencies and unexpired ephemeral znodes after a restart.
//!
//! Fixed in 3.3.5 and 3.4.3. A learner that is brought up to date also gets transactions that begin
//! and end sessions. They changed its tree and not its table of sessions. Once it led, it knew
//! nothing of sessions that were alive and went on with sessions that had ended: their ephemeral
//! znodes stayed, or went too early. Wrong here: what comes during synchronisation leaves the table
//! of sessions as it is.

use super::Mutant;
use crate::zab::Delivery;

/// The entry for the table.
pub const MUTANT: Mutant = Mutant {
    name: "zk_1367",
    story: "a server that catches up does not learn which sessions began and ended",
    caught_by: &["ephemeral_cleanup"],
    apply: |rules| rules.server.changes_sessions = |why| why != Delivery::Synchronized,
};
