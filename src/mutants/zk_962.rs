//! ZOOKEEPER-962: leader and follower disagree after a DIFF.
//!
//! Fixed in 3.3.3 and 3.4.0. A leader looked up what a follower lacked, and let go of the lock
//! before it put the follower among those that get everything. What was committed in between it
//! never got, and followers did not look for gaps. Wrong here: a learner gets what is new only once
//! it has acknowledged NEWLEADER, and takes whatever comes next.

use super::Mutant;

/// The entry for the table.
pub const MUTANT: Mutant = Mutant {
    name: "zk_962",
    story: "what is committed while a learner is brought up to date passes it by",
    caught_by: &["replica_agreement", "recovery"],
    apply: |rules| {
        rules.server.zab.forwards_early = || false;
        rules.server.zab.follows = |last, next| next > last;
    },
};
