//! Plays a script for the client. The script is also the server: it says in words what the server
//! sends, and what the client sends is shown in words.
//!
//! A line is `MS INPUT`, or `tick` for a tick at the client's deadline. Packets of a server that
//! arrive in one piece are joined by `; `.

use menagerie::base::{ConnId, Data, Epoch, SessionId, Stat, Time, Xid, ZPath, Zxid};
use menagerie::client::{Client, Config, Effect, Input, Rules};
use menagerie::history::{Acl, Acls, CreateMode, Form, Op, Proof, Watching};
use menagerie::ops::{MultiResult, Part, Reply, Request};
use menagerie::wire::{
    ConnectRequest, ConnectResponse, Frames, Identity, Reader, ReplyHeader, RequestHeader,
    WatcherEvent, Writer,
};
use std::collections::BTreeSet;
use std::fmt::Write;

/// The transcript of a script.
pub(super) fn play(script: &str) -> String {
    let mut lines = script.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let config = config(lines.next().unwrap());
    let mut stage = Stage {
        client: Client::new(config, Rules::CORRECT),
        greeted: BTreeSet::new(),
        now: Time::ZERO,
        until: Time::NEVER,
        transcript: String::new(),
    };
    lines.for_each(|line| stage.line(line));
    stage.transcript
}

struct Stage {
    client: Client,
    /// Connections on which the client has sent its first packet.
    greeted: BTreeSet<ConnId>,
    now: Time,
    /// The deadline that was shown last.
    until: Time,
    transcript: String,
}

impl Stage {
    fn line(&mut self, line: &str) {
        let input = match line.split_once(' ') {
            Some((ms, input)) => {
                let at = Time::from_ms(ms.parse().unwrap_or_else(|_| panic!("no time: {line}")));
                assert!(at >= self.now, "time goes back: {line}");
                self.now = at;
                input
            }
            None => {
                assert_eq!(line, "tick", "an input without a time");
                self.now = self.client.deadline();
                line
            }
        };
        let _ = writeln!(self.transcript, "{} {input}", self.now);
        for effect in self.handle(input) {
            let text = self.text_of_effect(&effect);
            let _ = writeln!(self.transcript, "  {text}");
        }
        self.show_deadline();
    }

    fn show_deadline(&mut self) {
        let until = self.client.deadline();
        if until == self.until {
            return;
        }
        self.until = until;
        let _ = match until {
            Time::NEVER => writeln!(self.transcript, "  (no tick)"),
            until => writeln!(self.transcript, "  (tick at {until})"),
        };
    }

    fn handle(&mut self, text: &str) -> Vec<Effect> {
        let (verb, rest) = text.split_once(' ').unwrap_or((text, ""));
        let first = || rest.split(' ').next().unwrap();
        let mut bytes = Vec::new();
        let input = match verb {
            "start" => Input::Start,
            "tick" => Input::Tick,
            "vanish" => Input::Vanish,
            "connected" => Input::Connected { conn: conn(rest) },
            "failed" => Input::ConnectFailed { conn: conn(rest) },
            "closed" => Input::Closed { conn: conn(rest) },
            "call" => {
                let (call, op) = rest.split_once(' ').unwrap();
                Input::Call { call: call.parse().unwrap(), op: op_of(op) }
            }
            _ => {
                text.split("; ").for_each(|packet| bytes.extend(packet_of(packet)));
                Input::Bytes { conn: conn(first()), bytes: &bytes }
            }
        };
        let mut effects = Vec::new();
        self.client.handle(self.now, input, &mut effects);
        effects
    }

    fn text_of_effect(&mut self, effect: &Effect) -> String {
        let Effect::Send { conn, bytes } = effect else { return effect.to_string() };
        if bytes == b"isro" {
            return format!("send {conn} the word isro");
        }
        let mut frames = Frames::default();
        frames.push(bytes);
        let frame = frames.next().unwrap().unwrap();
        if self.greeted.insert(*conn) {
            return format!("send {conn} {}", text_of_greeting(frame));
        }
        let mut from = Reader::new(frame);
        let RequestHeader { xid, opcode } = RequestHeader::decode(&mut from).unwrap();
        let request = Request::decode(opcode, &mut from).unwrap().unwrap();
        assert!(from.is_done(), "bytes behind a request");
        format!("send {conn} xid={xid} {}", text_of_request(&request))
    }
}

