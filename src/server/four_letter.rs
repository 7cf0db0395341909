//! Four-letter words: a server tells how it is, as text (`zookeeper.md`, A.11).
//!
//! A word stands in the place of the first frame's length. Whoever asks gets the answer, and the
//! connection ends.

use super::config::Words;
use super::connections::{Connection, Stage};
use super::io::Effect;
use super::server::Server;
use super::stats::{Stats, Traffic};
use crate::base::ConnId;
use crate::history::Role;
use crate::storage::DiskSizes;
use crate::tree::WatchKind;
use Answer::{Measured, Now};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// Which ZooKeeper scripts should take this server for; the build's own version stands behind it.
pub const VERSION: &str = concat!("3.9.5-menagerie-", env!("CARGO_PKG_VERSION"), ", built on 2026");

/// What a server answers that has no leader.
const NOT_SERVING: &str = "This ZooKeeper instance is not currently serving requests\n";

/// What a server says to a word.
enum Answer {
    /// What it knows.
    Now(fn(&mut Server) -> String),
    /// What the disk knows.
    Measured,
}

/// Answers to a word, in the order in which they are listed.
const ALL: &[(&str, Answer)] = &[
    ("ruok", Now(|_| "imok".to_owned())),
    ("srvr", Now(|it| it.when_serving(|it| format!("{}{}", it.version_line(), it.server_lines())))),
    ("stat", Now(|it| it.when_serving(Server::stat))),
    ("mntr", Now(|it| it.when_serving(Server::mntr))),
    ("conf", Now(|it| it.when_serving(Server::conf))),
    ("cons", Now(|it| it.when_serving(|it| it.connection_lines(true) + "\n"))),
    ("dump", Now(|it| it.when_serving(Server::dump))),
    ("envi", Now(|it| it.envi())),
    ("wchs", Now(|it| it.when_serving(Server::wchs))),
    ("wchc", Now(|it| it.when_serving(Server::wchc))),
    ("wchp", Now(|it| it.when_serving(Server::wchp))),
    ("dirs", Measured),
    ("isro", Now(Server::isro)),
    ("crst", Now(|it| it.when_serving(Server::crst))),
    ("srst", Now(|it| it.when_serving(Server::srst))),
    ("gtmk", Now(|_| "256".to_owned())),
    ("stmk", Now(|_| "256".to_owned())),
    ("hash", Now(|it| it.when_serving(Server::hash))),
];

impl Server {
    /// Answers a connection whose first bytes are a word, and ends it; or has the disk asked first.
    /// False when they are none, or not yet whole.
    pub(super) fn answer_word(&mut self, conn: ConnId) -> bool {
        let Some(first) = self.conns.get(&conn).and_then(|it| it.frames.waiting().first_chunk())
        else {
            return false;
        };
        let first: [u8; 4] = *first;
        let Some((word, answer)) = ALL.iter().find(|it| it.0.as_bytes() == first) else {
            return false;
        };
        let allowed = match &self.config.words {
            Words::All => true,
            Words::These(words) => words.contains(*word),
        };
        let text = match answer {
            _ if !allowed => {
                format!("{word} is not executed because it is not in the whitelist.\n")
            }
            Answer::Now(answer) => answer(self),
            Answer::Measured if self.is_up() => {
                self.conns.get_mut(&conn).expect("it has asked").stage = Stage::Measuring;
                self.effects.push(Effect::MeasureDisk { conn });
                return true;
            }
            Answer::Measured => NOT_SERVING.to_owned(),
        };
        self.say(conn, text);
        true
    }

    /// The disk says how large its files are. Whoever asked may have gone.
    pub(super) fn disk_measured(&mut self, conn: ConnId, sizes: DiskSizes) {
        if self.conns.get(&conn).is_some_and(|it| it.stage == Stage::Measuring) {
            let DiskSizes { data, log } = sizes;
            self.say(conn, format!("datadir_size: {data}\nlogdir_size: {log}\n"));
        }
    }

