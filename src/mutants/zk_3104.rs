//! ZOOKEEPER-3104: potential data inconsistency because NEWLEADER is sent too early.
//!
//! Fixed in 3.5.5 and 3.6.0. NEWLEADER went straight to the socket, past proposals that were queued
//! for the follower. The follower acknowledged it, and the leader took that for "has all of it",
//! when the proposals were still on their way. Wrong here: NEWLEADER goes before what the learner
//! lacks.

use super::Mutant;
use crate::zab::Announcement;

/// The entry for the table.
pub const MUTANT: Mutant = Mutant {
    name: "zk_3104",
    story: "NEWLEADER overtakes the history that it stands for",
    caught_by: &["durability"],
    apply: |rules| rules.server.zab.announcement = || Announcement::First,
};
