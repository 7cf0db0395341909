//! The fence of moved sessions, with a hole behind followers: no historical bug, but what
//! `ObserverMaster` leaves open.
//!
//! The leader refuses requests that come through a server which the session has left. All that comes
//! from the observers of one follower comes over that follower's link, so that among them only the
//! follower can tell. Wrong here: it hands on whatever they send.

use super::Mutant;

/// The entry for the table.
pub const MUTANT: Mutant = Mutant {
    name: "unfenced_observers",
    story: "a slow request of an observer that its client has left takes effect late",
    caught_by: &["session_order"],
    apply: |rules| rules.server.hands_on = |_, _| true,
};