fn text_of_greeting(frame: &[u8]) -> String {
    let ConnectRequest { last_seen, timeout_ms, session, password, read_only, .. } =
        ConnectRequest::decode(frame).unwrap();
    let password = if password == [0; 16] { "none" } else { "sent" };
    let only = if read_only == Some(true) { " read_only" } else { "" };
    format!(
        "connect last={last_seen} session={session} timeout={timeout_ms} password={password}{only}"
    )
}

fn text_of_request(request: &Request) -> String {
    let watching = |watch| if watch { " watch" } else { "" };
    match request {
        Request::Create(it) => format!("create {} flags={}", it.path, it.flags),
        Request::Create2(it) => format!("create2 {} flags={}", it.path, it.flags),
        Request::Delete(it) => format!("delete {} version={}", it.path, it.version),
        Request::Exists(it) => format!("exists {}{}", it.path, watching(it.watch)),
        Request::GetData(it) => format!("getData {}{}", it.path, watching(it.watch)),
        Request::SetData(it) => format!("setData {} version={}", it.path, it.version),
        Request::GetChildren(it) => format!("getChildren {}{}", it.path, watching(it.watch)),
        Request::GetChildren2(it) => format!("getChildren2 {}{}", it.path, watching(it.watch)),
        Request::Sync(it) => format!("sync {}", it.path),
        Request::Multi(it) => {
            let parts: Vec<String> = it.parts.iter().map(text_of_part).collect();
            format!("multi [{}]", parts.join(", "))
        }
        Request::Ping(_) => "ping".to_owned(),
        Request::SetWatches(it) => format!(
            "setWatches since={} data={:?} exist={:?} child={:?}",
            it.since, it.data, it.exist, it.child
        ),
        Request::CloseSession(_) => "closeSession".to_owned(),
        other => format!("{other:?}"),
    }
}

fn text_of_part(part: &Part) -> String {
    match part {
        Part::Check(it) => format!("check {} version={}", it.path, it.version),
        Part::Create(it) => text_of_request(&Request::Create(it.clone())),
        Part::Create2(it) => text_of_request(&Request::Create2(it.clone())),
        Part::Delete(it) => text_of_request(&Request::Delete(it.clone())),
        Part::SetData(it) => text_of_request(&Request::SetData(it.clone())),
        other => format!("{other:?}"),
    }
}

/// `config hosts=s1,s2 timeout=4000 [read_only]`
fn config(line: &str) -> Config {
    let hosts = field(line, "hosts").split(',').map(|host| host.parse().unwrap()).collect();
    let timeout_ms = field(line, "timeout").parse().unwrap();
    let read_only = line.split(' ').any(|word| word == "read_only");
    Config { hosts, timeout_ms, reconnect_pause_ms: 100, read_only, dialled_count: 0 }
}

/// The value behind `key=`.
fn field<'a>(text: &'a str, key: &str) -> &'a str {
    let value = text.split(' ').find_map(|word| word.strip_prefix(key)?.strip_prefix('='));
    value.unwrap_or_else(|| panic!("`{key}=` is missing in `{text}`"))
}

fn conn(text: &str) -> ConnId {
    ConnId(
        text.strip_prefix('k').unwrap_or_else(|| panic!("no connection: {text}")).parse().unwrap(),
    )
}

fn path(text: &str) -> ZPath {
    ZPath::parse(text).unwrap()
}

