//! Reads without a quorum (`readonlymode.enabled`): a server that has found no leader for a while
//! answers reads to those clients that put up with it (`ReadOnlyZooKeeperServer`).
//!
//! What they read may be old, but is committed (H21 in `zookeeper.md`, B.1): a server that does not know
//! that of all that its tree holds answers nobody. That is one that has had no leader since its process
//! began; and one that was elected, or found a leader, when something was under way, and came to nothing
//! with it. ZooKeeper's servers answer all the same.

use super::rules::Held;
use super::server::Server;
use crate::base::{ConnId, Millis, Time};
use crate::history::Role;

/// A server looks for a leader for so long at least before it serves reads.
const PATIENCE_MS: u64 = 2_000;

impl Server {
    /// The server has another role. With a leader in sight, those who only read have to look for a
    /// session that counts.
    pub(super) fn role_changed(&mut self, role: Role) {
        match (role, self.looking_since) {
            (Role::Looking, None) => self.stats.counts.looking += 1,
            (Role::Looking, Some(_)) | (_, None) => {}
            (_, Some(since)) => self.stats.elections.add(self.now.time.since(since).0),
        }
        self.looking_since = match role {
            Role::Looking => self.looking_since.or(Some(self.now.time)),
            Role::Leading | Role::Following(_) | Role::Observing(_) => None,
        };
        if role == Role::Looking {
            // Votes go to those who are to come, too.
            self.introduce_members();
        }
        if self.looking_since.is_none() && std::mem::take(&mut self.read_only) {
            let conns: Vec<ConnId> = self.conns.keys().copied().collect();
            conns.into_iter().for_each(|conn| self.close_client(conn));
            self.locals.clear();
            self.local_expiry.clear();
        }
    }

    /// When the server begins to serve reads, if nothing changes.
    pub(super) fn read_only_deadline(&self) -> Time {
        match self.looking_since {
            Some(since)
                if self.config.sessions.read_only && !self.read_only && self.may_read_alone() =>
            {
                since + Millis(PATIENCE_MS.max(self.config.tick_ms))
            }
            _ => Time::NEVER,
        }
    }

    fn may_read_alone(&self) -> bool {
        (self.rules.reads_alone)(Held { tree: self.tree.last(), committed: self.committed })
    }

    /// Begins to serve reads, when it is time.
    pub(super) fn begin_reading(&mut self) {
        if self.read_only_deadline() <= self.now.time {
            self.read_only = true;
        }
    }
}
