//! The simulated world, on madsim: the only code, with `run`, that names it. It performs what the
//! pure values decide, and decides nothing.

mod agenda;
mod alarm;
mod client_node;
mod clock;
mod cluster;
mod content;
mod disk;
mod host;
mod inbox;
mod link;
mod message_log;
mod network;
mod platter;
mod recorder;
mod server_node;
mod settings;
mod standstill;
mod wire_node;
mod world;

/// The target of trace lines that say how a node stands after an input.
pub const STATES: &str = "menagerie::states";
/// The target of trace lines that say which events the history has of it.
pub const EVENTS: &str = "menagerie::events";

pub use client_node::{ClientPlan, ClientProcess};
pub use clock::{Clock, WALL_START_MS};
pub use cluster::{Board, ClientBoard, Cluster, ServerBoard, Steps};
pub use inbox::{Arrival, Inbox};
pub use recorder::{Recorded, Recorder};
pub use server_node::{ServerProcess, address_of};
pub use settings::{DiskSettings, NetworkSettings};
pub use wire_node::{Heard, Wire};
pub use world::{World, WorldSettings};
