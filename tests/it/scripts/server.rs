//! Plays a script for whole servers: one, or several with a network between them that delivers at
//! once, each with a disk that works at once unless it is held.
//!
//! `servers 3 observers=1 KEY=VALUE local upgrades read_only masters` (`masters`: followers serve the
//! observers; with `spares=1` there are more servers, which wait for a part, and members can change;
//! `acl=kept` then lets nobody change them, `alone` makes no ensemble); then lines `MS WHAT`: time
//! passes up to there, with every tick that a server
//! asks for. `start s1`, `crash s1` (the power fails), `cut s1 s2`, `hold s1`, `release s1`, `state`; of
//! a client: `dial k1 s1`, `connect k1 timeout=4000 session=S last=1:5 password=wrong`, `hang up k1`,
//! `raw k1 HEX`, and `k1 XID REQUEST`, several joined by ` & ` in one piece. `session=a` is the first
//! session that was given out, `b` the second. `word s1 mntr` asks a server a four-letter word, with
//! bytes behind it as digits, and `admin s1 leader` a command of the AdminServer's.

use super::words::{ensemble_of, field, request, text_of_reply};
use crate::disk::{CRASHES, Disk};
use menagerie::base::{ConnId, ServerId, SessionId, Time, Xid};
use menagerie::history::Note;
use menagerie::ops::Reply;
use menagerie::server::{
    AdminCommand, ClientLimits, Config, DiskOp, Effect, INITIALIZE, Image, Input, Measures, Now,
    OperationSettings, Port, Rules, Server, SessionKinds, Trust, Words,
};
use menagerie::wire::{
    ConnectRequest, ConnectResponse, Frames, Membership, Reader, ReplyHeader, RequestHeader,
    WatcherEvent, Writer, opcode,
};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// Where everybody connects from; no server decides by it.
const FROM: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)), 1024);

/// The transcript of a script.
pub(super) fn play(script: &str) -> String {
    let mut stage = Stage::default();
    for line in script.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let _ = writeln!(stage.transcript, "{line}");
        stage.line(line);
    }
    stage.transcript
}

/// One end of a connection.
type End = (ServerId, ConnId);

#[derive(Default)]
struct Host {
    server: Option<Server>,
    disk: Disk,
    waiting: VecDeque<DiskOp>,
    held: bool,
}

#[derive(Default)]
struct Client {
    end: Option<End>,
    greeted: bool,
    /// It asks a word: what it hears is text.
    reads_text: bool,
    frames: Frames,
    /// What was asked, by xid.
    asked: BTreeMap<i32, i32>,
}

#[derive(Default)]
struct Stage {
    line: String,
    hosts: BTreeMap<ServerId, Host>,
    clients: BTreeMap<String, Client>,
    /// Who is at the other end, between servers.
    peers: BTreeMap<End, End>,
    cut: BTreeSet<(ServerId, ServerId)>,
    inputs: VecDeque<(ServerId, Input)>,
    sessions: Vec<(SessionId, Vec<u8>)>,
    conns: u64,
    now: Time,
    transcript: String,
}

impl Stage {
    fn line(&mut self, line: &str) {
        if let Some(config) = line.strip_prefix("servers ") {
            self.line = config.to_owned();
            let spares: u8 = field(line, "spares").map_or(0, |it| it.parse().unwrap());
            let count = ensemble_of(line).members.len() as u8 + spares;
            self.hosts = (1..=count).map(|id| (ServerId(id), Host::default())).collect();
            return;
        }
        let (ms, what) = line.split_once(' ').unwrap();
        self.pass(Time::from_ms(ms.parse().unwrap()));
        self.act(what);
        self.settle();
    }

    fn pass(&mut self, until: Time) {
        while let Some(at) = self.servers().map(|it| it.deadline()).min().filter(|&at| at <= until)
        {
            self.now = self.now.max(at);
            let due = self
                .hosts
                .iter()
                .filter(|(_, it)| it.server.as_ref().is_some_and(|it| it.deadline() <= self.now));
            let due: Vec<ServerId> = due.map(|(&id, _)| id).collect();
            self.inputs.extend(due.into_iter().map(|id| (id, Input::Tick)));
            self.settle();
        }
        self.now = until;
    }

