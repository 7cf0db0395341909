//! Makes everything between two nodes take longer, one way or both.

use super::target::Between;
use super::undo::Undo;
use super::{Fault, View};
use crate::base::{Range, Rng};
use crate::history::Action;
use serde::Deserialize;

/// Both ways are equally slow, or only one is slow.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SlowLink {
    between: Between,
    /// How much longer.
    extra_ms: Range<u64>,
    /// Only one direction, whichever.
    one_way: bool,
    #[serde(skip)]
    undo: Undo,
}

impl Default for SlowLink {
    fn default() -> SlowLink {
        let extra_ms = Range::new([50, 1_000]);
        SlowLink { between: Between::Any, extra_ms, one_way: false, undo: Undo::default() }
    }
}

impl Fault for SlowLink {
    fn start(&mut self, view: &View, rng: &mut Rng) -> Vec<Action> {
        let Some([a, b]) = self.between.choose(view, rng) else { return Vec::new() };
        let extra_ms = self.extra_ms.draw(rng);
        let mut clogs = vec![Action::Clog { from: a, to: b, extra_ms }];
        if !self.one_way {
            clogs.push(Action::Clog { from: b, to: a, extra_ms });
        }
        self.undo.of(clogs)
    }

    fn stop(&mut self, _view: &View) -> Vec<Action> {
        self.undo.take()
    }
}
