//! How a fault puts right what it did, and nothing else.

use crate::base::NodeId;
use crate::history::Action;

/// The partners of the actions of a fault that has started.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Undo {
    owed: Vec<Action>,
}

impl Undo {
    /// Remembers how to undo these actions, and hands them on.
    pub fn of(&mut self, actions: Vec<Action>) -> Vec<Action> {
        assert!(self.owed.is_empty(), "a fault stops before it starts again");
        self.owed = actions.iter().filter_map(partner_of).collect();
        actions
    }

    /// What undoes them, once.
    pub fn take(&mut self) -> Vec<Action> {
        std::mem::take(&mut self.owed)
    }
}

/// What puts an action right; `None` when it leaves nothing behind, or is itself the cure.
fn partner_of(action: &Action) -> Option<Action> {
    match *action {
        Action::Cut { from, to } => Some(Action::Heal { from, to }),
        Action::Clog { from, to, .. } => Some(Action::Unclog { from, to }),
        Action::Crash { server, .. } => Some(Action::Restart { server }),
        Action::Pause { server } => Some(Action::Resume { server }),
        Action::Skew { server, .. } => Some(Action::Unskew { server }),
        Action::SlowDisk { server, .. } => Some(Action::FastDisk { server }),
        Action::Reset { .. } | Action::Heal { .. } | Action::Unclog { .. } => None,
        Action::Restart { .. } | Action::Resume { .. } => None,
        Action::Unskew { .. } | Action::FastDisk { .. } => None,
    }
}

/// Cuts both directions between the two.
pub fn cut_both(a: impl Into<NodeId>, b: impl Into<NodeId>) -> [Action; 2] {
    let (a, b) = (a.into(), b.into());
    [Action::Cut { from: a, to: b }, Action::Cut { from: b, to: a }]
}