    fn servers(&self) -> impl Iterator<Item = &Server> {
        self.hosts.values().filter_map(|it| it.server.as_ref())
    }

    fn act(&mut self, what: &str) {
        let words: Vec<&str> = what.split(' ').collect();
        let server = |at: usize| words[at].parse::<ServerId>().unwrap();
        match words[0] {
            "start" => self.start(server(1)),
            "crash" => self.crash(server(1)),
            "wipe" => self.hosts.get_mut(&server(1)).unwrap().disk = Disk::default(),
            "new" => {
                let marked = Image::from_iter([(INITIALIZE.to_owned(), Vec::new())]);
                self.hosts.get_mut(&server(1)).unwrap().disk = Disk::of(&marked);
            }
            "cut" => self.cut(server(1), server(2)),
            "hold" => self.hosts.get_mut(&server(1)).unwrap().held = true,
            "release" => self.hosts.get_mut(&server(1)).unwrap().held = false,
            "state" => self.show(),
            "dial" => self.dial(words[1], server(2)),
            "hang" => self.hang_up(words[2]),
            "connect" => self.greet(words[1], what),
            "raw" => self.send(words[1], bytes_of(words[2])),
            "word" => {
                self.dial("word", server(1));
                self.clients.get_mut("word").unwrap().reads_text = true;
                let more = words.get(3).map_or(Vec::new(), |digits| bytes_of(digits));
                self.send("word", [words[2].as_bytes(), &more].concat());
            }
            "admin" => self.administer(server(1), words[2]),
            _ => {
                let (name, requests) = what.split_once(' ').unwrap();
                let bytes: Vec<u8> =
                    requests.split(" & ").flat_map(|it| self.frame(name, it)).collect();
                self.send(name, bytes);
            }
        }
    }

    fn config(&self, id: ServerId) -> Config {
        let number =
            |key, otherwise| field(&self.line, key).map_or(otherwise, |it| it.parse().unwrap());
        let has = |word| self.line.split(' ').any(|it| it == word);
        let mut ensemble = ensemble_of(&format!("servers {}", self.line));
        if !ensemble.members.contains_key(&id) {
            ensemble.members.extend(Membership::named(&[id], &[]).members);
        }
        let reconfigures = field(&self.line, "spares").is_some();
        Config {
            standalone: has("alone"),
            operations: OperationSettings {
                reconfigures,
                skips_acl: reconfigures && field(&self.line, "acl").is_none(),
                standalone_enabled: false,
                ..OperationSettings::default()
            },
            trust: Trust { empty: !has("guarded"), ..Trust::default() },
            observer_master_port: has("masters").then_some(2_191),
            init_limit_ticks: 5,
            sync_limit_ticks: 2,
            sessions: SessionKinds {
                local: has("local"),
                upgrades: has("upgrades"),
                read_only: has("read_only"),
            },
            clients: ClientLimits {
                outstanding_max: number("outstanding", 1_000) as usize,
                requests_max: field(&self.line, "requests").map(|it| it.parse().unwrap()),
                wait_ms_max: field(&self.line, "wait_ms").map(|it| it.parse().unwrap()),
                large_from_bytes: field(&self.line, "large").map(|it| it.parse().unwrap()),
                large_bytes_max: number("large_max", 1_000) as usize,
                ..ClientLimits::default()
            },
            words: Words::All,
            snapshot_every: number("snapshot_every", 1000),
            snapshot_chunk: number("snapshot_chunk", 1000) as usize,
            commit_log_count: number("recent", 100) as usize,
            notification_max_ms: 1600,
            ..Config::new(id, ensemble, 1000)
        }
    }