fn op_of(text: &str) -> Op {
    if let Some(parts) = text.strip_prefix("multi ") {
        return Op::Multi(parts.split(", ").map(op_of).collect());
    }
    if let Some(parts) = text.strip_prefix("read ") {
        return Op::MultiRead(parts.split(", ").map(op_of).collect());
    }
    let words: Vec<&str> = text.split(' ').collect();
    let watch = words.contains(&"watch");
    let version = || words.last().unwrap().parse().unwrap();
    let at = || path(words[1]);
    match words[0] {
        "create" => create_of(&words),
        "show" => Op::AddAuth(Proof { scheme: words[1].into(), secret: words[2].into() }),
        "getAcl" => Op::GetAcl { path: at() },
        "setAcl" => Op::SetAcl { path: at(), acls: acls_of(words[2]), version: version() },
        "addWatch" => Op::AddWatch { path: at(), recursive: words.contains(&"recursive") },
        "removeWatches" => Op::RemoveWatches { path: at(), which: which_of(words[2]) },
        "checkWatches" => Op::CheckWatches { path: at(), which: which_of(words[2]) },
        "ephemerals" => Op::GetEphemerals { prefix: words[1].to_owned() },
        "count" => Op::GetAllChildrenNumber { path: at() },
        "whoami" => Op::WhoAmI,
        "delete" => Op::Delete { path: at(), version: version() },
        "exists" => Op::Exists { path: at(), watch },
        "get" => Op::GetData { path: at(), watch },
        "set" => Op::SetData { path: at(), data: words[2].into(), version: version() },
        "children" => Op::GetChildren { path: at(), watch, form: form(&words) },
        "check" => Op::Check { path: at(), version: version() },
        "sync" => Op::Sync { path: at() },
        "close" => Op::Close,
        _ => panic!("no operation: {text}"),
    }
}

/// With `bare` the first form, which brings no Stat.
fn form(words: &[&str]) -> Form {
    if words.contains(&"bare") { Form::First } else { Form::Second }
}

/// `create PATH [ephemeral] [sequential] [container] [ttl=MS] [bare] [for ACL,ACL]`
fn create_of(words: &[&str]) -> Op {
    let acls = words.iter().position(|word| *word == "for");
    let acls = acls.map_or(Acls::OPEN, |at| acls_of(words[at + 1]));
    Op::Create {
        path: path(words[1]),
        data: "x".into(),
        mode: mode(words),
        acls,
        form: form(words),
    }
}

fn acls_of(text: &str) -> Acls {
    text.split(',').map(|entry| entry.parse().unwrap()).collect::<Vec<Acl>>().into()
}

fn which_of(text: &str) -> Watching {
    match text {
        "children" => Watching::Children,
        "data" => Watching::Data,
        "any" => Watching::Any,
        "persistent" => Watching::Persistent,
        "recursive" => Watching::Recursive,
        _ => panic!("no kind of watch: {text}"),
    }
}

fn mode(words: &[&str]) -> CreateMode {
    let ttl = words.iter().find_map(|word| word.strip_prefix("ttl="));
    if let Some(ms) = ttl.map(|ms| ms.parse().unwrap()) {
        let sequential = words.contains(&"sequential");
        return if sequential { CreateMode::TtlSequential { ms } } else { CreateMode::Ttl { ms } };
    }
    if words.contains(&"container") {
        return CreateMode::Container;
    }
    match (words.contains(&"ephemeral"), words.contains(&"sequential")) {
        (false, false) => CreateMode::Persistent,
        (true, false) => CreateMode::Ephemeral,
        (false, true) => CreateMode::PersistentSequential,
        (true, true) => CreateMode::EphemeralSequential,
    }
}

/// The bytes of what a server sends.
fn packet_of(text: &str) -> Vec<u8> {
    let words: Vec<&str> = text.split(' ').collect();
    let mut to = Writer::onto(vec![0; 4]);
    match words[0] {
        "accept" => ConnectResponse {
            timeout_ms: field(text, "timeout").parse().unwrap(),
            session: field(text, "session").parse::<SessionId>().unwrap(),
            password: vec![7; 16],
            read_only: Some(words.contains(&"read_only")),
        }
        .encode(&mut to),
        "expire" => ConnectResponse::expired(Some(false)).encode(&mut to),
        "reply" => reply(text, &words, &mut to),
        "event" => event(text, &words, &mut to),
        "word" => return words[2].into(),
        "raw" => {
            let digits = |at: usize| u8::from_str_radix(&words[2][at..at + 2], 16).unwrap();
            return (0..words[2].len()).step_by(2).map(digits).collect();
        }
        _ => panic!("no input: {text}"),
    }
    Frames::seal(to.into_bytes())
}

