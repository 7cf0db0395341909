//! Reads without a leader, from whatever the log holds: no mistake by ZooKeeper's own account, which
//! does so.
//!
//! A server that has no leader cannot tell whether the end of its log is committed. Those that are up
//! to date when they lose their leader know how far it is, and show no more; others show nothing. Wrong
//! here: it shows all that it has, and the next leader may make it forget some.

use super::Mutant;

/// The entry for the table.
pub const MUTANT: Mutant = Mutant {
    name: "uncommitted_reads",
    story: "a server without a leader shows what may never be committed",
    caught_by: &["read_only_mode", "session_order"],
    apply: |rules| rules.server.reads_alone = |_| true,
};
