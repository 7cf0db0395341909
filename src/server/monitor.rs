//! What a server counts and measures, for whoever watches over it: `mntr`, the AdminServer's
//! `monitor`, and metrics. Names and their order are ZooKeeper's.

use super::measures::Measures;
use super::server::Server;
use super::stats::Latency;
use crate::history::Role;
use std::fmt::Write;

/// Which ZooKeeper scripts should take this server for; the build's own version stands behind it.
pub const VERSION: &str = concat!("3.9.5-menagerie-", env!("CARGO_PKG_VERSION"), ", built on 2026");

/// What is told under one name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Metric {
    /// A number, or a word.
    Plain(String),
    /// How long something took each time.
    Times(Latency),
}

impl Metric {
    /// As lines of `mntr`: a name and a value, or five.
    pub fn lines(&self, name: &str) -> Vec<(String, String)> {
        match self {
            Metric::Plain(value) => vec![(name.to_owned(), value.clone())],
            Metric::Times(times) => vec![
                (format!("avg_{name}"), times.mean()),
                (format!("min_{name}"), times.min_ms().to_string()),
                (format!("max_{name}"), times.max_ms().to_string()),
                (format!("cnt_{name}"), times.count().to_string()),
                (format!("sum_{name}"), times.total_ms().to_string()),
            ],
        }
    }
}

