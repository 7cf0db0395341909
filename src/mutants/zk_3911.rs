//! ZOOKEEPER-3911: data inconsistency, because what came before NEWLEADER is acknowledged before it
//! is logged.
//!
//! Fixed in 3.5.9, 3.6.3 and 3.7.0. A follower that is brought up to date acknowledges NEWLEADER,
//! and the leader counts that as "has all of it". The follower had it in memory only and logged it
//! at UPTODATE. When a quorum crashed in between, transactions that clients had seen were gone.
//! Wrong here: acknowledged first, logged later.

use super::Mutant;
use crate::zab::AckOrder;

/// The entry for the table.
pub const MUTANT: Mutant = Mutant {
    name: "zk_3911",
    story: "a follower acknowledges the leader's history before it is on disk",
    caught_by: &["durability"],
    apply: |rules| rules.server.zab.ack_order = || AckOrder::AckFirst,
};
