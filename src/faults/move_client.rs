//! Cuts one client off from the server that it is connected to. It reaches all the others, and
//! should go on there in the same session.

use super::target::Between;
use super::undo::{Undo, cut_both};
use super::{Fault, View};
use crate::base::Rng;
use crate::history::Action;
use serde::Deserialize;

/// Strikes a client that is connected.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MoveClient {
    #[serde(skip)]
    undo: Undo,
}

impl Fault for MoveClient {
    fn start(&mut self, view: &View, rng: &mut Rng) -> Vec<Action> {
        let Some([a, b]) = Between::Clients.choose(view, rng) else { return Vec::new() };
        self.undo.of(cut_both(a, b).into())
    }

    fn stop(&mut self, _view: &View) -> Vec<Action> {
        self.undo.take()
    }
}
