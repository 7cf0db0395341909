//! Reads without a leader, from whatever the tree holds: no historical bug, but what ZooKeeper does.
//!
//! A server that has read its log cannot tell whether its end is committed. Those that have had a leader
//! since know how far it is, and show no more; others show nothing. Wrong here: it shows all that it has
//! read, and the next leader may make it forget some.

use super::Mutant;

/// The entry for the table.
pub const MUTANT: Mutant = Mutant {
    name: "uncommitted_reads",
    story: "a server without a leader shows what may never be committed",
    caught_by: &["read_only_mode", "session_order"],
    apply: |rules| rules.server.reads_alone = |_| true,
};
