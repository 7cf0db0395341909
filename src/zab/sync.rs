//! How a leader brings a learner's history to its own (`LearnerHandler.syncFollower`).

use crate::base::Zxid;

/// What the leader remembers in full of its history.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Window {
    /// The last transaction of the history.
    pub last: Zxid,
    /// The last ones, ascending, without a gap; empty when nothing is remembered.
    pub zxids: Vec<Zxid>,
}

/// What to send.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SyncPlan {
    /// The proposals behind `after`, which is where the learner's history ends.
    Diff {
        /// The learner has this one and all before it.
        after: Zxid,
    },
    /// The learner forgets what it has behind `to`; then come the proposals behind `to`.
    Trunc {
        /// The last one that the two have in common.
        to: Zxid,
    },
    /// The whole tree.
    Snap,
}

/// The plan for a learner whose history ends with `learner`. The first case that fits:
///
/// 1. it has exactly the leader's history;
/// 2. it has more than the leader: more of an epoch that ended without it;
/// 3. it ends within what the leader remembers: there exactly, or between two transactions, so that
///    what it has at its end was never committed (ZOOKEEPER-1154, ZOOKEEPER-1156);
/// 4. it lacks more than the leader remembers.
pub fn plan(window: &Window, learner: Zxid) -> SyncPlan {
    let max = window.zxids.last().copied().unwrap_or(window.last);
    let min = window.zxids.first().copied().unwrap_or(window.last);
    let pseudo = learner.counter() == 0;
    if learner == window.last {
        return SyncPlan::Diff { after: learner };
    }
    if learner > max && !pseudo {
        return SyncPlan::Trunc { to: max };
    }
    if learner < min || learner > max {
        return SyncPlan::Snap;
    }
    match window.zxids.binary_search(&learner) {
        Ok(_) => SyncPlan::Diff { after: learner },
        // `epoch:0` denotes all before the epoch's first transaction, and is in no log.
        Err(_) if pseudo => SyncPlan::Diff { after: learner },
        Err(at) => {
            let before = window.zxids[at - 1];
            if before.epoch() == learner.epoch() {
                SyncPlan::Trunc { to: before }
            } else {
                SyncPlan::Snap
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(zxids: &[&str], learner: &str, expected: &str) {
        let zxids: Vec<Zxid> = zxids.iter().map(|it| it.parse().unwrap()).collect();
        let last = zxids.last().copied().unwrap_or_default();
        let plan = plan(&Window { last, zxids }, learner.parse().unwrap());
        assert_eq!(format!("{plan:?}"), expected, "learner at {learner}");
    }

    #[test]
    fn every_case() {
        let window = ["1:3", "1:4", "2:1", "2:2"];
        check(&window, "2:2", "Diff { after: 2:2 }");
        check(&window, "1:4", "Diff { after: 1:4 }");
        check(&window, "2:7", "Trunc { to: 2:2 }");
        check(&window, "1:9", "Trunc { to: 1:4 }");
        check(&window, "2:0", "Diff { after: 2:0 }");
        check(&window, "1:1", "Snap");
        check(&["1:4", "3:1"], "2:1", "Snap");
        check(&[], "0:0", "Diff { after: 0:0 }");
        check(&[], "1:1", "Trunc { to: 0:0 }");
    }
}
