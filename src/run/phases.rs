//! The phases of a run: start, load, heal, settle, verify, end. Safety is judged throughout,
//! liveness only after heal.

use super::nemesis::Nemesis;
use crate::base::{Millis, Time};
use crate::history::Phase;
use crate::scenario::Plan;
use crate::sim::Cluster;
use std::time::Duration;

/// How often a waiting phase looks whether it is over.
const LOOK: Millis = Millis(200);
/// How long the first leader may take, in milliseconds.
const START_MAX: Millis = Millis(60_000);
/// How long everybody may take to read everything.
const VERIFY_MAX: Millis = Millis(60_000);

/// How the phases ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Ended {
    /// What was waited for is there.
    Reached,
    /// It did not come in time.
    TimedOut,
    /// The history is complete, or the run was to stop here.
    Cut,
}

/// A run as its phases see it.
pub(super) struct Phases<'a> {
    pub plan: &'a Plan,
    pub cluster: &'a Cluster,
    pub stop_at: Time,
}

impl Phases<'_> {
    /// Goes through all of them.
    pub async fn go(&self) {
        self.cluster.enter(Phase::Start);
        if self.until(START_MAX, || self.somebody_serves()).await == Ended::Cut {
            return;
        }
        self.cluster.enter(Phase::Load);
        if self.load().await == Ended::Cut {
            return;
        }
        self.cluster.enter(Phase::Heal);
        self.cluster.world.heal_all();
        self.cluster.enter(Phase::Settle);
        let settle = Millis(self.plan.settle_ms);
        match self.until(settle, || self.is_at_rest()).await {
            Ended::Cut => return,
            Ended::TimedOut => return self.cluster.enter(Phase::End),
            Ended::Reached => {}
        }
        self.cluster.enter(Phase::Verify);
        if self.until(VERIFY_MAX, || self.is_verified()).await == Ended::Cut {
            return;
        }
        self.cluster.enter(Phase::End);
    }

    fn now(&self) -> Time {
        self.cluster.world.now()
    }

    fn is_cut(&self) -> bool {
        self.cluster.recorder.is_broken() || self.now() >= self.stop_at
    }

    /// Waits until `at`, or until the run is cut.
    async fn sleep_until(&self, at: Time) {
        while self.now() < at && !self.is_cut() {
            let step = at.min(self.now() + LOOK).min(self.stop_at);
            let length = Duration::from_micros(step.0.saturating_sub(self.now().0).max(1));
            madsim::time::sleep(length).await;
        }
    }

    async fn until(&self, at_most: Millis, reached: impl Fn() -> bool) -> Ended {
        let end = self.now() + at_most;
        loop {
            if self.is_cut() {
                return Ended::Cut;
            }
            if reached() {
                return Ended::Reached;
            }
            if self.now() >= end {
                return Ended::TimedOut;
            }
            self.sleep_until(self.now() + LOOK).await;
        }
    }

    /// Clients work, and the nemesis walks its schedule.
    async fn load(&self) -> Ended {
        let begin = self.now();
        let end = begin + Millis(self.plan.duration_ms);
        let mut nemesis = Nemesis::new(self.plan, begin);
        while self.now() < end {
            self.sleep_until(nemesis.next_at().min(end)).await;
            if self.is_cut() {
                return Ended::Cut;
            }
            nemesis.act(self.now(), self.cluster);
        }
        nemesis.act(Time::NEVER, self.cluster);
        Ended::Reached
    }

    fn somebody_serves(&self) -> bool {
        self.cluster.board.servers().values().any(|it| it.state.serving)
    }

    /// Every server serves the same state, no client waits for anything, and nothing is left that is
    /// to go by itself: no session that belongs to nobody, no znode that is over.
    fn is_at_rest(&self) -> bool {
        let servers = self.cluster.board.servers();
        let clients = self.cluster.board.clients();
        let Some(first) = servers.values().next() else { return false };
        let same = servers.values().all(|it| {
            let (one, other) = (it.state, first.state);
            it.up
                && one.serving
                && one.over == 0
                && (one.zxid, one.digest) == (other.zxid, other.digest)
        });
        // A client that has closed its session has no connection until it is asked for something.
        let idle =
            clients.values().all(|it| it.idle && it.connected.is_some() == it.session.is_some());
        let sessions = clients.values().filter(|it| it.session.is_some()).count();
        let local: usize = servers.values().map(|it| it.state.local_sessions).sum();
        same && idle && first.state.sessions + local == sessions
    }

    fn is_verified(&self) -> bool {
        self.cluster.board.clients().values().all(|it| it.verified) && self.is_at_rest()
    }
}
