//! One client of the service, as a value: connect, keep alive, move on, never send twice what may
//! have happened.
//!
//! Time and bytes come in as [`Input`]s, and what has to happen goes out as [`Effect`]s: bytes for
//! the network, statements for the history. The client knows no clock, no socket and no channel,
//! and draws nothing at random: its hosts come to it shuffled.

mod calls;
mod connecting;
mod hosts;
mod in_flight;
mod io;
mod link;
mod reading;
mod rules;
mod seeking;
mod session;
mod watches;

pub use io::{Config, Effect, Input};
pub use rules::{Heard, HeardKind, Rules, last_seen, patience};
pub use session::Client;
