//! A number that comes twice: no historical bug, but the simplest way to get there.
//!
//! A sequential znode is numbered by how many children its parent ever had. Wrong here: by how many
//! it has, so that numbers of deleted ones come again.

use super::Mutant;

/// The entry for the table.
pub const MUTANT: Mutant = Mutant {
    name: "reused_number",
    story: "a sequential znode gets the number of one that was deleted",
    caught_by: &["sequence_monotonicity", "write_order"],
    apply: |rules| rules.server.tree.number = |parent| parent.children,
};
