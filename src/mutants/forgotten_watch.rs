//! A watch that did not survive a reconnection: no historical bug, but what `setWatches` is there
//! for.
//!
//! A client that comes to another server asks for its watches again. What happened meanwhile is
//! told at once, the rest is watched again. Wrong here: what has nothing to tell is forgotten.

use super::Mutant;

/// The entry for the table.
pub const MUTANT: Mutant = Mutant {
    name: "forgotten_watch",
    story: "a watch that is asked for again after a reconnection never speaks",
    caught_by: &["watch_delivery"],
    apply: |rules| rules.server.rearms = || false,
};
