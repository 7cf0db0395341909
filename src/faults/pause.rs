//! Servers stand still, as in a long garbage collection, and go on as if no time had passed.

use super::target::Target;
use super::undo::Undo;
use super::{Fault, View};
use crate::base::Rng;
use crate::history::Action;
use serde::Deserialize;

/// Connections stay open while a server stands still.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Pause {
    target: Target,
    #[serde(skip)]
    undo: Undo,
}

impl Fault for Pause {
    fn start(&mut self, view: &View, rng: &mut Rng) -> Vec<Action> {
        let victims = self.target.choose(view, rng).into_iter();
        self.undo.of(victims.map(|server| Action::Pause { server }).collect())
    }

    fn stop(&mut self, _view: &View) -> Vec<Action> {
        self.undo.take()
    }
}
