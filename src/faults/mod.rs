//! What goes wrong: each fault is one file, a choice of actions.
//!
//! A fault chooses; the world performs. Whatever `start` does, `stop` puts right.

use crate::base::{ClientId, Rng, ServerId};
use crate::history::{Action, Role};
use serde::de::DeserializeOwned;
use toml::Table;
use toml::de::Error;

mod crash;
mod expire_session;
mod fixed;
mod isolate;
mod move_client;
mod pause;
mod reset_connections;
mod skew;
mod slow_disk;
mod slow_link;
mod split;
mod target;
mod undo;

pub use fixed::{Cast, Fixed, clients_of, rename, servers_of};

/// Every fault.
pub const ALL: &[Entry] = &[
    entry("isolate", "cuts servers off from the others", build::<isolate::Isolate>),
    entry("split", "splits the ensemble into parts", build::<split::Split>),
    entry("crash", "power loss, or the end of a process", build::<crash::Crash>),
    entry("pause", "servers stand still", build::<pause::Pause>),
    entry("expire_session", "a client reaches no server", build::<expire_session::ExpireSession>),
    entry("move_client", "a client does not reach its server", build::<move_client::MoveClient>),
    entry("reset_connections", "connections break", build::<reset_connections::ResetConnections>),
    entry("slow_link", "everything between two nodes takes longer", build::<slow_link::SlowLink>),
    entry("skew", "clocks are off, and drift", build::<skew::Skew>),
    entry("slow_disk", "syncs take many times longer", build::<slow_disk::SlowDisk>),
];

/// A line of the table.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// As scenarios, plans and reports call it.
    pub name: &'static str,
    /// What it does, in a few words.
    pub about: &'static str,
    /// Makes one from the options of its scenario; those that it does not have are errors.
    pub build: Build,
}

/// Makes a fault from its options.
pub type Build = fn(Table) -> Result<Box<dyn Fault>, Error>;

/// The names of all faults, in the order of the table.
pub fn names() -> Vec<&'static str> {
    ALL.iter().map(|entry| entry.name).collect()
}

const fn entry(name: &'static str, about: &'static str, build: Build) -> Entry {
    Entry { name, about, build }
}

fn build<F: Fault + DeserializeOwned + 'static>(options: Table) -> Result<Box<dyn Fault>, Error> {
    Ok(Box::new(options.try_into::<F>()?))
}

/// What a fault may know of the world when it chooses.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct View {
    /// In ascending order.
    pub servers: Vec<ServerView>,
    /// In ascending order.
    pub clients: Vec<ClientView>,
}

/// A server, as a fault sees it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ServerView {
    /// Which.
    pub id: ServerId,
    /// Whether its process runs (a paused one does).
    pub up: bool,
    /// Whether it stands still.
    pub paused: bool,
    /// Whether it is one of those who decide.
    pub votes: bool,
    /// The role that it last took on.
    pub role: Role,
    /// Whether it answers clients. A leader that does not serve is not yet established.
    pub serving: bool,
}

/// A client, as a fault sees it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ClientView {
    /// Which.
    pub id: ClientId,
    /// The server that holds its connection.
    pub connected: Option<ServerId>,
}

/// One fault of a plan. Started and stopped again and again; never started twice without a stop.
pub trait Fault: Send {
    /// Chooses its victims and says what to do to them. Empty when there is nothing to choose.
    fn start(&mut self, view: &View, rng: &mut Rng) -> Vec<Action>;

    /// Says how to put right what `start` did.
    fn stop(&mut self, view: &View) -> Vec<Action>;
}
