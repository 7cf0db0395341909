//! What a server is told about itself and the ensemble (`zoo.cfg`, as data).

use crate::base::{Millis, ServerId};
use crate::wire::Membership;
use crate::zab;

/// A server's configuration.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Config {
    /// Which server it is (`myid`).
    pub id: ServerId,
    /// All servers of the ensemble, and which of them observe (`server.N`, `peerType`).
    pub ensemble: Membership,
    /// The unit of most times, in milliseconds (`tickTime`).
    pub tick_ms: u64,
    /// How many ticks a learner may take to connect and to catch up (`initLimit`).
    pub init_limit_ticks: u64,
    /// How many ticks of silence between leader and learner are too many (`syncLimit`).
    pub sync_limit_ticks: u64,
    /// The shortest session timeout that clients get; by default 2 ticks (`minSessionTimeout`).
    pub min_session_timeout_ms: u64,
    /// The longest one; by default 20 ticks (`maxSessionTimeout`).
    pub max_session_timeout_ms: u64,
    /// A snapshot is begun after so many transactions (`snapCount`).
    pub snapshot_every: u32,
    /// How many znodes a snapshot takes in at a time.
    pub snapshot_chunk: usize,
    /// How many transactions a leader remembers for learners that lack a little
    /// (`commitLogCount`).
    pub commit_log_count: usize,
    /// The longest wait before a vote is sent again (`maxNotificationInterval`).
    pub notification_max_ms: u64,
}

impl Config {
    /// A server of this ensemble with ZooKeeper's defaults for everything else. Whoever wants
    /// something else says so behind it: `Config { commit_log_count: 5, ..Config::new(…) }`.
    pub fn new(id: ServerId, ensemble: Membership, tick_ms: u64) -> Config {
        Config {
            id,
            ensemble,
            tick_ms,
            init_limit_ticks: 10,
            sync_limit_ticks: 5,
            min_session_timeout_ms: 2 * tick_ms,
            max_session_timeout_ms: 20 * tick_ms,
            snapshot_every: 100_000,
            snapshot_chunk: 1_000,
            commit_log_count: 500,
            notification_max_ms: 60_000,
        }
    }

    /// What the agreement has to know.
    pub(super) fn zab(&self) -> zab::Settings {
        zab::Settings {
            id: self.id,
            ensemble: self.ensemble.clone(),
            tick: Millis(self.tick_ms),
            init_limit_ticks: self.init_limit_ticks,
            sync_limit_ticks: self.sync_limit_ticks,
            notification_max: Millis(self.notification_max_ms),
            commit_log_count: self.commit_log_count,
        }
    }
}