    fn administer(&mut self, id: ServerId, command: &str) {
        let asked = AdminCommand { name: command.to_owned(), ..AdminCommand::default() };
        let answer = self.hosts.get_mut(&id).unwrap().server.as_mut().unwrap().admin(&asked);
        let fields = serde_json::to_string(&answer.fields).unwrap();
        self.say(&format!("{id} answers {}: {}", answer.status, unversioned(&fields)));
    }

    fn start(&mut self, id: ServerId) {
        let server = Server::new(self.config(id), Rules::CORRECT);
        self.hosts.get_mut(&id).unwrap().server = Some(server);
        self.inputs.push_back((id, Input::Start));
    }

    fn crash(&mut self, id: ServerId) {
        let host = self.hosts.get_mut(&id).unwrap();
        let disk = Disk::of(&host.disk.after(CRASHES[3]));
        *host = Host { disk, ..Host::default() };
        self.inputs.retain(|(to, _)| *to != id);
        let ends: Vec<End> = self.peers.keys().copied().filter(|end| end.0 == id).collect();
        ends.into_iter().for_each(|end| self.close(end));
        for (name, client) in &mut self.clients {
            if client.end.is_some_and(|end| end.0 == id) {
                client.end = None;
                let _ = writeln!(self.transcript, "  {name} is closed");
            }
        }
    }

    fn cut(&mut self, one: ServerId, other: ServerId) {
        self.cut.extend([(one, other), (other, one)]);
        let between = |(from, to): (&End, &End)| from.0 == one && to.0 == other;
        let ends: Vec<(End, End)> =
            self.peers.iter().filter(|&it| between(it)).map(|(&from, &to)| (from, to)).collect();
        for (from, to) in ends {
            self.close(from);
            self.inputs.push_back((from.0, Input::Closed { conn: from.1 }));
            self.peers.remove(&to);
        }
    }

    fn close(&mut self, end: End) {
        if let Some(other) = self.peers.remove(&end) {
            self.peers.remove(&other);
            self.inputs.push_back((other.0, Input::Closed { conn: other.1 }));
        }
    }

    fn fresh(&mut self) -> ConnId {
        self.conns += 1;
        ConnId(2 * self.conns - 1)
    }

    fn dial(&mut self, name: &str, to: ServerId) {
        let conn = self.fresh();
        let client = Client { end: Some((to, conn)), ..Client::default() };
        self.clients.insert(name.to_owned(), client);
        self.inputs.push_back((to, Input::Accepted { conn, port: Port::Client, from: FROM }));
    }

    fn hang_up(&mut self, name: &str) {
        let (to, conn) = self.clients.get_mut(name).unwrap().end.take().unwrap();
        self.inputs.push_back((to, Input::Closed { conn }));
    }

    fn send(&mut self, name: &str, bytes: Vec<u8>) {
        match self.clients[name].end {
            Some((to, conn)) => self.inputs.push_back((to, Input::Bytes { conn, bytes })),
            None => self.say(&format!("{name} has no connection")),
        }
    }

    fn greet(&mut self, name: &str, what: &str) {
        let known = field(what, "session").map(|it| usize::from(it.as_bytes()[0] - b'a'));
        let (session, mut password) =
            known.map_or((SessionId(0), vec![0; 16]), |at| self.sessions[at].clone());
        if field(what, "password") == Some("wrong") {
            password[0] ^= 1;
        }
        let request = ConnectRequest {
            protocol: 0,
            last_seen: field(what, "last").map_or(Default::default(), |it| it.parse().unwrap()),
            timeout_ms: field(what, "timeout").map_or(4000, |it| it.parse().unwrap()),
            session,
            password,
            read_only: Some(what.ends_with(" read_only")),
        };
        let mut to = Writer::onto(vec![0; 4]);
        request.encode(&mut to);
        self.send(name, Frames::seal(to.into_bytes()));
    }

