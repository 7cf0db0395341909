//! Cuts one client off from all servers: when it lasts longer than the session timeout, the
//! session expires.

use super::undo::{Undo, cut_both};
use super::{Fault, View};
use crate::base::{ClientId, Rng};
use crate::history::Action;
use serde::Deserialize;

/// Strikes a client that is connected.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ExpireSession {
    #[serde(skip)]
    undo: Undo,
}

impl Fault for ExpireSession {
    fn start(&mut self, view: &View, rng: &mut Rng) -> Vec<Action> {
        let connected = view.clients.iter().filter(|client| client.connected.is_some());
        let connected: Vec<ClientId> = connected.map(|client| client.id).collect();
        let Some(&victim) = rng.pick(&connected) else { return Vec::new() };
        let servers = view.servers.iter();
        self.undo.of(servers.flat_map(|server| cut_both(victim, server.id)).collect())
    }

    fn stop(&mut self, _view: &View) -> Vec<Action> {
        self.undo.take()
    }
}
