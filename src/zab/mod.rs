//! How servers agree on one order of transactions: fast leader election, discovery,
//! synchronisation, broadcast (`zookeeper.md`, C; Junqueira, Reed, Serafini: Zab, DSN 2011).
//! Knows no znode: payloads are bytes.
//!
//! Observers learn what the others have decided; they are counted in no election, no epoch and no
//! quorum (ZOOKEEPER-2959). Where followers serve them in the leader's place ([`Settings::observer_masters`]),
//! the leader has only as many learners as there are voters.
//!
//! [`Peer`] is the whole of it for one server. Messages and the passing of time go in, effects come
//! out; what has to be on disk first comes back as [`Then`].

mod council;
mod effect;
mod election;
mod handler;
mod history;
mod leader;
mod learner;
mod observer_master;
mod peer;
mod quorum;
mod rules;
mod sync;
mod vote;

pub use effect::{Attendant, Delivery, Effect, Found, Then, Ticket};
pub use history::{History, follows};
pub use peer::{Peer, Settings};
pub use quorum::{Tally, has_quorum, is_majority};
pub use rules::{AckOrder, Announcement, FastForward, LogQueue, Opening, Rules, epoch_above};
pub use sync::{SyncPlan, Window, plan};
pub use vote::Vote;
