//! ZOOKEEPER-1624: a failed multi corrupts the record of outstanding changes.
//!
//! Fixed in 3.4.6 and 3.5.0. The leader prepares requests on top of changes that are not yet
//! applied. When a multi failed, the changes that it had announced were taken back, and with them
//! what earlier requests had announced of the same parents. The next sequential create looked at
//! the tree instead, and got a number that had been given out before. Wrong here: the records of
//! parents are forgotten instead of restored.

use super::Mutant;
use crate::tree::{Part, Undo};

/// The entry for the table.
pub const MUTANT: Mutant = Mutant {
    name: "zk_1624",
    story: "a failed multi makes the leader forget numbers that it has given out",
    caught_by: &["sequence_monotonicity", "write_order"],
    apply: |rules| rules.server.tree.undo = forget_parents,
};

/// Wrong: nobody has saved the parents' records, so they are gone instead of being as before.
fn forget_parents(part: Part) -> Undo {
    match part {
        Part::Own => Undo::Restore,
        Part::Parent => Undo::Forget,
    }
}
