//! Four-letter words: a server tells how it is, as text (`zookeeper.md`, A.11).
//!
//! A word stands in the place of the first frame's length. Whoever asks gets the answer, and the
//! connection ends.

use super::config::Words;
use super::connections::{Connection, Stage};
use super::io::Effect;
use super::measures::Measures;
use super::monitor::VERSION;
use super::server::Server;
use crate::base::{ConnId, SessionId};
use crate::storage::DiskSizes;
use crate::tree::WatchKind;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// What a server answers that has no leader.
const NOT_SERVING: &str = "This ZooKeeper instance is not currently serving requests\n";
/// What `gtmk` tells before the first `stmk` (`ZooTrace`).
pub(super) const TRACE_MASK: i64 = 306;
/// The word that a number of 8 bytes follows.
const SET_TRACE_MASK: &str = "stmk";

/// Who can answer a word.
#[derive(Clone, Copy, PartialEq, Eq)]
enum When {
    /// Every server.
    Always,
    /// One that serves.
    Serving,
    /// One that serves, once it is measured what it cannot know.
    Measured,
}
use When::{Always, Measured, Serving};

struct Word {
    name: &'static str,
    when: When,
    answer: fn(&mut Server, &Measures) -> String,
}

const fn word(
    name: &'static str,
    when: When,
    answer: fn(&mut Server, &Measures) -> String,
) -> Word {
    Word { name, when, answer }
}

/// In the order in which they are listed.
const ALL: &[Word] = &[
    word("ruok", Always, |_, _| "imok".to_owned()),
    word("srvr", Serving, |it, _| it.version_line() + &it.server_lines()),
    word("stat", Serving, |it, _| it.stat()),
    word("mntr", Measured, Server::mntr),
    word("conf", Measured, |it, measures| it.conf(&measures.sizes)),
    word("cons", Serving, |it, _| it.connection_lines(true) + "\n"),
    word("dump", Serving, |it, _| it.dump()),
    word("envi", Always, |it, _| it.envi()),
    word("wchs", Serving, |it, _| it.wchs()),
    word("wchc", Serving, |it, _| it.wchc()),
    word("wchp", Serving, |it, _| it.wchp()),
    word("dirs", Measured, |_, measures| dirs(&measures.sizes)),
    word("isro", Always, |it, _| it.isro()),
    word("crst", Serving, |it, _| it.crst()),
    word("srst", Serving, |it, _| it.srst()),
    word("gtmk", Always, |it, _| it.trace_mask.to_string()),
    word(SET_TRACE_MASK, Always, |it, _| it.trace_mask.to_string()),
    word("hash", Serving, |it, _| it.hash()),
];

impl Server {
    /// Answers a connection whose first bytes are a word, and ends it; or has measured first what it
    /// does not know. False when they are none, or not yet whole.
    pub(super) fn answer_word(&mut self, conn: ConnId) -> bool {
        let Some(bytes) = self.conns.get(&conn).map(|it| it.frames.waiting()) else { return false };
        let Some((first, rest)) = bytes.split_first_chunk::<4>() else { return false };
        let Some(word) = ALL.iter().find(|it| it.name.as_bytes() == first) else { return false };
        let allowed = match &self.config.words {
            Words::All => true,
            Words::These(words) => words.contains(word.name),
        };
        if allowed && word.name == SET_TRACE_MASK {
            // Without a mask nothing is said. It may be on its way.
            let Some(mask) = rest.first_chunk::<8>() else { return true };
            self.trace_mask = i64::from_be_bytes(*mask);
        }
        self.count_received(conn, first.len());
        if !allowed {
            let name = word.name;
            let refusal = format!("{name} is not executed because it is not in the whitelist.\n");
            self.say(conn, refusal);
        } else if word.when != Always && !self.is_up() {
            self.say(conn, NOT_SERVING.to_owned());
        } else if word.when == Measured {
            self.set_measuring(conn, word.name);
        } else {
            let text = (word.answer)(self, &Measures::default());
            self.say(conn, text);
        }
        true
    }

    fn set_measuring(&mut self, conn: ConnId, word: &'static str) {
        self.conns.get_mut(&conn).expect("it has asked").stage = Stage::Measuring { word };
        self.effects.push(Effect::Measure { conn });
    }

