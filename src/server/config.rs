//! What a server is told about itself and the ensemble (`zoo.cfg`, as data).

use crate::base::{Millis, ServerId};
use crate::storage::{Keeping, Trust};
use crate::wire::{FRAME_MAX, Membership};
use crate::{ops, zab};
use std::collections::BTreeSet;

/// A server's configuration.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Config {
    /// Which server it is (`myid`).
    pub id: ServerId,
    /// All servers of the ensemble, and which of them observe (`server.N`, `peerType`).
    pub ensemble: Membership,
    /// Whether it stands alone: it is no ensemble, not even one of a single server.
    pub standalone: bool,
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
    /// Or after so many bytes of them (`snapSizeLimitInKb`); `None` for however many.
    pub snapshot_every_bytes: Option<u64>,
    /// How many znodes a snapshot takes in at a time.
    pub snapshot_chunk: usize,
    /// What is believed of a disk on which something is missing. A server that may have lost
    /// everything has no vote until a leader has brought it up to date.
    pub trust: Trust,
    /// How the files are kept.
    pub keeping: Keeping,
    /// How long what is no longer needed on the disk stays at least, in milliseconds
    /// (`autopurge.purgeInterval`); it goes with the next snapshot. `None`: for ever.
    pub purge_every_ms: Option<u64>,
    /// How many observers are sent the whole tree at a time (`leader.maxConcurrentSnapSyncs`).
    pub snap_syncs_max: usize,
    /// How many are sent what they lack otherwise (`leader.maxConcurrentDiffSyncs`).
    pub diff_syncs_max: usize,
    /// Where followers serve observers in the leader's place, if they do: a port of the address on
    /// which they would serve learners (`observerMasterPort`).
    pub observer_master_port: Option<u16>,
    /// How many transactions a leader remembers for learners that lack a little
    /// (`commitLogCount`).
    pub commit_log_count: usize,
    /// The longest wait before a vote is sent again (`maxNotificationInterval`).
    pub notification_max_ms: u64,
    /// What is decided about operations.
    pub operations: ops::Settings,
    /// How much clients may ask for.
    pub clients: ClientLimits,
    /// Which kinds of sessions there are besides those that everybody knows.
    pub sessions: SessionKinds,
    /// When containers and znodes with a time to live go.
    pub passing: Passing,
    /// The four-letter words that are answered (`4lw.commands.whitelist`).
    pub words: Words,
    /// What the words `conf` and `envi` tell beyond what the server knows: lines of key and value.
    pub told: Told,
}

/// How much clients may ask of one server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ClientLimits {
    /// While so many requests wait for their transactions, connections that wait for one are not
    /// read (`globalOutstandingLimit`).
    pub outstanding_max: usize,
    /// While so many wait, nobody is read (`requestThrottleLimit`); `None` for any number.
    pub requests_max: Option<usize>,
    /// A request that waits longer for that, in milliseconds, is not tried
    /// (`throttledOpWaitTime`); `None` for however long.
    pub wait_ms_max: Option<u64>,
    /// A request with more bytes is a large one (`largeRequestThreshold`); `None`: none is.
    pub large_from_bytes: Option<usize>,
    /// So many bytes of large requests may wait for their transactions (`largeRequestMaxBytes`);
    /// whoever asks for more is closed.
    pub large_bytes_max: usize,
    /// So many connections in all (`maxCnxns`); `None` for any number.
    pub connections_max: Option<usize>,
    /// Whether the leader of an ensemble has clients (`leaderServes`).
    pub leader_serves: bool,
    /// So many connections from one address (`maxClientCnxns`); 0 for any number.
    pub per_address_max: usize,
    /// The longest frame, in bytes (`jute.maxbuffer`).
    pub frame_bytes_max: usize,
}

impl Default for ClientLimits {
    fn default() -> ClientLimits {
        ClientLimits {
            outstanding_max: 1_000,
            requests_max: None,
            wait_ms_max: None,
            large_from_bytes: None,
            large_bytes_max: 100 << 20,
            connections_max: None,
            leader_serves: true,
            per_address_max: 60,
            frame_bytes_max: FRAME_MAX,
        }
    }
}

