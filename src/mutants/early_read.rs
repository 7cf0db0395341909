//! A read that did not wait: no historical bug, but the promise of FIFO order to one client.
//!
//! A read that is sent behind a write has to see it. The server that gets both holds the read back
//! until the write is in its tree. Wrong here: the read is answered from the tree at once, and the
//! answer only sent in its turn.

use super::Mutant;
use crate::server::Reads;

/// The entry for the table.
pub const MUTANT: Mutant = Mutant {
    name: "early_read",
    story: "a read sees the tree before the write that its client had sent first",
    caught_by: &["session_order"],
    apply: |rules| rules.server.reads = || Reads::OnArrival,
};
