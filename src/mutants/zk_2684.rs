//! ZOOKEEPER-2684: a committed request that nobody waits for, with a number that does not fit,
//! upsets the commit processor.
//!
//! Fixed in 3.6.0. A client changed its server with a request on the way. When that was committed,
//! the new server had another request of the same session waiting, and took the two for one. Wrong
//! here: a transaction answers whatever its session waits for.

use super::Mutant;

/// The entry for the table.
pub const MUTANT: Mutant = Mutant {
    name: "zk_2684",
    story: "a request is answered by another transaction of the same session",
    caught_by: &["write_order", "session_order"],
    apply: |rules| rules.server.answers = |_| true,
};
