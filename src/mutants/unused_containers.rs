//! A container has no children before the first one is created, too. Whoever takes "empty" for
//! "over" deletes it under the hands of the client that is about to use it (`ContainerManager` asks
//! for `cversion > 0`). Wrong here: a container goes as soon as the leader sees it empty.

use super::Mutant;
use crate::server::{Candidate, is_over};

/// The entry for the table.
pub const MUTANT: Mutant = Mutant {
    name: "unused_containers",
    story: "a container goes before anything was ever in it",
    caught_by: &["passing_znodes"],
    apply: |rules| rules.server.passes = passes_when_empty,
};

/// Wrong: as if every container had been used.
fn passes_when_empty(it: Candidate) -> bool {
    is_over(Candidate { cversion: 1, ..it })
}