    fn say(&mut self, conn: ConnId, text: String) {
        self.send(conn, text.into_bytes());
        self.close_client(conn);
    }

    fn is_up(&self) -> bool {
        self.serving.is_some() || self.read_only
    }

    fn when_serving(&mut self, answer: impl Fn(&mut Server) -> String) -> String {
        if self.is_up() { answer(self) } else { NOT_SERVING.to_owned() }
    }

    fn version_line(&self) -> String {
        format!("Zookeeper version: {VERSION}\n")
    }

    /// What scripts know a server's part by.
    pub fn mode(&self) -> &'static str {
        match self.peer.role() {
            _ if self.read_only => "read-only",
            Role::Leading if self.config.ensemble.members.len() <= 1 => "standalone",
            Role::Leading => "leader",
            Role::Following(_) => "follower",
            Role::Observing(_) => "observer",
            Role::Looking => "looking",
        }
    }

    fn server_lines(&self) -> String {
        let stats = &self.stats;
        let latency = &stats.latency;
        let mut text = String::new();
        let _ = writeln!(
            text,
            "Latency min/avg/max: {}/{}/{}",
            latency.min_ms(),
            latency.mean(),
            latency.max_ms()
        );
        let _ = writeln!(text, "Received: {}\nSent: {}", stats.received, stats.sent);
        let _ = writeln!(text, "Connections: {}", self.conns.len());
        let _ = writeln!(text, "Outstanding: {}", self.outstanding_count);
        let _ = writeln!(text, "Zxid: {:#x}\nMode: {}", self.processed().to_wire(), self.mode());
        let _ = writeln!(text, "Node count: {}", self.node_count());
        if self.mode() == "leader" {
            let (last, min, max) = self.proposal_sizes();
            let _ = writeln!(text, "Proposal sizes last/min/max: {last}/{min}/{max}");
        }
        text
    }

    /// ZooKeeper counts the root under both of its names.
    pub(super) fn node_count(&self) -> usize {
        self.tree.len() + 1
    }

    /// −1 before the first one.
    fn proposal_sizes(&self) -> (i64, i64, i64) {
        let sizes = self.stats.proposal_bytes;
        sizes.map_or((-1, -1, -1), |(last, min, max)| (last as i64, min as i64, max as i64))
    }

    fn stat(&mut self) -> String {
        format!(
            "{}Clients:\n{}\n{}",
            self.version_line(),
            self.connection_lines(false),
            self.server_lines()
        )
    }

    fn connection_lines(&self, whole: bool) -> String {
        let lines = self.conns.values().map(|it| self.connection_line(it, whole));
        lines.collect()
    }

    fn connection_line(&self, it: &Connection, whole: bool) -> String {
        let traffic = &it.traffic;
        let mut line = format!(
            " /{}[{}](queued=0,recved={},sent={}",
            it.from,
            u8::from(it.session().is_some()),
            traffic.received,
            traffic.sent
        );
        if let Some(session) = it.session().filter(|_| whole) {
            let (opcode, xid, zxid) = traffic.last.unwrap_or((0, Default::default(), -1));
            let wall =
                |time: crate::base::Time| self.now.wall_ms - self.now.time.since(time).0 as i64;
            let _ = write!(
                line,
                ",sid={session},lop={},est={},to={},lcxid={:#x},lzxid={zxid:#x},lresp={}",
                name_of(opcode),
                wall(traffic.since),
                it.timeout_ms,
                xid.0,
                wall(traffic.answered)
            );
            let _ = write!(
                line,
                ",llat={},minlat={},avglat={},maxlat={}",
                traffic.last_ms,
                traffic.latency.min_ms(),
                traffic.latency.mean_ms(),
                traffic.latency.max_ms()
            );
        }
        line + ")\n"
    }

    fn mntr(&mut self) -> String {
        let lines = self.monitor();
        lines.into_iter().fold(String::new(), |text, (key, it)| format!("{text}zk_{key}\t{it}\n"))
    }

    /// What `mntr` tells and what is offered as metrics: names without `zk_`, and values.
    pub fn monitor(&self) -> Vec<(&'static str, String)> {
        let latency = &self.stats.latency;
        let watch_count = self.watches.len();
        let ephemerals: usize = self.tree.ephemerals().map(|(_, paths)| paths.len()).sum();
        let mut all = vec![
            ("version", VERSION.to_owned()),
            ("server_state", self.mode().to_owned()),
            ("peer_state", self.phase_name().to_owned()),
            ("avg_latency", latency.mean()),
            ("min_latency", latency.min_ms().to_string()),
            ("max_latency", latency.max_ms().to_string()),
            ("packets_received", self.stats.received.to_string()),
            ("packets_sent", self.stats.sent.to_string()),
            ("num_alive_connections", self.conns.len().to_string()),
            ("outstanding_requests", self.outstanding_count.to_string()),
            ("znode_count", self.node_count().to_string()),
            ("watch_count", watch_count.to_string()),
            ("ephemerals_count", ephemerals.to_string()),
            ("approximate_data_size", self.tree.data_bytes().to_string()),
            ("global_sessions", self.tree.sessions().len().to_string()),
            ("local_sessions", self.locals.len().to_string()),
            ("uptime", self.now.time.since(self.began).0.to_string()),
            ("quorum_size", self.config.ensemble.voters().count().to_string()),
        ];
        if self.mode() == "leader" {
            let (last, min, max) = self.proposal_sizes();
            let (learners, synced) = self.peer.learner_counts();
            all.extend([
                ("learners", learners.to_string()),
                ("synced_followers", synced.to_string()),
                ("pending_syncs", self.syncs.len().to_string()),
                ("last_proposal_size", last.to_string()),
                ("min_proposal_size", min.to_string()),
                ("max_proposal_size", max.to_string()),
            ]);
        }
        all
    }

    fn phase_name(&self) -> &'static str {
        match self.peer.role() {
            Role::Looking => "looking",
            Role::Leading if self.serving.is_some() => "leading - broadcast",
            Role::Leading => "leading - synchronization",
            Role::Following(_) if self.serving.is_some() => "following - broadcast",
            Role::Following(_) => "following - synchronization",
            Role::Observing(_) if self.serving.is_some() => "observing - broadcast",
            Role::Observing(_) => "observing - synchronization",
        }
    }

    fn conf(&mut self) -> String {
        let config = &self.config;
        let mut lines = config.told.configuration.clone();
        let mut add = |key: &str, value: String| lines.push((key.to_owned(), value));
        add("tickTime", config.tick_ms.to_string());
        add("maxClientCnxns", config.clients.per_address_max.to_string());
        add("minSessionTimeout", config.min_session_timeout_ms.to_string());
        add("maxSessionTimeout", config.max_session_timeout_ms.to_string());
        add("serverId", config.id.0.to_string());
        if config.ensemble.members.len() > 1 {
            add("initLimit", config.init_limit_ticks.to_string());
            add("syncLimit", config.sync_limit_ticks.to_string());
            add("electionAlg", "3".to_owned());
            add("membership", format!("\n{}", config.ensemble));
        }
        lines.iter().map(|(key, value)| format!("{key}={value}\n")).collect()
    }

    fn envi(&self) -> String {
        let known = [("zookeeper.version".to_owned(), VERSION.to_owned())];
        let lines = known.iter().chain(&self.config.told.environment);
        let lines: String = lines.map(|(key, value)| format!("{key}={value}\n")).collect();
        format!("Environment:\n{lines}")
    }

    fn dump(&mut self) -> String {
        let mut text = "SessionTracker dump:\n".to_owned();
        let sessions = self.tree.sessions();
        let _ = writeln!(text, "Global Sessions({}):", sessions.len());
        for (session, timeout_ms) in sessions {
            let _ = writeln!(text, "{session}\t{timeout_ms}ms");
        }
        text += "ephemeral nodes dump:\n";
        let _ = writeln!(text, "Sessions with Ephemerals ({}):", self.tree.ephemerals().count());
        for (session, paths) in self.tree.ephemerals() {
            let _ = writeln!(text, "{session}:");
            paths.iter().for_each(|path| text += &format!("\t{path}\n"));
        }
        let _ = writeln!(text, "Connections dump:\nConnections Sets ({})", self.conns.len());
        text
    }

    fn wchs(&mut self) -> String {
        let conns = self.watches.by_conn().count();
        let paths: BTreeSet<_> = self.watches.by_path().map(|((_, path), _)| path).collect();
        let total = self.watches.len();
        format!("{conns} connections watching {} paths\nTotal watches:{total}\n", paths.len())
    }

    fn wchc(&mut self) -> String {
        let mut text = String::new();
        for (conn, watches) in self.watches.by_conn() {
            let session = self.conns.get(&conn).and_then(Connection::session).unwrap_or_default();
            let _ = writeln!(text, "{session}");
            let paths: BTreeSet<_> = watches.iter().map(|(_, path)| path).collect();
            paths.into_iter().for_each(|path| text += &format!("\t{path}\n"));
        }
        text + "\n"
    }

    fn wchp(&mut self) -> String {
        let mut sessions: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for ((_, path), conns) in self.watches.by_path() {
            let of = |conn| self.conns.get(&conn).and_then(Connection::session);
            sessions.entry(path).or_default().extend(conns.filter_map(of));
        }
        let mut text = String::new();
        for (path, sessions) in sessions {
            let _ = writeln!(text, "{path}");
            sessions.into_iter().for_each(|session| text += &format!("\t{session}\n"));
        }
        text + "\n"
    }

    fn isro(&mut self) -> String {
        let how = if self.serving.is_some() { "rw" } else { "null" };
        if self.read_only { "ro" } else { how }.to_owned()
    }

    fn crst(&mut self) -> String {
        let now = self.now.time;
        for it in self.conns.values_mut() {
            it.traffic = Traffic { since: it.traffic.since, ..Traffic::new(now) };
        }
        "Connection stats reset.\n".to_owned()
    }

    fn srst(&mut self) -> String {
        self.stats = Stats::default();
        "Server stats reset.\n".to_owned()
    }

    fn hash(&mut self) -> String {
        format!("{:#x}\t2\t{:#x}\n", self.tree.last().to_wire(), self.tree.digest())
    }

    /// How many watches there are of a kind.
    pub fn watch_count(&self, kind: WatchKind) -> usize {
        self.watches.by_path().filter(|((of, _), _)| *of == kind).count()
    }
}

/// The operation's name as ZooKeeper abbreviates it (`Request.op2String`, upper case).
pub(super) fn name_of(number: i32) -> &'static str {
    use crate::wire::opcode;
    match number {
        opcode::CREATE => "CREA",
        opcode::DELETE => "DELE",
        opcode::EXISTS => "EXIS",
        opcode::GET_DATA => "GETD",
        opcode::SET_DATA => "SETD",
        opcode::GET_ACL => "GETA",
        opcode::SET_ACL => "SETA",
        opcode::GET_CHILDREN | opcode::GET_CHILDREN2 => "GETC",
        opcode::SYNC => "SYNC",
        opcode::PING => "PING",
        opcode::CHECK => "CHEC",
        opcode::MULTI => "MULT",
        opcode::CREATE2 => "CRE2",
        opcode::CLOSE_SESSION => "CLOS",
        opcode::AUTH => "AUTH",
        opcode::SET_WATCHES => "SETW",
        opcode::SET_WATCHES2 => "SETW2",
        opcode::ADD_WATCH => "ADDW",
        opcode::CHECK_WATCHES => "CHKW",
        opcode::REMOVE_WATCHES => "REMW",
        _ => "NA",
    }
}