/// Sessions that cost less, and can less.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct SessionKinds {
    /// New sessions are known to their server only (`localSessionsEnabled`).
    pub local: bool,
    /// One that wants an ephemeral znode becomes known to all (`localSessionsUpgradingEnabled`).
    pub upgrades: bool,
    /// A server without a leader serves reads to those who put up with it
    /// (`readonlymode.enabled`).
    pub read_only: bool,
}

/// When the leader deletes containers that were used and are empty, and znodes whose time to live
/// is over (`ContainerManager`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Passing {
    /// How often it looks (`znode.container.checkIntervalMs`).
    pub check_ms: u64,
    /// So many go in a minute at the most (`znode.container.maxPerMinute`).
    pub per_minute_max: u64,
    /// A container that never had a child goes after so long (`znode.container.maxNeverUsedIntervalMs`);
    /// 0 for never.
    pub never_used_ms: u64,
}

impl Default for Passing {
    fn default() -> Passing {
        Passing { check_ms: 60_000, per_minute_max: 10_000, never_used_ms: 0 }
    }
}

/// Which four-letter words are answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Words {
    /// All of them.
    All,
    /// These.
    These(BTreeSet<String>),
}

impl Default for Words {
    fn default() -> Words {
        Words::These(BTreeSet::from(["srvr".to_owned()]))
    }
}

/// What a server can tell of where it runs, and cannot find out by itself.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Told {
    /// For `conf`: where clients connect, where the data are.
    pub configuration: Vec<(String, String)>,
    /// The `zoo.cfg` as it was read.
    pub file: String,
    /// For `envi`: the machine.
    pub environment: Vec<(String, String)>,
}

impl Config {
    /// A server of this ensemble with ZooKeeper's defaults for everything else, but that its files
    /// are kept as small as can be. Whoever wants
    /// something else says so behind it: `Config { commit_log_count: 5, ..Config::new(…) }`.
    pub fn new(id: ServerId, ensemble: Membership, tick_ms: u64) -> Config {
        Config {
            id,
            ensemble,
            standalone: false,
            tick_ms,
            init_limit_ticks: 10,
            sync_limit_ticks: 5,
            min_session_timeout_ms: 2 * tick_ms,
            max_session_timeout_ms: 20 * tick_ms,
            snapshot_every: 100_000,
            snapshot_every_bytes: None,
            snapshot_chunk: 1_000,
            trust: Trust::default(),
            keeping: Keeping::PLAIN,
            purge_every_ms: Some(0),
            snap_syncs_max: 10,
            diff_syncs_max: 100,
            observer_master_port: None,
            commit_log_count: 500,
            notification_max_ms: 60_000,
            operations: ops::Settings::default(),
            clients: ClientLimits::default(),
            sessions: SessionKinds::default(),
            passing: Passing::default(),
            words: Words::default(),
            told: Told::default(),
        }
    }

    /// Where this server is found for elections, `host:port`; by its name where that is not said.
    pub(super) fn election_address(&self) -> String {
        let of_itself = self.ensemble.members.get(&self.id);
        of_itself.map_or_else(|| format!("{}:3888", self.id), |it| it.election.to_string())
    }

    /// What the agreement has to know.
    pub(super) fn zab(&self) -> zab::Settings {
        zab::Settings {
            id: self.id,
            ensemble: self.ensemble.clone(),
            reconfigures: self.operations.reconfigures && !self.standalone,
            observer_masters: self.observer_master_port.is_some() && !self.standalone,
            snap_syncs_max: self.snap_syncs_max,
            diff_syncs_max: self.diff_syncs_max,
            tick: Millis(self.tick_ms),
            init_limit_ticks: self.init_limit_ticks,
            sync_limit_ticks: self.sync_limit_ticks,
            notification_max: Millis(self.notification_max_ms),
            commit_log_count: self.commit_log_count,
        }
    }
}
