//! The real world of a [`Server`](crate::server::Server): sockets, files, clocks and signals, on
//! tokio. Moves bytes; decides nothing.
//!
//! ```text
//!  connection.rs   a task for each connection ──┐            ┌──▶ outlet.rs ──▶ connection.rs
//!  sockets.rs      who connects, and whom ──────┤            ├──▶ listeners.rs
//!  disk.rs         a thread: folder.rs ─────────┼─▶ inbox.rs ─▶ node.rs ─▶ Server::handle
//!  http.rs         who asks over HTTP ──────────┤            │
//!  start.rs        signals ─────────────────────┘            │
//!  clock.rs        the time ─────────────────────────────────┘
//! ```
//!
//! One task owns the server and takes what is in its inbox, one after the other: that order is the
//! run. It waits for nothing else. `client.rs` moves a [`Client`](crate::client::Client) likewise, and
//! `bench.rs` measures with many of them how fast a server is.

mod bench;
mod client;
mod clock;
mod connection;
mod disk;
mod error;
mod folder;
mod gauge;
mod http;
mod inbox;
mod listeners;
mod metrics;
mod node;
mod outlet;
mod sockets;
mod start;
mod tls;

pub use bench::{Bench, BenchError, Kind, Load, Measured, Step, Tally};
pub use error::Error;
pub use start::{load, run};
