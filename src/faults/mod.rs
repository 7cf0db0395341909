//! What goes wrong: each fault is one file, a choice of actions.
//!
//! A fault chooses; the world performs. Whatever `start` does, `stop` puts right.

use crate::base::{ClientId, Rng, ServerId};
use crate::history::{Action, Role};

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
