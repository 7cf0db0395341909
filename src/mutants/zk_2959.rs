//! ZOOKEEPER-2959: observers are counted when a new leader computes the epoch.
//!
//! Fixed in 3.4.13 and 3.5.4. A leader waited until a quorum had told it their epochs and promised
//! its own. Observers told and promised, too, and were counted. The epoch then rested on fewer
//! voters than two quorums have in common. Wrong here: the leader counts everybody who has come and
//! promised.

use super::Mutant;
use crate::zab::{Tally, is_majority};

/// The entry for the table.
pub const MUTANT: Mutant = Mutant {
    name: "zk_2959",
    story: "a leader opens its epoch with the promises of observers",
    caught_by: &["voters_decide", "one_leader_per_epoch"],
    apply: |rules| rules.server.zab.epoch_quorum = everybody_counts,
};

/// Wrong: those who observe count like those who vote.
pub(super) fn everybody_counts(tally: Tally) -> bool {
    is_majority(Tally { agreeing: tally.agreeing + tally.observers_agreeing, ..tally })
}
