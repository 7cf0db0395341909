//! ZOOKEEPER-3306 and ZOOKEEPER-4846: a znode may not be accessible because its access control list
//! is missing from the snapshot.
//!
//! Fixed in 3.6.0, and again in 3.8.5 and 3.9.4. A snapshot begins with the table of all lists. A
//! znode that is created while it is written refers to a list that may not be in the table; the
//! create is replayed, meets the znode, and has to bring the list. It did not. Wrong here: a create
//! that meets its znode leaves its list as it is.

use super::Mutant;

/// The entry for the table.
pub const MUTANT: Mutant = Mutant {
    name: "zk_3306",
    story: "a znode comes back from a fuzzy snapshot, and its access control list does not",
    caught_by: &["access_control"],
    apply: |rules| rules.server.tree.sets_acls_again = || false,
};
