//! Plays one recording: sends each of its requests, reads what comes back, and writes lines of the
//! same form. It waits where the recording's maker waited.

use super::Script;
use super::args::Args;
use super::canon::{Word, canon};
use super::tables::{self, Finding};
use super::wire::{Bytes, In, Short, event_name, hex, number, reply};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// How long the recording's maker waited for anything, in milliseconds.
const PATIENCE_MS: u64 = 10_000;
/// How long is enough where nothing came, in milliseconds. What comes later still stands in front of
/// the next line, where nothing was recorded.
const SILENCE_MS: u64 = 500;
/// How often, and how many times, it is looked whether a znode is gone.
const LOOK_MS: u64 = 100;
const LOOKS_MAX: u32 = 1_000;

/// What a connection says next.
pub enum Heard {
    Bytes(Vec<u8>),
    End,
    Silence,
}

/// Where a server is to be reached. Connections are numbered by the world.
pub trait World {
    async fn dial(&mut self) -> u64;
    async fn send(&mut self, conn: u64, bytes: Vec<u8>);
    async fn hear(&mut self, conn: u64, patience_ms: u64) -> Heard;
    async fn close(&mut self, conn: u64);
    async fn rest(&mut self, ms: u64);
    /// The address that servers see; recorded as 127.0.0.1.
    fn own_address(&self) -> &str;
    /// What the server calls itself; recorded as standalone.
    fn mode(&self) -> &str;
}

#[derive(Default)]
struct Conn {
    conn: u64,
    bytes: Vec<u8>,
    closed: bool,
    /// Operations by xid, until they are answered.
    pending: BTreeMap<i64, String>,
    session: i64,
    last_zxid: i64,
}

enum Frame {
    Whole(Vec<u8>),
    End,
    Silence,
}

type Fields = Vec<(&'static str, Word)>;

struct Player<'a, W> {
    world: &'a mut W,
    script: &'a Script,
    conns: BTreeMap<String, Conn>,
    lines: Vec<Word>,
    /// In the order of their first appearance.
    sessions: Vec<i64>,
    passwords: BTreeMap<i64, Vec<u8>>,
    last_zxids: BTreeMap<i64, i64>,
    /// Every Stat that came, and the path that was asked for.
    stats: Vec<(Value, Word)>,
}

/// Plays a recording, and says what came in the form of the recording.
pub async fn play<W: World>(script: &Script, world: &mut W) -> Vec<Value> {
    let mut player = Player {
        world,
        script,
        conns: BTreeMap::new(),
        lines: Vec::new(),
        sessions: Vec::new(),
        passwords: BTreeMap::new(),
        last_zxids: BTreeMap::new(),
        stats: Vec::new(),
    };
    player.make_root().await;
    for at in 0..script.lines.len() {
        player.step(at).await;
    }
    let lines = canon(&player.lines);
    player.end().await;
    lines
}

