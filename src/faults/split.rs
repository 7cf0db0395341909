//! Splits the ensemble: some servers do not see some others. Clients still reach all of them.

use super::undo::{Undo, cut_both};
use super::{Fault, View};
use crate::base::{Rng, ServerId};
use crate::history::Action;
use serde::Deserialize;
use std::num::NonZeroUsize;

/// Who sees whom is drawn anew at every start.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Split {
    shape: Shape,
    /// How many groups, for that shape.
    groups: NonZeroUsize,
    #[serde(skip)]
    undo: Undo,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Shape {
    /// Two groups that do not see each other, as equal in size as can be.
    #[default]
    Halves,
    /// Several such groups.
    Groups,
    /// Each server sees only its two neighbours in a circle.
    Ring,
    /// Two groups that do not see each other, and one server that sees all.
    Bridge,
}

impl Default for Split {
    fn default() -> Split {
        let groups = NonZeroUsize::MIN.saturating_add(2);
        Split { shape: Shape::default(), groups, undo: Undo::default() }
    }
}

impl Fault for Split {
    fn start(&mut self, view: &View, rng: &mut Rng) -> Vec<Action> {
        let mut servers: Vec<ServerId> = view.servers.iter().map(|server| server.id).collect();
        rng.shuffle(&mut servers);
        let mut cuts = Vec::new();
        for (a, &one) in servers.iter().enumerate() {
            for (b, &other) in servers.iter().enumerate().skip(a + 1) {
                if !self.sees(a, b, servers.len()) {
                    cuts.extend(cut_both(one, other));
                }
            }
        }
        self.undo.of(cuts)
    }

    fn stop(&mut self, _view: &View) -> Vec<Action> {
        self.undo.take()
    }
}

impl Split {
    /// Whether the servers at the places `a < b`, of `count`, see each other.
    fn sees(&self, a: usize, b: usize, count: usize) -> bool {
        match self.shape {
            Shape::Halves => a % 2 == b % 2,
            Shape::Groups => a % self.groups == b % self.groups,
            Shape::Ring => b == a + 1 || (a == 0 && b == count - 1),
            Shape::Bridge => a == 0 || a % 2 == b % 2,
        }
    }
}
