//! ZOOKEEPER-1551: observers ignore transactions that come after the snapshot and before UPTODATE.
//!
//! Fixed in 3.4.6 and 3.5.0. An observer that was brought up to date threw away what the leader
//! told it of new transactions, until it was told that it was up to date. Its tree then lacked them
//! for good. Wrong here: what an observer is told while its disk is at work is thrown away, and
//! nobody looks for gaps.

use super::Mutant;
use crate::wire::PacketKind;

/// The entry for the table.
pub const MUTANT: Mutant = Mutant {
    name: "zk_1551",
    story: "an observer throws away what it is told while it is brought up to date",
    caught_by: &["replica_agreement"],
    apply: |rules| {
        rules.server.zab.keeps = |kind| kind != PacketKind::Inform;
        rules.server.zab.follows = |last, next| next > last;
    },
};