impl<W: World> Player<'_, W> {
    async fn step(&mut self, at: usize) {
        let line = &self.script.lines[at];
        let name = line["c"].as_str().unwrap_or_default();
        if line["op"] == "connect" {
            self.connect(name, line).await;
        } else if !line["skipped"].is_null() {
            let closed = self.conns[name].closed;
            self.lines.push(if closed { Word::json(line.clone()) } else { told("not closed") });
        } else if let Some(op) = line["op"].as_str() {
            self.world.rest(tables::pause_ms(&self.script.name)).await;
            self.request(name, op, line).await;
            if self.is_awaited(at) {
                self.await_reply(name, line["xid"].as_i64().unwrap()).await;
            }
            if op == "closeSession" {
                self.await_end(name).await;
            }
        } else if line["dropped"] == true {
            let conn = self.conns.get_mut(name).unwrap();
            conn.closed = true;
            self.world.close(conn.conn).await;
            self.lines.push(Word::json(line.clone()));
        } else if let Some(word) = line["4lw"].as_str() {
            self.four_letter_word(word).await;
        } else if let Some(note) = line["note"].as_str() {
            self.note(note).await;
        }
    }

    /// Whether the maker read until the reply: not where the next line is another request.
    fn is_awaited(&self, at: usize) -> bool {
        let next = self.script.lines.get(at + 1);
        next.is_none_or(|next| next["op"].is_null() || next["op"] == "connect")
    }

    // ---- What is sent.

    async fn connect(&mut self, name: &str, line: &Value) {
        let conn = self.world.dial().await;
        let args = &line["args"];
        let session = self.session_named(args["sid"].as_str().unwrap());
        let usual = self.passwords.get(&session).cloned().unwrap_or(vec![0; 16]);
        let password = tables::password(&self.script.name, name).unwrap_or(Some(usual));
        let given = args["lastZxid"] == "given";
        let last_zxid = if given { self.last_zxids[&session] } else { 0 };
        let mut body = Bytes::default();
        body.int(args["proto"].as_i64().unwrap()).long(last_zxid);
        body.int(args["timeout"].as_i64().unwrap()).long(session).bytes(password.as_deref());
        if let Some(read_only) = args["ro"].as_bool() {
            body.bool(read_only);
        }
        self.world.send(conn, body.framed()).await;
        self.conns.insert(name.to_owned(), Conn { conn, ..Conn::default() });
        let args = Word::Map(vec![
            ("timeout", Word::json(args["timeout"].clone())),
            ("sid", Word::Session(session)),
            ("lastZxid", Word::json(args["lastZxid"].clone())),
            ("proto", Word::json(args["proto"].clone())),
            ("ro", Word::json(args["ro"].clone())),
        ]);
        self.seen(session);
        self.line(name, vec![("op", text("connect")), ("args", args)]);
        self.greeting(name).await;
    }

    /// The session of a name in the recording; one that nobody had yet is made up.
    fn session_named(&self, name: &str) -> i64 {
        let Some(number) = name.strip_prefix('S') else { return name.parse().unwrap() };
        let at = number.parse::<usize>().unwrap() - 1;
        self.sessions.get(at).copied().unwrap_or(tables::MADE_UP_SESSION)
    }

    fn seen(&mut self, session: i64) {
        if session != 0 && !self.sessions.contains(&session) {
            self.sessions.push(session);
        }
    }

    async fn request(&mut self, name: &str, op: &str, line: &Value) {
        self.lines.push(Word::json(line.clone()));
        let xid = line["xid"].as_i64().unwrap();
        let args = Args { script: &self.script.name, op, value: &line["args"] };
        let mut frame = Bytes::default();
        frame.int(xid).int(number(op)).0.extend(args.body());
        let conn = self.conns.get_mut(name).unwrap();
        conn.pending.insert(xid, op.to_owned());
        self.world.send(conn.conn, frame.framed()).await;
    }

    // ---- What comes.

    async fn frame(&mut self, name: &str, patience_ms: u64) -> Frame {
        loop {
            let conn = self.conns.get_mut(name).unwrap();
            if conn.closed {
                return Frame::End;
            }
            if let Some((length, rest)) = conn.bytes.split_first_chunk::<4>() {
                let length = u32::from_be_bytes(*length) as usize;
                if rest.len() >= length {
                    let frame = rest[..length].to_vec();
                    conn.bytes.drain(..4 + length);
                    return Frame::Whole(frame);
                }
            }
            match self.world.hear(conn.conn, patience_ms).await {
                Heard::Bytes(bytes) => conn.bytes.extend(bytes),
                Heard::End => return Frame::End,
                Heard::Silence => return Frame::Silence,
            }
        }
    }

    fn line(&mut self, name: &str, fields: Fields) {
        let whose = [("c", text(name))].into_iter();
        self.lines.push(Word::Map(whose.chain(fields).collect()));
    }

    fn ended(&mut self, name: &str) {
        if !std::mem::replace(&mut self.conns.get_mut(name).unwrap().closed, true) {
            self.line(name, vec![("closed", Word::Bool(true))]);
        }
    }

    async fn greeting(&mut self, name: &str) {
        match self.frame(name, PATIENCE_MS).await {
            Frame::End => self.ended(name),
            Frame::Silence => self.line(name, vec![("timeout", Word::Bool(true))]),
            Frame::Whole(frame) => {
                let (fields, session, password) = greeting(&frame).expect("a whole greeting");
                self.seen(session);
                self.passwords.insert(session, password);
                self.conns.get_mut(name).unwrap().session = session;
                self.line(name, vec![("connected", Word::Map(fields))]);
            }
        }
    }

    async fn await_reply(&mut self, name: &str, xid: i64) {
        let none = |it: &Value| it["c"] == name && it["xid"] == xid && it["timeout"] == true;
        let is_silent = self.script.lines.iter().any(none);
        let patience_ms = if is_silent { SILENCE_MS } else { PATIENCE_MS };
        loop {
            match self.frame(name, patience_ms).await {
                Frame::End => return self.ended(name),
                Frame::Silence => {
                    let fields = vec![("timeout", Word::Bool(true)), ("xid", Word::Int(xid))];
                    return self.line(name, fields);
                }
                Frame::Whole(frame) => {
                    if self.packet(name, &frame).expect("a whole packet") == Some(xid) {
                        return;
                    }
                }
            }
        }
    }

    /// After a close, the maker read what still came, and did not look into replies.
    async fn await_end(&mut self, name: &str) {
        while !self.conns[name].closed {
            match self.frame(name, PATIENCE_MS).await {
                Frame::End => self.ended(name),
                Frame::Silence => return self.line(name, vec![("timeout", Word::Bool(true))]),
                Frame::Whole(frame) => drop(self.packet(name, &frame).expect("a whole packet")),
            }
        }
    }

    /// A reply or an event. The xid of a reply.
    fn packet(&mut self, name: &str, frame: &[u8]) -> Result<Option<i64>, Short> {
        let mut from = In(frame);
        let (xid, zxid, error) = (from.int()?, from.long()?, from.int()?);
        if xid == -1 {
            self.event(name, zxid, error, &mut from)?;
            return Ok(None);
        }
        let conn = self.conns.get_mut(name).unwrap();
        let op = conn.pending.remove(&xid);
        if zxid > 0 {
            conn.last_zxid = zxid.max(conn.last_zxid);
            self.last_zxids.insert(conn.session, conn.last_zxid);
        }
        let op_word = op.as_deref().map_or(Word::Null, text);
        let mut fields = vec![
            ("op", op_word),
            ("xid", Word::Int(xid)),
            ("err", Word::Int(error)),
            ("hz", Word::Zxid(zxid)),
        ];
        if !from.0.is_empty() {
            match reply(op.as_deref().unwrap_or_default(), &mut from) {
                Ok(more) => fields.extend(more),
                Err(Short) => fields.push(("undecodable", Word::Text(hex(frame)))),
            }
        }
        if !from.0.is_empty() {
            fields.push(("extra", Word::Text(hex(from.0))));
        }
        self.hide_own_address(&mut fields);
        self.keep_stat(name, xid, &fields);
        self.line(name, vec![("reply", Word::Map(fields))]);
        Ok(Some(xid))
    }

    fn event(&mut self, name: &str, zxid: i64, error: i64, from: &mut In) -> Result<(), Short> {
        let mut fields = vec![
            ("type", text(event_name(from.int()?))),
            ("state", Word::Int(from.int()?)),
            ("path", from.text()?),
        ];
        if error != 0 {
            fields.push(("err", Word::Int(error)));
        }
        // 3.8.0 does not say which change it was; the recordings leave that out.
        if zxid != -1 {
            fields.push(("hz", Word::Zxid(zxid)));
        }
        self.line(name, vec![("event", Word::Map(fields))]);
        Ok(())
    }

    fn hide_own_address(&self, fields: &mut Fields) {
        let own = text(self.world.own_address());
        for (_, identities) in fields.iter_mut().filter(|it| it.0 == "clientInfo") {
            let Word::List(identities) = identities else { continue };
            for identity in identities {
                let Word::List(parts) = identity else { continue };
                parts.iter_mut().filter(|it| **it == own).for_each(|it| *it = text("127.0.0.1"));
            }
        }
    }

    // ---- What was found out otherwise.

    fn keep_stat(&mut self, name: &str, xid: i64, fields: &Fields) {
        let asked =
            self.script.lines.iter().find(|it| it["c"] == name && it["xid"] == xid).unwrap();
        if let Some((_, stat)) = fields.iter().find(|it| it.0 == "stat") {
            self.stats.push((asked["args"]["path"].clone(), stat.clone()));
        }
    }

    async fn note(&mut self, note: &str) {
        let value = match tables::finding(note) {
            Some(Finding::Times { before, mtime_moves }) => self.times(before, mtime_moves),
            Some(Finding::Fresh) => {
                let last = &self.stats.last().unwrap().1;
                json!(last.get("mtime") == last.get("ctime"))
            }
            Some(Finding::Gone(name)) => json!(self.until_gone(name).await),
            None => panic!("{}: how to find out: {note}", self.script.name),
        };
        self.lines.push(Word::json(json!({ "note": note, "value": value })));
    }

    fn times(&self, before: usize, mtime_moves: bool) -> Value {
        let (path, now) = self.stats.last().unwrap();
        let same: Vec<&Word> =
            self.stats.iter().rev().filter(|it| it.0 == *path).map(|it| &it.1).collect();
        let then = same[before];
        let moved = then.get("mtime") < now.get("mtime");
        let kept = then.get("mtime") == now.get("mtime");
        let mtime = if mtime_moves { moved } else { kept };
        json!([mtime, then.get("ctime") == now.get("ctime")])
    }

    async fn four_letter_word(&mut self, word: &str) {
        let conn = self.world.dial().await;
        self.world.send(conn, word.as_bytes().to_vec()).await;
        let mut said = Vec::new();
        while let Heard::Bytes(bytes) = self.world.hear(conn, PATIENCE_MS).await {
            said.extend(bytes);
        }
        let mode = format!("Mode: {}", self.world.mode());
        let said = String::from_utf8_lossy(&said).replace(&mode, "Mode: standalone");
        let said = tables::text_of_word(word, &said);
        self.lines.push(Word::json(json!({ "4lw": word, "text": said })));
    }

    // ---- Sessions that are not in the recording.

    /// The znode that everything is below: made by a session that is over when the recording begins.
    async fn make_root(&mut self) {
        let conn = self.hidden_session().await;
        let root = json!({ "path": self.script.root(), "data": "", "flags": 0,
            "acl": [[31, "world", "anyone"]] });
        let error = self.hidden_request(conn, 1, "create", &root).await;
        assert_eq!(error, 0, "{}: a znode of its own", self.script.name);
        self.hidden_request(conn, 2, "closeSession", &json!({})).await;
        self.world.close(conn).await;
    }

    async fn until_gone(&mut self, name: &str) -> bool {
        let path = json!({ "path": format!("{}/{name}", self.script.root()), "watch": false });
        for _ in 0..LOOKS_MAX {
            let conn = self.hidden_session().await;
            let error = self.hidden_request(conn, 1, "exists", &path).await;
            self.hidden_request(conn, 2, "closeSession", &json!({})).await;
            self.world.close(conn).await;
            if error != 0 {
                return true;
            }
            self.world.rest(LOOK_MS).await;
        }
        false
    }

    async fn hidden_session(&mut self) -> u64 {
        let conn = self.world.dial().await;
        let mut body = Bytes::default();
        body.int(0).long(0).int(10_000).long(0).bytes(Some(&[0; 16])).bool(false);
        self.world.send(conn, body.framed()).await;
        self.hidden_frame(conn).await;
        conn
    }

    /// The error in the header of the reply.
    async fn hidden_request(&mut self, conn: u64, xid: i64, op: &str, args: &Value) -> i64 {
        let args = Args { script: "hidden", op, value: args };
        let mut frame = Bytes::default();
        frame.int(xid).int(number(op)).0.extend(args.body());
        self.world.send(conn, frame.framed()).await;
        let frame = self.hidden_frame(conn).await;
        let mut from = In(&frame);
        let header = (from.int().unwrap(), from.long().unwrap(), from.int().unwrap());
        assert_eq!(header.0, xid, "one request at a time");
        header.2
    }

    async fn hidden_frame(&mut self, conn: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        loop {
            match self.world.hear(conn, PATIENCE_MS).await {
                Heard::Bytes(more) => bytes.extend(more),
                Heard::End | Heard::Silence => panic!("{}: an answer", self.script.name),
            }
            if let Some((length, rest)) = bytes.split_first_chunk::<4>()
                && rest.len() == u32::from_be_bytes(*length) as usize
            {
                return rest.to_vec();
            }
        }
    }

    /// Ends every session that is left, whatever became of its connection, so that nothing of it
    /// happens later.
    async fn end(&mut self) {
        for conn in self.conns.values().filter(|it| !it.closed) {
            self.world.close(conn.conn).await;
        }
        for session in std::mem::take(&mut self.sessions) {
            let password = self.passwords.get(&session).cloned().unwrap_or(vec![0; 16]);
            let conn = self.world.dial().await;
            let mut body = Bytes::default();
            body.int(0).long(0).int(10_000).long(session).bytes(Some(&password)).bool(false);
            self.world.send(conn, body.framed()).await;
            let (_, resumed, _) = greeting(&self.hidden_frame(conn).await).expect("a greeting");
            if resumed == session {
                self.hidden_request(conn, 1, "closeSession", &json!({})).await;
            }
            self.world.close(conn).await;
        }
    }
}

fn greeting(frame: &[u8]) -> Result<(Fields, i64, Vec<u8>), Short> {
    let mut from = In(frame);
    let (proto, timeout, session) = (from.int()?, from.int()?, from.long()?);
    let password = from.bytes()?.unwrap_or_default().to_vec();
    let read_only = if from.0.is_empty() { Word::Null } else { Word::Bool(from.bool()?) };
    let mut fields = vec![
        ("proto", Word::Int(proto)),
        ("timeout", Word::Int(timeout)),
        ("sid", Word::Session(session)),
        ("pw", Word::Password(password.clone())),
        ("ro", read_only),
    ];
    if !from.0.is_empty() {
        fields.push(("extra", Word::Text(hex(from.0))));
    }
    Ok((fields, session, password))
}

fn text(it: &str) -> Word {
    Word::Text(it.to_owned())
}

fn told(what: &str) -> Word {
    Word::json(json!({ "note": what }))
}