    /// What was missing for an answer is there. Whoever asked may have gone.
    pub(super) fn measured(&mut self, conn: ConnId, measures: &Measures) {
        let Some(Connection { stage: Stage::Measuring { word }, .. }) = self.conns.get(&conn)
        else {
            return;
        };
        let word = ALL.iter().find(|it| it.name == *word).expect("it was found before");
        let text = (word.answer)(self, measures);
        self.say(conn, text);
    }

    fn say(&mut self, conn: ConnId, text: String) {
        if !text.is_empty() {
            self.count_sent(conn);
            self.send(conn, text.into_bytes());
        }
        self.close_client(conn);
    }

    /// Whether it answers at all, be it reads only.
    pub(super) fn is_up(&self) -> bool {
        self.serving.is_some() || self.read_only
    }

    fn version_line(&self) -> String {
        format!("Zookeeper version: {VERSION}\n")
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
            let [last, min, max] = stats.proposals.told();
            let _ = writeln!(text, "Proposal sizes last/min/max: {last}/{min}/{max}");
        }
        text
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
            " /{}[{}](queued={},recved={},sent={}",
            it.from,
            it.interest_ops(),
            it.waiting.len(),
            traffic.received,
            traffic.sent
        );
        if let Some(session) = it.session().filter(|_| whole) {
            let _ = write!(
                line,
                ",sid={session},lop={},est={},to={}",
                name_of(traffic.last_opcode),
                self.wall_ms_at(traffic.since),
                it.timeout_ms
            );
            if let Some(xid) = traffic.last_xid {
                let _ = write!(line, ",lcxid={:#x}", xid.0);
            }
            let zxid = traffic.last_zxid.map_or(-1, |it| it.to_wire());
            let _ = write!(line, ",lzxid={zxid:#x},lresp={}", traffic.answered.as_ms());
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

    /// Of an ensemble, the lines behind `membership:` are those of the configuration in force. Who only
    /// reads leaves them out (`ReadOnlyZooKeeperServer.dumpConf`).
    fn conf(&mut self, sizes: &DiskSizes) -> String {
        let config = &self.config;
        let mut text = String::new();
        let mut add = |key: &str, value: String| text += &format!("{key}={value}\n");
        for (key, value) in &config.told.configuration {
            add(key, value.clone());
            match key.as_str() {
                "dataDir" => add("dataDirSize", sizes.data.to_string()),
                "dataLogDir" => add("dataLogSize", sizes.log.to_string()),
                _ => {}
            }
        }
        add("tickTime", config.tick_ms.to_string());
        add("maxClientCnxns", config.clients.per_address_max.to_string());
        add("minSessionTimeout", config.min_session_timeout_ms.to_string());
        add("maxSessionTimeout", config.max_session_timeout_ms.to_string());
        add("clientPortListenBacklog", "-1".to_owned());
        add("serverId", self.told_id().to_string());
        if !config.standalone {
            let membership = self.peer.membership();
            add("initLimit", config.init_limit_ticks.to_string());
            add("syncLimit", config.sync_limit_ticks.to_string());
            add("electionAlg", "3".to_owned());
            if let Some(own) = membership.members.get(&config.id) {
                add("electionPort", own.election.port.to_string());
                add("quorumPort", own.quorum.port.to_string());
            }
            add("peerType", u8::from(!membership.votes(config.id)).to_string());
            if !self.read_only {
                text += &format!("membership: \n{membership}");
            }
        }
        text
    }

    /// A server that stands alone has no number of its own.
    pub(super) fn told_id(&self) -> u8 {
        if self.config.standalone { 0 } else { self.config.id.0 }
    }

    fn envi(&self) -> String {
        let known = [("zookeeper.version".to_owned(), VERSION.to_owned())];
        let lines = known.iter().chain(&self.config.told.environment);
        let lines: String = lines.map(|(key, value)| format!("{key}={value}\n")).collect();
        format!("Environment:\n{lines}")
    }

    fn wchs(&mut self) -> String {
        let [conns, paths, watches] = self.watch_counts();
        format!("{conns} connections watching {paths} paths\nTotal watches:{watches}\n")
    }

    fn wchc(&mut self) -> String {
        let mut text = String::new();
        for (session, paths) in self.watched_by_session() {
            let _ = writeln!(text, "{session}");
            paths.into_iter().for_each(|path| text += &format!("\t{path}\n"));
        }
        text + "\n"
    }

    fn wchp(&mut self) -> String {
        let mut text = String::new();
        for (path, sessions) in self.watching_by_path() {
            let _ = writeln!(text, "{path}");
            sessions.into_iter().for_each(|session| text += &format!("\t{session}\n"));
        }
        text + "\n"
    }

    /// How many connections watch data, of how many znodes, and how many such watches there are.
    /// Those on children stand in a table of their own, of which ZooKeeper tells nothing.
    pub(super) fn watch_counts(&self) -> [usize; 3] {
        let by_path = self.watching_by_path();
        let watches = self.data_watches().count();
        [self.watched_by_session().len(), by_path.len(), watches]
    }

    /// What each session watches the data of.
    pub(super) fn watched_by_session(&self) -> BTreeMap<SessionId, BTreeSet<&str>> {
        let mut watched: BTreeMap<SessionId, BTreeSet<&str>> = BTreeMap::new();
        for (path, session) in self.data_watches() {
            watched.entry(session).or_default().insert(path);
        }
        watched
    }

    /// Which sessions watch the data of each znode.
    pub(super) fn watching_by_path(&self) -> BTreeMap<&str, BTreeSet<SessionId>> {
        let mut watching: BTreeMap<&str, BTreeSet<SessionId>> = BTreeMap::new();
        for (path, session) in self.data_watches() {
            watching.entry(path).or_default().insert(session);
        }
        watching
    }

    fn data_watches(&self) -> impl Iterator<Item = (&str, SessionId)> {
        let session = |conn| self.conns.get(&conn).and_then(Connection::session);
        let data = self.watches.by_path().filter(|((kind, _), _)| *kind == WatchKind::Data);
        data.flat_map(move |((_, path), conns)| {
            conns.map(move |conn| (path.as_str(), session(conn).unwrap_or_default()))
        })
    }

    fn isro(&mut self) -> String {
        let how = if self.serving.is_some() { "rw" } else { "null" };
        if self.read_only { "ro" } else { how }.to_owned()
    }

    fn crst(&mut self) -> String {
        self.recount_connections();
        "Connection stats reset.\n".to_owned()
    }

    fn srst(&mut self) -> String {
        self.recount();
        "Server stats reset.\n".to_owned()
    }

    fn hash(&mut self) -> String {
        let line =
            |(zxid, digest): &(crate::base::Zxid, u64)| format!("{:x}: {digest}\n", zxid.to_wire());
        self.digests.iter().map(line).collect()
    }
}

