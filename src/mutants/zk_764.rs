//! ZOOKEEPER-764: an observer is elected leader.
//!
//! Fixed in 3.3.1 and 3.4.0. An observer that looked for a leader proposed itself, and voters that
//! heard it took the proposal for one like others: with the longest history, or the greatest id, it
//! won. Wrong here: nobody asks whether a server has a vote before counting it or voting for it.

use super::Mutant;

/// The entry for the table.
pub const MUTANT: Mutant = Mutant {
    name: "zk_764",
    story: "an observer proposes itself, is voted for, and leads",
    caught_by: &["voters_decide"],
    apply: |rules| rules.server.zab.may_vote = |_| true,
};