/// Everything that is told, in order: names without `zk_`.
type Metrics = Vec<(&'static str, Metric)>;

fn plain(value: impl ToString) -> Metric {
    Metric::Plain(value.to_string())
}

impl Server {
    /// What scripts know a server's part by.
    pub fn mode(&self) -> &'static str {
        match self.peer.role() {
            _ if self.read_only => "read-only",
            Role::Leading if self.config.standalone => "standalone",
            Role::Leading => "leader",
            Role::Following(_) => "follower",
            Role::Observing(_) => "observer",
            Role::Looking => "looking",
        }
    }

    /// Whether it serves as a member of an ensemble: not alone, and not reads only
    /// (`QuorumZooKeeperServer`).
    pub(super) fn serves_as_member(&self) -> bool {
        !self.config.standalone && !self.read_only
    }

    /// Whom it follows or observes, or itself.
    pub(super) fn leader_id(&self) -> Option<crate::base::ServerId> {
        match self.peer.role() {
            Role::Leading => Some(self.config.id),
            Role::Following(leader) | Role::Observing(leader) => Some(leader),
            Role::Looking => None,
        }
    }

    /// Its phase, in ZooKeeper's words (`ZabState`). What its leader has not yet let it serve is not
    /// yet the broadcast.
    pub(super) fn zab_state(&self) -> &'static str {
        match self.peer.zab_state() {
            "broadcast" if self.serving.is_none() => "synchronization",
            state => state,
        }
    }

    fn peer_state(&self) -> String {
        match self.peer.role() {
            Role::Looking => "looking".to_owned(),
            Role::Leading => format!("leading - {}", self.zab_state()),
            Role::Following(_) => format!("following - {}", self.zab_state()),
            Role::Observing(_) => format!("observing - {}", self.zab_state()),
        }
    }

    /// ZooKeeper counts the root under both of its names.
    pub(super) fn node_count(&self) -> usize {
        self.tree.len() + 1
    }

    pub(super) fn uptime_ms(&self) -> u64 {
        self.now.time.since(self.began).0
    }

    pub(super) fn mntr(&mut self, measures: &Measures) -> String {
        let mut text = String::new();
        for (name, metric) in self.monitor(measures) {
            for (key, value) in metric.lines(name) {
                let _ = writeln!(text, "zk_{key}\t{value}");
            }
        }
        text
    }

    /// What `mntr` tells and what is offered as metrics. What nobody has measured is left out.
    pub fn monitor(&self, measures: &Measures) -> Vec<(&'static str, Metric)> {
        let mut all = vec![("version", plain(VERSION)), ("server_state", plain(self.mode()))];
        if self.serves_as_member() {
            all.push(("peer_state", plain(self.peer_state())));
        }
        if let (Role::Observing(_), Some(master)) = (self.peer.role(), self.peer.master()) {
            all.push(("observer_master_id", plain(master.0)));
        }
        self.gauges(measures, &mut all);
        self.counters(&mut all);
        self.times(measures, &mut all);
        all
    }

    fn gauges(&self, measures: &Measures, all: &mut Metrics) {
        let stats = &self.stats;
        let [last_answer, min_answer, max_answer] = stats.answers.told();
        let [last_proposal, min_proposal, max_proposal] = stats.proposals.told();
        let leads = self.leads() && !self.config.standalone;
        let files = measures.process.and_then(|it| it.files);
        let learners: Vec<_> = self.peer.attendance().collect();
        let synced =
            |observes: bool| learners.iter().filter(move |it| it.synced && it.observes == observes);
        let membership = self.peer.membership();
        let non_voting = synced(false).filter(|it| !membership.votes(it.server)).count();
        let leading_since = self.peer.established_at().unwrap_or(self.now.time);
        let ephemerals: usize = self.tree.ephemerals().map(|(_, paths)| paths.len()).sum();
        let own = |name, metric| Some((name, metric));
        let of_leader = |name, metric| leads.then_some((name, metric));
        let follows = matches!(self.peer.role(), Role::Following(_));
        let of_master = |name, metric| (leads || follows).then_some((name, metric));
        let of_files = |name, value: Option<u64>| value.map(|it| (name, plain(it)));
        let lines = [
            own("ephemerals_count", plain(ephemerals)),
            own("num_alive_connections", plain(self.conns.len())),
            own("avg_latency", plain(stats.latency.mean())),
            of_leader("min_proposal_size", plain(min_proposal)),
            own("outstanding_requests", plain(self.outstanding_count)),
            own("znode_count", plain(self.node_count())),
            own("global_sessions", plain(self.tree.sessions().len())),
            own("last_client_response_size", plain(last_answer)),
            own("packets_sent", plain(stats.sent)),
            own("packets_received", plain(stats.received)),
            of_leader("max_proposal_size", plain(max_proposal)),
            own("max_client_response_size", plain(max_answer)),
            of_leader("synced_followers", plain(synced(false).count())),
            own("watch_count", plain(self.watches.len())),
            of_leader("synced_non_voting_followers", plain(non_voting)),
            of_master("synced_observers", plain(synced(true).count())),
            own("auth_failed_count", plain(stats.counts.auth_failed)),
            own("min_latency", plain(stats.latency.min_ms())),
            of_files("max_file_descriptor_count", files.map(|it| it.max)),
            own("approximate_data_size", plain(self.tree.data_bytes())),
            of_files("open_file_descriptor_count", files.map(|it| it.open)),
            of_leader("last_proposal_size", plain(last_proposal)),
            of_leader("pending_syncs", plain(self.syncs.len())),
            of_leader("leader_uptime", plain(self.now.time.since(leading_since).0)),
            own("local_sessions", plain(self.locals.len())),
            own("uptime", plain(self.uptime_ms())),
            own("max_latency", plain(stats.latency.max_ms())),
            of_leader("learners", plain(learners.len())),
            own("min_client_response_size", plain(min_answer)),
            (!self.config.standalone).then(|| ("quorum_size", plain(membership.voters().count()))),
        ];
        all.extend(lines.into_iter().flatten());
    }

    fn counters(&self, all: &mut Metrics) {
        let counts = &self.stats.counts;
        let lines = [
            ("proposal_count", counts.proposals),
            ("connection_rejected", counts.connection_rejected),
            ("sessionless_connections_expired", counts.sessionless_expired),
            ("looking_count", counts.looking),
            ("connection_drop_count", counts.connection_drops),
            ("learner_proposal_received_count", counts.learner_proposals),
            ("bytes_received_count", counts.bytes_received),
            ("learner_commit_received_count", counts.learner_commits),
            ("connection_request_count", counts.connection_requests),
            ("diff_count", counts.diffs),
            ("connection_revalidate_count", counts.connection_revalidations),
            ("snap_count", counts.snaps),
            ("commit_count", counts.commits),
            ("stale_sessions_expired", counts.stale_sessions),
            ("revalidate_count", counts.revalidations),
            ("large_requests_rejected", counts.large_requests_rejected),
            ("throttled_ops", counts.throttled_ops),
        ];
        all.extend(lines.map(|(name, count)| (name, plain(count))));
    }

    fn times(&self, measures: &Measures, all: &mut Metrics) {
        let stats = &self.stats;
        all.extend(measures.process.map(|it| ("fsynctime", Metric::Times(it.syncs))));
        all.extend([
            ("snapshottime", Metric::Times(stats.snapshots)),
            ("election_time", Metric::Times(stats.elections)),
            ("updatelatency", Metric::Times(stats.updates)),
            ("readlatency", Metric::Times(stats.reads)),
        ]);
    }
}
