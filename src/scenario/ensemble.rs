//! The servers' settings: as a scenario wishes them, and as a plan fixes them.

use crate::base::{Range, Rng, ServerId};
use serde::{Deserialize, Serialize};

/// The `[ensemble]` table of a scenario. What is a range is drawn once for each run. Small numbers
/// let short runs reach what large ones reach in days.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EnsembleWish {
    /// How many servers vote, 1 to 7.
    pub servers: u8,
    /// How many more observe, 0 to 3; their ids follow those of the voters.
    pub observers: u8,
    /// How many more run and take no part until they are told to, 0 to 4; their ids come last.
    pub spares: u8,
    /// Whether the ensemble may get other members.
    pub reconfigures: bool,
    /// Whether followers serve observers in the leader's place.
    pub observer_masters: bool,
    /// Whether sessions are known to their server only, until they want an ephemeral znode.
    pub local_sessions: bool,
    /// Whether hard quotas are enforced.
    pub enforces_quotas: bool,
    /// Whether servers that find no leader serve reads to those clients that put up with it.
    pub read_only: bool,
    /// Length of a tick.
    pub tick_ms: Range<u32>,
    /// How many ticks a learner may take to connect and catch up.
    pub init_limit_ticks: Range<u32>,
    /// How many ticks a learner may be silent.
    pub sync_limit_ticks: Range<u32>,
    /// What each client asks for; the service keeps it between 2 and 20 ticks.
    pub session_timeout_ms: Range<u32>,
    /// How many transactions there are between two snapshots.
    pub snapshot_every: Range<u32>,
    /// How many znodes a snapshot writes in one step, while the tree goes on changing.
    pub snapshot_chunk: Range<u32>,
    /// How many committed transactions a leader keeps at hand for learners (DIFF).
    pub commit_log_count: Range<u32>,
    /// The longest wait of a server in an election before it says its vote again.
    pub max_notification_interval_ms: Range<u32>,
    /// While so many requests wait for their transactions, clients that wait for one are read no
    /// further.
    pub outstanding_max: Range<u32>,
    /// While so many wait, nobody is read; 0 for any number.
    pub requests_max: Range<u32>,
}

impl EnsembleWish {
    /// All servers, in ascending order.
    pub(super) fn all(&self) -> Vec<ServerId> {
        (1..=self.servers + self.observers + self.spares).map(ServerId).collect()
    }

    /// Those who observe, in ascending order.
    pub(super) fn observers(&self) -> Vec<ServerId> {
        (self.servers + 1..=self.servers + self.observers).map(ServerId).collect()
    }
}

impl Default for EnsembleWish {
    fn default() -> EnsembleWish {
        EnsembleWish {
            servers: 3,
            observers: 0,
            spares: 0,
            reconfigures: false,
            observer_masters: false,
            local_sessions: false,
            enforces_quotas: false,
            read_only: false,
            tick_ms: Range::new([500, 500]),
            init_limit_ticks: Range::new([10, 10]),
            sync_limit_ticks: Range::new([5, 5]),
            session_timeout_ms: Range::new([2_000, 8_000]),
            snapshot_every: Range::new([20, 20]),
            snapshot_chunk: Range::new([4, 4]),
            commit_log_count: Range::new([30, 30]),
            max_notification_interval_ms: Range::new([5_000, 5_000]),
            outstanding_max: Range::new([OUTSTANDING_MAX, OUTSTANDING_MAX]),
            requests_max: Range::new([0, 0]),
        }
    }
}

/// The `[ensemble]` table of a plan: everything that `zoo.cfg` would say. The meaning of each
/// number is that of [`EnsembleWish`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "said once, at the wish")]
pub struct Ensemble {
    pub servers: u8,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub observers: u8,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub spares: u8,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reconfigures: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub observer_masters: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub local_sessions: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub enforces_quotas: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub read_only: bool,
    pub tick_ms: u32,
    pub init_limit_ticks: u32,
    pub sync_limit_ticks: u32,
    pub snapshot_every: u32,
    pub snapshot_chunk: u32,
    pub commit_log_count: u32,
    pub max_notification_interval_ms: u32,
    #[serde(default = "outstanding_max", skip_serializing_if = "is_usual")]
    pub outstanding_max: u32,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub requests_max: u32,
}

/// More than clients here ever ask at a time.
const OUTSTANDING_MAX: u32 = 1_000;

fn outstanding_max() -> u32 {
    OUTSTANDING_MAX
}

fn is_usual(outstanding_max: &u32) -> bool {
    *outstanding_max == OUTSTANDING_MAX
}

fn is_zero<T: Default + PartialEq>(number: &T) -> bool {
    *number == T::default()
}

impl Ensemble {
    /// Those who vote, in ascending order.
    pub fn voters(&self) -> Vec<ServerId> {
        (1..=self.servers).map(ServerId).collect()
    }

    /// Those who observe, in ascending order.
    pub fn observers(&self) -> Vec<ServerId> {
        (self.servers + 1..=self.servers + self.observers).map(ServerId).collect()
    }

    /// All of them, in ascending order.
    pub fn all(&self) -> Vec<ServerId> {
        (1..=self.servers + self.observers + self.spares).map(ServerId).collect()
    }

    /// What a scenario that says nothing about it has.
    pub fn usual() -> Ensemble {
        Ensemble::draw(&EnsembleWish::default(), 0)
    }

    /// Draws each number from a stream of its own.
    pub(super) fn draw(wish: &EnsembleWish, seed: u64) -> Ensemble {
        let draw =
            |range: Range<u32>, key| range.draw(&mut Rng::stream(seed, &format!("ensemble/{key}")));
        Ensemble {
            servers: wish.servers,
            observers: wish.observers,
            spares: wish.spares,
            reconfigures: wish.reconfigures,
            observer_masters: wish.observer_masters,
            local_sessions: wish.local_sessions,
            enforces_quotas: wish.enforces_quotas,
            read_only: wish.read_only,
            tick_ms: draw(wish.tick_ms, "tick_ms"),
            init_limit_ticks: draw(wish.init_limit_ticks, "init_limit_ticks"),
            sync_limit_ticks: draw(wish.sync_limit_ticks, "sync_limit_ticks"),
            snapshot_every: draw(wish.snapshot_every, "snapshot_every"),
            snapshot_chunk: draw(wish.snapshot_chunk, "snapshot_chunk"),
            commit_log_count: draw(wish.commit_log_count, "commit_log_count"),
            max_notification_interval_ms: draw(
                wish.max_notification_interval_ms,
                "max_notification_interval_ms",
            ),
            outstanding_max: draw(wish.outstanding_max, "outstanding_max"),
            requests_max: draw(wish.requests_max, "requests_max"),
        }
    }
}
