//! Crashes servers: the machine loses power, or only the process dies. Stopping restarts them.

use super::target::Target;
use super::undo::Undo;
use super::{Fault, View};
use crate::base::Rng;
use crate::history::Action;
use serde::Deserialize;

/// Within what the protocol survives, even for all servers at once: only what was not synced is
/// ever lost.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Crash {
    target: Target,
    /// Whether unsynced data may be lost and peers hear nothing.
    power: bool,
    #[serde(skip)]
    undo: Undo,
}

impl Default for Crash {
    fn default() -> Crash {
        Crash { target: Target::default(), power: true, undo: Undo::default() }
    }
}

impl Fault for Crash {
    fn start(&mut self, view: &View, rng: &mut Rng) -> Vec<Action> {
        let victims = self.target.choose(view, rng).into_iter();
        self.undo.of(victims.map(|server| Action::Crash { server, power: self.power }).collect())
    }

    fn stop(&mut self, _view: &View) -> Vec<Action> {
        self.undo.take()
    }
}
