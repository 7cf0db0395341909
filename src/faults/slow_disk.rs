//! Makes every sync of servers' disks take many times longer.

use super::target::Target;
use super::undo::Undo;
use super::{Fault, View};
use crate::base::{Range, Rng};
use crate::history::Action;
use serde::Deserialize;

/// A slow disk loses nothing: it only delays acknowledgements.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SlowDisk {
    target: Target,
    /// How many times longer.
    factor: Range<u32>,
    #[serde(skip)]
    undo: Undo,
}

impl Default for SlowDisk {
    fn default() -> SlowDisk {
        let factor = Range::new([5, 100]);
        SlowDisk { target: Target::default(), factor, undo: Undo::default() }
    }
}

impl Fault for SlowDisk {
    fn start(&mut self, view: &View, rng: &mut Rng) -> Vec<Action> {
        let victims = self.target.choose(view, rng).into_iter();
        let slow = |server| Action::SlowDisk { server, factor: self.factor.draw(rng) };
        self.undo.of(victims.map(slow).collect())
    }

    fn stop(&mut self, _view: &View) -> Vec<Action> {
        self.undo.take()
    }
}
