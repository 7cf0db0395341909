//! ZOOKEEPER-2332 and ZOOKEEPER-1621: a server does not start because of an empty transaction log
//! file.
//!
//! Fixed in 3.9.3. A crash right behind the creation of a log file leaves it without a header. The
//! next start took that for a damaged log, although nothing had ever been in it. Wrong here: an
//! empty file is an error.

use super::Mutant;

/// The entry for the table.
pub const MUTANT: Mutant = Mutant {
    name: "zk_2332",
    story: "a log file that was created and never written keeps its server from starting",
    caught_by: &["recovery"],
    apply: |rules| rules.server.storage.forgives_empty = || false,
};