    fn frame(&mut self, name: &str, what: &str) -> Vec<u8> {
        let (xid, asked) = what.split_once(' ').unwrap();
        let (xid, request) = (xid.parse().unwrap(), request(asked));
        self.clients.get_mut(name).unwrap().asked.insert(xid, request.opcode());
        let mut to = Writer::onto(vec![0; 4]);
        RequestHeader { xid: Xid(xid), opcode: request.opcode() }.encode(&mut to);
        request.encode(&mut to);
        Frames::seal(to.into_bytes())
    }

    /// Everything that takes no time.
    fn settle(&mut self) {
        loop {
            if let Some((to, input)) = self.inputs.pop_front() {
                self.handle(to, input);
                continue;
            }
            let ready = self.hosts.iter_mut().find(|(_, it)| !it.held && !it.waiting.is_empty());
            let Some((&id, host)) = ready else { return };
            let op = host.waiting.pop_front().unwrap();
            host.disk.perform(&op);
            if let DiskOp::Barrier { token } = op {
                self.inputs.push_back((id, Input::DiskDone { token }));
            }
        }
    }

    fn handle(&mut self, id: ServerId, input: Input) {
        let now = Now { time: self.now, wall_ms: self.now.as_ms() as i64 };
        let Some(server) = &mut self.hosts.get_mut(&id).unwrap().server else {
            return;
        };
        // A core forks by a copy: the copy does the same.
        let (mut twin, mut same, mut effects) = (server.clone(), Vec::new(), Vec::new());
        server.handle(now, input.clone(), &mut effects);
        server.assert_deep_invariants();
        twin.handle(now, input, &mut same);
        assert_eq!(effects, same);
        effects.into_iter().for_each(|effect| self.perform(id, effect));
    }

    fn perform(&mut self, id: ServerId, effect: Effect) {
        match effect {
            Effect::Dial { conn, to, port } => self.connect((id, conn), to, port),
            Effect::Send { conn, bytes } => match self.peers.get(&(id, conn)) {
                Some(&(to, conn)) => self.inputs.push_back((to, Input::Bytes { conn, bytes })),
                None => self.received((id, conn), &bytes),
            },
            Effect::Close { conn } if self.peers.contains_key(&(id, conn)) => {
                self.close((id, conn))
            }
            Effect::Close { conn } => {
                let client = self.clients.iter_mut().find(|(_, it)| it.end == Some((id, conn)));
                if let Some((name, client)) = client {
                    client.end = None;
                    let _ = writeln!(self.transcript, "  {name} is closed");
                }
            }
            Effect::Flush { conn } => self.inputs.push_back((id, Input::Flushed { conn })),
            Effect::Pause { conn } => self.say(&format!("{id} reads no more of {conn}")),
            Effect::Resume { conn } => self.say(&format!("{id} reads {conn} again")),
            Effect::Disk(op) => self.hosts.get_mut(&id).unwrap().waiting.push_back(op),
            Effect::ReadDisk => {
                let image = self.hosts[&id].disk.image();
                self.inputs.push_back((id, Input::Loaded { image }));
            }
            Effect::Measure { conn } => {
                let sizes = self.hosts[&id].disk.image().sizes();
                let measures = Measures { sizes, process: None };
                self.inputs.push_back((id, Input::Measured { conn, measures }));
            }
            Effect::Members(_) | Effect::Listen { .. } | Effect::Stranger { .. } => {}
            Effect::Note(note) => self.note(id, &note),
            Effect::Halt => self.say(&format!("{id} halts")),
        }
    }

    fn connect(&mut self, from: End, to: ServerId, port: Port) {
        let reachable = self.hosts[&to].server.is_some() && !self.cut.contains(&(from.0, to));
        if !reachable {
            return self.inputs.push_back((from.0, Input::ConnectFailed { conn: from.1 }));
        }
        let end = (to, self.fresh());
        self.peers.insert(from, end);
        self.peers.insert(end, from);
        self.inputs.push_back((to, Input::Accepted { conn: end.1, port, from: FROM }));
        self.inputs.push_back((from.0, Input::Connected { conn: from.1 }));
    }

