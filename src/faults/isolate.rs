//! Cuts servers off from every other server, and, if so asked, from the clients.

use super::target::Target;
use super::undo::Undo;
use super::{Fault, View};
use crate::base::{NodeId, Rng, ServerId};
use crate::history::Action;
use serde::Deserialize;

/// Each victim is on its own: with several victims, they do not reach each other either.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Isolate {
    target: Target,
    direction: Direction,
    /// Whether clients are cut off from the victims, too.
    clients: bool,
    #[serde(skip)]
    undo: Undo,
}

/// Seen from the victim.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Direction {
    #[default]
    Both,
    /// It hears nothing, and is heard.
    In,
    /// It hears everything, and is not heard.
    Out,
}

impl Fault for Isolate {
    fn start(&mut self, view: &View, rng: &mut Rng) -> Vec<Action> {
        let victims = self.target.choose(view, rng);
        let cuts = victims.into_iter().flat_map(|victim| self.cuts(victim, view)).collect();
        self.undo.of(cuts)
    }

    fn stop(&mut self, _view: &View) -> Vec<Action> {
        self.undo.take()
    }
}

impl Isolate {
    fn cuts(&self, victim: ServerId, view: &View) -> Vec<Action> {
        let servers = view.servers.iter().map(|server| server.id).filter(|&it| it != victim);
        let clients = view.clients.iter().map(|client| client.id).filter(|_| self.clients);
        let others = servers.map(NodeId::from).chain(clients.map(NodeId::from));
        others.flat_map(|other| self.direction.cuts(victim.into(), other)).collect()
    }
}

impl Direction {
    fn cuts(self, victim: NodeId, other: NodeId) -> Vec<Action> {
        let inward = Action::Cut { from: other, to: victim };
        let outward = Action::Cut { from: victim, to: other };
        match self {
            Direction::Both => vec![inward, outward],
            Direction::In => vec![inward],
            Direction::Out => vec![outward],
        }
    }
}
