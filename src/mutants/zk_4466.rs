//! ZOOKEEPER-4466: watches of different modes on the same path.
//!
//! Fixed in 3.9.0. A server kept one mode for each client and path. A watch that stays took the
//! place of one that speaks once, or the other way round: the client was told of changes once, when
//! it was to be told of all. Wrong here: the last mode replaces the others.

use super::Mutant;

/// The entry for the table.
pub const MUTANT: Mutant = Mutant {
    name: "zk_4466",
    story: "a watch that speaks once takes the place of one that stays",
    caught_by: &["watch_delivery"],
    apply: |rules| rules.server.tree.modes_together = || false,
};
