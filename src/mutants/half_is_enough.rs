//! A majority of n / 2: no historical bug, but the one that every book warns of.
//!
//! Two quorums have to have a server in common. With an odd number of servers "half of them,
//! rounded up" will do; with an even one it makes two quorums that do not meet. Wrong here: half is
//! enough.

use super::Mutant;
use crate::zab::Tally;

/// The entry for the table.
pub const MUTANT: Mutant = Mutant {
    name: "half_is_enough",
    story: "of four servers two are taken for a quorum",
    caught_by: &["durability", "voters_decide"],
    apply: |rules| (rules.server.zab.quorum, rules.server.zab.epoch_quorum) = (half, half),
};

/// Wrong: at least half.
fn half(tally: Tally) -> bool {
    tally.agreeing >= tally.voters.div_ceil(2)
}