fn dirs(sizes: &DiskSizes) -> String {
    format!("datadir_size: {}\nlogdir_size: {}\n", sizes.data, sizes.log)
}

/// An operation's name as ZooKeeper tells it (`FinalRequestProcessor`); `NA` before the first one.
pub(super) fn name_of(number: Option<i32>) -> &'static str {
    use crate::wire::opcode;
    match number.unwrap_or(0) {
        opcode::CREATE | opcode::CREATE2 | opcode::CREATE_CONTAINER | opcode::CREATE_TTL => "CREA",
        opcode::DELETE | opcode::DELETE_CONTAINER => "DELE",
        opcode::EXISTS => "EXIS",
        opcode::GET_DATA => "GETD",
        opcode::SET_DATA => "SETD",
        opcode::GET_ACL => "GETA",
        opcode::SET_ACL => "SETA",
        opcode::GET_CHILDREN | opcode::GET_CHILDREN2 => "GETC",
        opcode::GET_ALL_CHILDREN_NUMBER => "GETACN",
        opcode::GET_EPHEMERALS => "GETE",
        opcode::SYNC => "SYNC",
        opcode::PING => "PING",
        opcode::CHECK => "CHEC",
        opcode::MULTI => "MULT",
        opcode::MULTI_READ => "MLTR",
        opcode::RECONFIG => "RECO",
        opcode::CREATE_SESSION => "SESS",
        opcode::CLOSE_SESSION => "CLOS",
        opcode::SET_WATCHES | opcode::SET_WATCHES2 => "SETW",
        opcode::ADD_WATCH => "ADDW",
        opcode::CHECK_WATCHES => "CHKW",
        opcode::REMOVE_WATCHES => "REMW",
        opcode::WHO_AM_I => "HOMI",
        _ => "NA",
    }
}
