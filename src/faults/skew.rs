//! Sets servers' clocks wrong: the wall clock jumps, and both clocks run too fast or too slow.

use super::target::Target;
use super::undo::Undo;
use super::{Fault, View};
use crate::base::{Range, Rng, ServerId};
use crate::history::Action;
use serde::Deserialize;

/// The service promises nothing about time beyond a bounded drift: the default is 5 %, which
/// shortens or stretches a session timeout, and breaks none.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Skew {
    target: Target,
    /// How far the wall clock jumps, forward or back.
    offset_ms: Range<i64>,
    /// How much too fast the clocks run, in parts per million.
    drift_ppm: Range<i64>,
    #[serde(skip)]
    undo: Undo,
}

impl Default for Skew {
    fn default() -> Skew {
        Skew {
            target: Target::default(),
            offset_ms: Range::new([-60_000, 60_000]),
            drift_ppm: Range::new([-50_000, 50_000]),
            undo: Undo::default(),
        }
    }
}

impl Fault for Skew {
    fn start(&mut self, view: &View, rng: &mut Rng) -> Vec<Action> {
        let victims = self.target.choose(view, rng);
        let skews = victims.into_iter().map(|server| self.skew(server, rng)).collect();
        self.undo.of(skews)
    }

    fn stop(&mut self, _view: &View) -> Vec<Action> {
        self.undo.take()
    }
}

impl Skew {
    fn skew(&self, server: ServerId, rng: &mut Rng) -> Action {
        let offset_ms = self.offset_ms.draw(rng);
        Action::Skew { server, offset_ms, drift_ppm: self.drift_ppm.draw(rng) }
    }
}
