//! What the client makes of the bytes that servers send.

use super::calls;
use super::in_flight::Waiting;
use super::io::Effect;
use super::link::{Link, Up};
use super::rules::{Heard, HeardKind};
use super::seeking::Search;
use super::session::{Client, Session};
use crate::base::{ErrorCode, Millis, ServerId, SessionId, Time, Xid, ZPath, Zxid};
use crate::history::{Answer, Kind, Op, Outcome, Told};
use crate::wire::{AUTH, ConnectResponse, Malformed, PING, Reader, ReplyHeader, WatcherEvent};

/// Bytes that no server sends, or not now: the connection is of no use any more.
pub(super) struct Broken;

impl From<Malformed> for Broken {
    fn from(_: Malformed) -> Broken {
        Broken
    }
}

impl Client {
    /// Bytes arrived on the current connection.
    pub(super) fn read(&mut self, now: Time, bytes: &[u8], effects: &mut Vec<Effect>) {
        let conn = self.conn();
        let mut frames = std::mem::take(&mut self.frames);
        frames.push(bytes);
        while self.is_current(conn) {
            let heard = match frames.next() {
                Ok(Some(frame)) => self.hear(now, frame, effects),
                Ok(None) => {
                    self.frames = frames;
                    return;
                }
                Err(_) => Err(Broken),
            };
            if heard.is_err() {
                self.hang_up(now, effects);
            }
        }
    }

    fn hear(&mut self, now: Time, frame: &[u8], effects: &mut Vec<Effect>) -> Result<(), Broken> {
        match self.link {
            Link::Greeting { to, .. } => self.welcome(now, to, frame, effects),
            Link::Up(_) => {
                self.heard = now;
                self.packet(now, frame, effects)
            }
            // A server does not speak first.
            Link::Dialling { .. } => Err(Broken),
            Link::Resting | Link::Pausing { .. } | Link::Vanished => {
                unreachable!("bytes come over a connection")
            }
        }
    }

    /// The first packet on a connection.
    fn welcome(
        &mut self,
        now: Time,
        to: ServerId,
        frame: &[u8],
        effects: &mut Vec<Effect>,
    ) -> Result<(), Broken> {
        let response = ConnectResponse::decode(frame)?;
        let timeout = Millis(u64::try_from(response.timeout_ms).unwrap_or(0));
        let resumed = self.session.as_ref().is_some_and(|session| session.known);
        let read_only = response.read_only == Some(true);
        if read_only && !self.config.read_only {
            return Err(Broken);
        }
        if timeout.0 == 0 {
            if !resumed {
                // There is no session that could have ended: the server makes no sense.
                return Err(Broken);
            }
            self.expire(now, effects);
            return Ok(());
        }
        let id = response.session;
        match &mut self.session {
            Some(session) if resumed && session.id != id => return Err(Broken),
            _ if id.0 == 0 => return Err(Broken),
            Some(session) => session.is_now(id, timeout, response.password),
            None => self.session = Some(Session::new(id, timeout, response.password)),
        }
        if let Some(session) = &mut self.session {
            session.known |= !read_only;
        }
        self.search = read_only.then(|| Search::begin(now));
        let up = Up { to, session: id, timeout, read_only, sent: now };
        self.connected(now, up, resumed, effects);
        Ok(())
    }

    /// Any later packet.
    fn packet(&mut self, now: Time, frame: &[u8], effects: &mut Vec<Effect>) -> Result<(), Broken> {
        let mut from = Reader::new(frame);
        let header = ReplyHeader::decode(&mut from)?;
        if header.is_event() {
            return self.event(header, WatcherEvent::decode(&mut from)?, effects);
        }
        if header.xid == PING {
            self.see(HeardKind::Ping, header);
            return Ok(());
        }
        match header.xid {
            AUTH => self.authenticated(now, header, effects)?,
            _ => self.reply(header, &mut from, effects)?,
        }
        let up = matches!(self.link, Link::Up(_));
        if up && self.session.is_none() && self.in_flight.is_empty() {
            self.hang_up(now, effects);
        }
        Ok(())
    }

