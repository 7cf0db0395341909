//! One server as one value: agreement, tree, storage and sessions. The one place where agreement
//! meets data.
//!
//! [`Server::handle`] takes what happens and says what has to be done. It reads no clock, opens no
//! file and waits for nothing; whoever drives it performs the effects and comes back with what
//! became of them.

mod admin;
mod clients;
mod config;
mod connections;
mod counting;
mod describe;
mod dump;
mod expiry;
mod four_letter;
mod invariants;
mod io;
mod links;
mod loading;
mod local;
mod measures;
mod messages;
mod monitor;
mod observer_master;
mod passing;
mod password;
mod pipeline;
mod read_only;
mod rules;
#[allow(clippy::module_inception, reason = "the file is named after what it owns")]
mod server;
mod sessions;
mod stats;
mod throttling;
mod watching;
mod zoo_cfg;

pub use crate::ops::{Likeness, Settings as OperationSettings};
pub use crate::storage::{DiskOp, DiskSizes, Files, INITIALIZE, Image, Keeping, Trust};
pub use crate::wire::{Endpoint, Member, Membership};
pub use admin::{AdminAnswer, AdminCommand};
pub use config::{ClientLimits, Config, Passing, SessionKinds, Told, Words};
pub use expiry::Expiry;
pub use io::{Effect, Input, Now, Port};
pub use measures::{Measures, OpenFiles, Process};
pub use messages::{Stretch, said};
pub use monitor::Metric;
pub use observer_master::Via;
pub use passing::{Candidate, is_over};
pub use rules::{Held, Match, Progress, Reads, Rules, SessionState, Standing, admit, answers};
pub use server::{Server, State};
pub use stats::Latency;
pub use zoo_cfg::{Admin, BadZooCfg, ClientAuth, Remark, Tls, ZooCfg};
