//! ZOOKEEPER-4475: watches on everything below are told of lists of children.
//!
//! Fixed in 3.9.0. A watch that reaches below a znode speaks of every child that comes or goes, and
//! so never of "the list of children has changed". It was told that, too, when an ordinary watch on
//! children was there. Wrong here: it is always told both.

use super::Mutant;

/// The entry for the table.
pub const MUTANT: Mutant = Mutant {
    name: "zk_4475",
    story: "a watch on everything below is also told that a list of children has changed",
    caught_by: &["watch_delivery"],
    apply: |rules| rules.server.tree.recursive_hears_lists = || true,
};