/// `reply k2 xid=1 zxid=1:5 BODY`
fn reply(text: &str, words: &[&str], to: &mut Writer) {
    let xid = Xid(field(text, "xid").parse().unwrap());
    let zxid = field(text, "zxid").parse::<Zxid>().unwrap();
    let error = if words[4] == "error" { words[5].parse().unwrap() } else { 0 };
    ReplyHeader { xid, zxid: zxid.to_wire(), error }.encode(to);
    if error == 0 {
        let body = text.splitn(5, ' ').last().unwrap();
        body_of(body, words).encode(to);
    }
}

fn body_of(text: &str, words: &[&str]) -> Reply {
    let rest = || words[5..].iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
    match words[4] {
        "created" => Reply::Created { path: words[5].to_owned(), stat: Some(stat(0)) },
        "created_bare" => Reply::Created { path: words[5].to_owned(), stat: None },
        "names" => Reply::Children { children: rest(), stat: None },
        "paths" => Reply::Paths(rest()),
        "number" => Reply::Number(words[5].parse().unwrap()),
        "identities" => {
            let identity = |text: &str| {
                let (scheme, id) = text.split_once(':').unwrap();
                Identity { scheme: scheme.to_owned(), id: id.to_owned() }
            };
            Reply::Identities(words[5..].iter().map(|it| identity(it)).collect())
        }
        "read" => {
            let parts = text.strip_prefix("read ").unwrap();
            Reply::MultiRead(parts.split(", ").map(answer).collect())
        }
        "watching" => Reply::Watching(0),
        "deleted" => Reply::Deleted,
        "stat" => Reply::Stat(stat(field(text, "version").parse().unwrap())),
        "data" => Reply::Data { data: Data::from(words[5]), stat: stat(0) },
        "children" => Reply::Children { children: rest(), stat: Some(stat(0)) },
        "synced" => Reply::Synced { path: words[5].to_owned() },
        "multi" => {
            let parts = text.strip_prefix("multi ").unwrap();
            Reply::Multi(parts.split(", ").map(result).collect())
        }
        "done" => Reply::Empty,
        _ => panic!("no reply: {text}"),
    }
}

/// To one of several questions.
fn answer(text: &str) -> Result<Reply, i32> {
    let words: Vec<&str> = text.split(' ').collect();
    let names = || words[1..].iter().map(|&word| word.to_owned()).collect();
    match words[0] {
        "data" => Ok(Reply::Data { data: Data::from(words[1]), stat: stat(0) }),
        "names" => Ok(Reply::Children { children: names(), stat: None }),
        "error" => Err(words[1].parse().unwrap()),
        _ => panic!("no answer: {text}"),
    }
}

fn result(text: &str) -> MultiResult {
    let (verb, rest) = text.split_once(' ').unwrap_or((text, ""));
    match verb {
        "created" => MultiResult::Created { path: rest.to_owned(), stat: Some(stat(0)) },
        "deleted" => MultiResult::Deleted,
        "set" => MultiResult::Set(stat(1)),
        "checked" => MultiResult::Checked,
        "error" => MultiResult::Error(rest.parse().unwrap()),
        _ => panic!("no result: {text}"),
    }
}

fn stat(version: i32) -> Stat {
    Stat { czxid: Zxid::new(Epoch(1), 1), version, ..Stat::default() }
}

/// `event k2 zxid=1:6 changed /a`; without `zxid=` the server made it up.
fn event(text: &str, words: &[&str], to: &mut Writer) {
    let zxid = text.contains("zxid=").then(|| field(text, "zxid").parse().unwrap());
    let [.., kind, path] = words else { panic!("no event: {text}") };
    let kind = match *kind {
        "created" => 1,
        "deleted" => 2,
        "changed" => 3,
        "children" => 4,
        _ => panic!("no kind of event: {text}"),
    };
    ReplyHeader::of_event(zxid).encode(to);
    WatcherEvent { kind, state: 3, path: (*path).to_owned() }.encode(to);
}
