//! An epoch that two leaders have: no historical bug, but what ZOOKEEPER-335 and ZOOKEEPER-1343
//! come to when neither is fixed.
//!
//! A new leader takes an epoch above all that its followers have promised, and a promise is given
//! once. Otherwise two leaders give out the same zxids. Wrong here: the highest epoch that was
//! promised is taken as it is, and promised again.

use super::Mutant;
use crate::base::Epoch;

/// The entry for the table.
pub const MUTANT: Mutant = Mutant {
    name: "reused_epoch",
    story: "a new leader goes on in the epoch of the old one",
    caught_by: &["one_leader_per_epoch"],
    apply: |rules| {
        rules.server.zab.epoch_above = |highest| Some(highest.max(Epoch(1)));
        rules.server.zab.promises_again = || true;
    },
};
