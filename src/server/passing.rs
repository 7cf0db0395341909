//! Znodes that go by themselves: containers whose last child is gone, and znodes whose time to live
//! is over (`ContainerManager`). The leader looks now and then, and proposes to delete them.

use super::server::Server;
use crate::base::{Millis, SessionId, Time, Xid, ZPath};
use crate::ops::prepare_passing;
use crate::tree::{Body, Lifetime};

/// What the leader knows of such a znode when it looks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Candidate {
    /// Container, or time to live.
    pub lifetime: Lifetime,
    /// How many children it has.
    pub children: usize,
    /// How many it ever had.
    pub cversion: i32,
    /// How long ago it was created or last set, in milliseconds by the wall clock.
    pub idle_ms: i64,
    /// After how long a container goes that never had a child; 0 for never.
    pub never_used_ms: i64,
}

/// A container goes when it had a child and has none; a znode with a time to live when it has no
/// child and was not set for longer than that (`ContainerManager.getCandidates`).
pub fn is_over(it: Candidate) -> bool {
    match it.lifetime {
        _ if it.children > 0 => false,
        Lifetime::Container if it.cversion > 0 => true,
        Lifetime::Container => it.never_used_ms > 0 && it.idle_ms > it.never_used_ms,
        Lifetime::Ttl { ms } => it.idle_ms > ms,
        Lifetime::Persistent | Lifetime::Ephemeral => false,
    }
}

impl Server {
    /// As a leader that begins: the first look is one interval away.
    pub(super) fn begin_passing(&mut self) {
        self.look_for_passing_at = self.now.time + Millis(self.config.passing.check_ms);
    }

    /// When the next look is due.
    pub(super) fn passing_deadline(&self) -> Time {
        if self.leads() { self.look_for_passing_at } else { Time::NEVER }
    }

    /// As the leader: proposes to delete what is over.
    pub(super) fn delete_passing(&mut self) {
        if self.passing_deadline() > self.now.time {
            return;
        }
        self.begin_passing();
        let passing = self.config.passing;
        let most = (passing.per_minute_max * passing.check_ms / 60_000).max(1);
        let over = self.tree.passing().filter(|path| self.is_over(path)).cloned();
        for path in over.take(most as usize).collect::<Vec<ZPath>>() {
            self.propose((SessionId(0), Xid(0)), &[], |preparation| {
                prepare_passing(&path, preparation).unwrap_or_else(Body::refused)
            });
        }
    }

    /// As the leader: how many znodes are over now.
    pub(super) fn over_count(&self) -> usize {
        if self.leads() { self.tree.passing().filter(|path| self.is_over(path)).count() } else { 0 }
    }

    /// Whether it is over, and nothing is on its way that could change that: what is set, filled or
    /// created anew at this moment is looked at another time.
    fn is_over(&self, path: &ZPath) -> bool {
        let Some(znode) = self.tree.get(path.as_str()) else { return false };
        !self.overlay.is_touched(path.as_str())
            && (self.rules.passes)(Candidate {
                lifetime: znode.lifetime(),
                children: znode.children.len(),
                cversion: znode.cversion,
                idle_ms: self.now.wall_ms.saturating_sub(znode.mtime),
                never_used_ms: self.config.passing.never_used_ms as i64,
            })
    }
}