    fn received(&mut self, end: End, bytes: &[u8]) {
        let client = self.clients.iter_mut().find(|(_, it)| it.end == Some(end));
        let Some((name, client)) = client else { return };
        if client.reads_text {
            for line in unversioned(std::str::from_utf8(bytes).unwrap()).lines() {
                let _ = writeln!(self.transcript, "  {}", format!("{name} < {line}").trim_end());
            }
            return;
        }
        client.frames.push(bytes);
        while let Some(frame) = client.frames.next().unwrap() {
            let text = if std::mem::replace(&mut client.greeted, true) {
                text_of_frame(frame, &client.asked)
            } else {
                let it = ConnectResponse::decode(frame).unwrap();
                let known = self.sessions.iter().any(|known| known.0 == it.session);
                if !known && it.timeout_ms > 0 {
                    self.sessions.push((it.session, it.password));
                }
                let how = if it.read_only == Some(true) { " read-only" } else { "" };
                format!("session {} timeout={}{how}", it.session, it.timeout_ms)
            };
            let _ = writeln!(self.transcript, "  {name} < {text}");
        }
    }

    /// What is of interest here; the rest is the agreement's and has its own scripts.
    fn note(&mut self, id: ServerId, note: &Note) {
        let text = match note {
            Note::Role(_) | Note::Stopped | Note::Truncated { .. } | Note::Snapshot { .. } => {
                format!("{note:?}")
            }
            Note::Loaded { .. } => format!("{note:?}"),
            Note::Failed { reason } => format!("failed: {reason}"),
            Note::Serving { zxid, .. } => format!("serving from {zxid}"),
            Note::Recovered { zxid, sessions, .. } => {
                format!("recovered {zxid}, {sessions} sessions")
            }
            Note::Installed { zxid, .. } => format!("installed {zxid}"),
            Note::Proposed { zxid, session, xid, change, .. } => {
                format!("proposed {zxid} session={session} xid={xid} {change:?}")
            }
            Note::Configured { version, members } => format!("goes over to {version} {members}"),
            Note::LocalSession { session } => format!("local {session}"),
            Note::Expired { session, .. } => format!("expired {session}"),
            _ => return,
        };
        self.say(&format!("{id}: {text}"));
    }

    fn show(&mut self) {
        for (id, host) in &self.hosts {
            let Some(it) = host.server.as_ref().map(Server::state) else { continue };
            let _ = writeln!(
                self.transcript,
                "  {id} {:?} epoch={} zxid={} sessions={} serving={}",
                it.role, it.epoch, it.zxid, it.sessions, it.serving
            );
        }
    }

    fn say(&mut self, what: &str) {
        let _ = writeln!(self.transcript, "  {} {what}", self.now);
    }
}

fn bytes_of(digits: &str) -> Vec<u8> {
    let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
    (0..digits.len()).step_by(2).map(byte).collect()
}

/// Another version is no other behaviour.
fn unversioned(text: &str) -> String {
    text.replace(env!("CARGO_PKG_VERSION"), "VERSION")
}

fn text_of_frame(frame: &[u8], asked: &BTreeMap<i32, i32>) -> String {
    let mut from = Reader::new(frame);
    let header = ReplyHeader::decode(&mut from).unwrap();
    if header.is_event() {
        let it = WatcherEvent::decode(&mut from).unwrap();
        let kind = ["", "created", "deleted", "changed", "children"][it.kind as usize];
        return format!("event {kind} {} zxid={}", it.path, text_of_zxid(header.zxid));
    }
    let body = match header.error {
        0 => {
            let number = asked.get(&header.xid.0).copied().unwrap_or(opcode::PING);
            text_of_reply(&Reply::decode(number, &mut from).unwrap())
        }
        code => format!("error {code}"),
    };
    assert!(from.is_done(), "bytes behind a reply");
    format!("{} zxid={} {body}", header.xid, text_of_zxid(header.zxid))
}

fn text_of_zxid(zxid: i64) -> String {
    if zxid < 0 { zxid.to_string() } else { menagerie::base::Zxid::from_wire(zxid).to_string() }
}
