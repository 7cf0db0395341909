//! ZOOKEEPER-1489: data loss after the log was truncated.
//!
//! Fixed in 3.3.6 and 3.4.4. A learner was made to cut its log, but the open stream to the file
//! stayed where it was. What it logged next lay behind a hole of zeros, at which the next recovery
//! stopped: acknowledged transactions were gone. Wrong here: the position survives the cut.

use super::Mutant;

/// The entry for the table.
pub const MUTANT: Mutant = Mutant {
    name: "zk_1489",
    story: "a log that was cut is written on behind a hole, and read only up to it",
    caught_by: &["recovery"],
    apply: |rules| rules.server.storage.position_after_truncate = |truncated| truncated.before,
};
