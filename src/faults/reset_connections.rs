//! Resets the connections between two nodes. There is nothing to stop: they may connect again at
//! once.

use super::target::Between;
use super::{Fault, View};
use crate::base::Rng;
use crate::history::Action;
use serde::Deserialize;

/// What was in flight is lost, and nobody learns how far the other side had read.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ResetConnections {
    between: Between,
}

impl Fault for ResetConnections {
    fn start(&mut self, view: &View, rng: &mut Rng) -> Vec<Action> {
        let link = self.between.choose(view, rng);
        link.map(|[a, b]| Action::Reset { a, b }).into_iter().collect()
    }

    fn stop(&mut self, _view: &View) -> Vec<Action> {
        Vec::new()
    }
}