    /// The reply to the oldest proof of who the client is.
    fn authenticated(
        &mut self,
        now: Time,
        header: ReplyHeader,
        effects: &mut Vec<Effect>,
    ) -> Result<(), Broken> {
        let call = self.in_flight.pop_auth().ok_or(Broken)?;
        match header.error {
            0 => {
                let (zxid, outcome) = (Zxid::from_wire(header.zxid), Outcome::Authenticated);
                let answer = Answer::Ok { zxid, outcome };
                effects.extend(call.map(|call| Effect::Answered { call, answer, invoked: true }));
                Ok(())
            }
            error if error == ErrorCode::AuthFailed.to_wire() => {
                self.auth_failed(now, call, effects);
                Ok(())
            }
            _ => Err(Broken),
        }
    }

    /// A watch speaks (`ClientCnxn.SendThread.readResponse`).
    fn event(
        &mut self,
        header: ReplyHeader,
        event: WatcherEvent,
        effects: &mut Vec<Effect>,
    ) -> Result<(), Broken> {
        let kind = match event.kind {
            1 => Kind::Created,
            2 => Kind::Deleted,
            3 => Kind::DataChanged,
            4 => Kind::ChildrenChanged,
            _ => return Err(Broken),
        };
        let path = ZPath::parse(&event.path).map_err(|_| Broken)?;
        self.see(HeardKind::Event, header);
        self.watches.told(kind, &path);
        let zxid = (header.zxid > 0).then(|| Zxid::from_wire(header.zxid));
        let told = Told { kind, path, zxid };
        effects.push(Effect::Told { conn_number: self.conn_number, told });
        Ok(())
    }

    /// The reply to the oldest request: replies come in the order of the requests.
    fn reply(
        &mut self,
        header: ReplyHeader,
        body: &mut Reader,
        effects: &mut Vec<Effect>,
    ) -> Result<(), Broken> {
        // Only a reply that makes sense takes its request off the list: otherwise the request is
        // lost with the connection, as all the others.
        let answer = match self.in_flight.oldest(header.xid).ok_or(Broken)? {
            Waiting::Rearm if header.error != 0 => return Err(Broken),
            Waiting::Rearm => None,
            Waiting::Call { op, .. } => Some(calls::answer(op, header, body)?),
        };
        self.see(HeardKind::Reply, header);
        match (self.in_flight.pop(), answer) {
            (Some(Waiting::Call { call, op, .. }), Some(answer)) => {
                self.answered(call, &op, answer, effects);
            }
            (_, _) => {
                let zxid = Zxid::from_wire(header.zxid);
                effects.push(Effect::Rearmed { conn_number: self.conn_number, zxid });
            }
        }
        Ok(())
    }

    fn answered(&mut self, call: u64, op: &Op, answer: Answer, effects: &mut Vec<Effect>) {
        if self.session.is_some() {
            self.watches.answered(op, &answer);
            if *op == Op::Close && matches!(answer, Answer::Ok { .. }) {
                self.session_closed(effects);
            }
        }
        effects.push(Effect::Answered { call, answer, invoked: true });
    }

    fn see(&mut self, packet: HeardKind, header: ReplyHeader) {
        if let Some(session) = &mut self.session {
            let zxid = Zxid::from_wire(header.zxid);
            let heard = Heard { packet, seen: session.last_seen, zxid };
            session.last_seen = (self.rules.last_seen)(heard);
        }
    }
}

impl Session {
    fn new(id: SessionId, timeout: Millis, password: Vec<u8>) -> Session {
        let (last_seen, next_xid) = (Zxid::ZERO, Xid(1));
        Session { id, known: false, password, timeout, last_seen, next_xid }
    }

    /// The same; or, after one that only a server without a leader knew, another in its place: what
    /// the client has seen stays seen, and its watches stay.
    fn is_now(&mut self, id: SessionId, timeout: Millis, password: Vec<u8>) {
        (self.id, self.timeout, self.password) = (id, timeout, password);
    }
}
