//! The client's state, what happens to it, and the calls of its application.

use super::calls;
use super::hosts::Hosts;
use super::in_flight::{InFlight, Waiting};
use super::io::{Config, Effect, Input};
use super::link::Link;
use super::rules::Rules;
use super::seeking::Search;
use super::watches::Watches;
use crate::base::{ConnId, ErrorCode, Millis, ServerId, SessionId, Time, Xid, Zxid};
use crate::history::{Answer, ConnectionChange, Lost, Op, Proof};
use crate::ops::Request;
use crate::wire::{AUTH, Frames, RequestHeader, Writer};
use std::collections::VecDeque;

/// One client process.
#[derive(Clone, Debug)]
pub struct Client {
    pub(super) config: Config,
    pub(super) rules: Rules,
    pub(super) hosts: Hosts,
    pub(super) link: Link,
    /// The established session; it outlives connections.
    pub(super) session: Option<Session>,
    /// When a server was last heard in this session.
    pub(super) heard: Time,
    /// What came over the connection and is not yet a whole frame.
    pub(super) frames: Frames,
    pub(super) in_flight: InFlight,
    /// Calls that wait for a connected session.
    pub(super) queue: VecDeque<(u64, Op)>,
    pub(super) watches: Watches,
    /// What shows who the client is, as far as the application has shown it in this session.
    pub(super) proofs: Vec<Proof>,
    /// Whether the application wants a session: from the start until it closes one, and again from
    /// its next call on.
    pub(super) wants_session: bool,
    /// Connections dialled so far.
    pub(super) dialled_count: u32,
    /// The number of the current one, or of the last.
    pub(super) conn_number: u32,
    /// While a server serves the session that only reads.
    pub(super) search: Option<Search>,
}

/// A session that the service has granted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Session {
    pub(super) id: SessionId,
    /// Whether the ensemble knows it: a server that has a leader has served it.
    pub(super) known: bool,
    pub(super) password: Vec<u8>,
    pub(super) timeout: Millis,
    /// What the client has seen: no server that is behind may serve it.
    pub(super) last_seen: Zxid,
    pub(super) next_xid: Xid,
}

impl Client {
    /// A client that has not yet started.
    pub fn new(config: Config, rules: Rules) -> Client {
        assert!(config.timeout_ms > 0, "a session has a timeout");
        assert!(config.reconnect_pause_ms > 0, "a client that failed everywhere pauses");
        Client {
            hosts: Hosts::new(config.hosts.clone()),
            link: Link::Resting,
            session: None,
            heard: Time::ZERO,
            frames: Frames::default(),
            in_flight: InFlight::default(),
            queue: VecDeque::new(),
            watches: Watches::default(),
            proofs: Vec::new(),
            wants_session: false,
            dialled_count: config.dialled_count,
            conn_number: config.dialled_count,
            search: None,
            config,
            rules,
        }
    }

    /// Takes one input in; what has to happen is added to `effects`, in its order.
    pub fn handle(&mut self, now: Time, input: Input, effects: &mut Vec<Effect>) {
        if self.link == Link::Vanished {
            return;
        }
        match input {
            Input::Start => self.want_session(now, effects),
            Input::Connected { conn } if self.is_current(conn) => self.greet(now, effects),
            Input::Bytes { conn, bytes } if self.is_current(conn) => {
                self.read(now, bytes, effects);
            }
            Input::ConnectFailed { conn } | Input::Closed { conn } if self.is_current(conn) => {
                self.lose(now, effects);
            }
            Input::Connected { conn } if self.is_probe(conn) => self.ask_for_leader(conn, effects),
            Input::Bytes { conn, bytes } if self.is_probe(conn) => {
                self.probe_heard(now, bytes, effects);
            }
            Input::ConnectFailed { conn } | Input::Closed { conn } if self.is_probe(conn) => {
                self.probe_lost();
            }
            Input::Connected { .. } | Input::ConnectFailed { .. } => {}
            Input::Bytes { .. } | Input::Closed { .. } => {}
            Input::Tick => self.tick(now, effects),
            Input::Call { call, op } => self.call(now, call, op, effects),
            Input::Vanish => self.vanish(effects),
        }
        self.assert_invariants();
    }

    /// When it wants the next [`Input::Tick`]; [`Time::NEVER`] for none.
    pub fn deadline(&self) -> Time {
        let of_link = match &self.link {
            Link::Resting | Link::Vanished => return Time::NEVER,
            Link::Pausing { until } => *until,
            Link::Dialling { until, .. } | Link::Greeting { until, .. } => *until,
            Link::Up(up) if self.session.is_none() => up.silent_at(self.heard),
            Link::Up(up) => up.silent_at(self.heard).min(up.ping_at()),
        };
        let of_search = self.search.as_ref().map_or(Time::NEVER, Search::deadline);
        of_link.min(self.gives_up_at()).min(of_search)
    }

    /// The established session, connected or not.
    pub fn session(&self) -> Option<SessionId> {
        self.session.as_ref().map(|session| session.id)
    }

    /// The server that serves the session at the moment.
    pub fn connected_to(&self) -> Option<ServerId> {
        match &self.link {
            Link::Up(up) if self.session.is_some() => Some(up.to),
            Link::Up(_) | Link::Dialling { .. } | Link::Greeting { .. } => None,
            Link::Resting | Link::Pausing { .. } | Link::Vanished => None,
        }
    }

    /// How many connections this client and earlier processes have dialled: what the next process
    /// needs in its [`Config`].
    pub fn dialled_count(&self) -> u32 {
        self.dialled_count
    }

    fn assert_invariants(&self) {
        let up = matches!(self.link, Link::Up(_));
        assert!(up || self.in_flight.is_empty(), "requests in flight have a connection");
        let serving = self.connected_to().is_some();
        assert!(!serving || self.queue.is_empty(), "a connected session leaves no call waiting");
        assert!(self.is_searching_rightly(), "a client searches while a server only reads");
        assert!(self.session.is_none() || self.wants_session, "a session is kept while wanted");
        let resting = self.link == Link::Resting;
        assert!(
            !resting || !self.wants_session,
            "whoever wants a session has or seeks a connection"
        );
        assert!(self.queue.is_empty() || self.wants_session, "waiting calls want a session");
    }

    /// The number of the current connection on the network. Clients have the even ones.
    pub(super) fn conn(&self) -> ConnId {
        ConnId(2 * u64::from(self.conn_number))
    }

    pub(super) fn is_current(&self, conn: ConnId) -> bool {
        self.link.is_open() && self.conn() == conn
    }

    fn call(&mut self, now: Time, call: u64, op: Op, effects: &mut Vec<Effect>) {
        if self.connected_to().is_some() {
            self.invoke(now, call, op, effects);
        } else {
            self.queue.push_back((call, op));
            self.want_session(now, effects);
        }
    }

    /// Puts a call on the wire.
    pub(super) fn invoke(&mut self, now: Time, call: u64, op: Op, effects: &mut Vec<Effect>) {
        if let Op::AddAuth(proof) = op {
            return self.authenticate(now, call, proof, effects);
        }
        let session = self.session.as_mut().expect("calls wait for a session");
        let (id, xid) = (session.id, session.next_xid);
        session.next_xid = Xid(xid.0.checked_add(1).unwrap_or(1));
        let conn_number = self.conn_number;
        effects.push(Effect::Invoked { call, session: id, conn_number, xid });
        effects.push(self.send(now, xid, &calls::request(&op)));
        self.in_flight.push(Waiting::Call { call, xid, op });
    }

    /// Shows who the client is, and remembers it for later connections (`ClientCnxn.addAuthInfo`).
    fn authenticate(&mut self, now: Time, call: u64, proof: Proof, effects: &mut Vec<Effect>) {
        let session = self.session().expect("calls wait for a session");
        let conn_number = self.conn_number;
        effects.push(Effect::Invoked { call, session, conn_number, xid: AUTH });
        effects.push(self.send(now, AUTH, &Request::Auth(calls::auth(&proof))));
        self.in_flight.push_auth(Some(call));
        if !self.proofs.contains(&proof) {
            self.proofs.push(proof);
        }
    }

    /// A request with its header. Only on a connection that is up.
    pub(super) fn send(&mut self, now: Time, xid: Xid, request: &Request) -> Effect {
        let Link::Up(up) = &mut self.link else { panic!("requests need a connection") };
        up.sent = now;
        self.frame(|to| {
            RequestHeader { xid, opcode: request.opcode() }.encode(to);
            request.encode(to);
        })
    }

    pub(super) fn frame(&self, encode: impl FnOnce(&mut Writer)) -> Effect {
        let mut to = Writer::framed();
        encode(&mut to);
        Effect::Send { conn: self.conn(), bytes: Frames::seal(to.into_bytes()) }
    }

    /// States a change of the connection or the session.
    pub(super) fn say(&self, change: ConnectionChange, effects: &mut Vec<Effect>) {
        let of_link = match &self.link {
            Link::Up(up) => up.session,
            Link::Dialling { .. } | Link::Greeting { .. } => SessionId(0),
            Link::Resting | Link::Pausing { .. } | Link::Vanished => SessionId(0),
        };
        let session = self.session().unwrap_or(of_link);
        effects.push(Effect::Connection { conn_number: self.conn_number, session, change });
    }

    /// The session has ended, and with it everything that was asked in it or waited for it.
    pub(super) fn end_session(&mut self, change: ConnectionChange, effects: &mut Vec<Effect>) {
        self.say(change, effects);
        self.stop_seeking(effects);
        self.abandon(Lost::Session, effects);
        self.refuse_queue(ErrorCode::SessionExpired, effects);
        self.forget_session();
    }

    /// No reply will come any more to what is in flight.
    pub(super) fn abandon(&mut self, lost: Lost, effects: &mut Vec<Effect>) {
        let answer = Answer::Unknown(lost);
        effects.extend(self.in_flight.abandon().map(|call| Effect::Answered {
            call,
            answer: answer.clone(),
            invoked: true,
        }));
    }

    /// What was never sent will never be done.
    pub(super) fn refuse_queue(&mut self, code: ErrorCode, effects: &mut Vec<Effect>) {
        let answer = Answer::Refused { zxid: Zxid::ZERO, code };
        effects.extend(self.queue.drain(..).map(|(call, _)| Effect::Answered {
            call,
            answer: answer.clone(),
            invoked: false,
        }));
    }

    /// Watches do not outlive the session, nor does who the client is.
    pub(super) fn forget_session(&mut self) {
        self.session = None;
        self.proofs.clear();
        self.watches = Watches::default();
    }

    fn vanish(&mut self, effects: &mut Vec<Effect>) {
        self.say(ConnectionChange::Vanished, effects);
        self.stop_seeking(effects);
        self.abandon(Lost::Connection, effects);
        self.refuse_queue(ErrorCode::SessionExpired, effects);
        self.forget_session();
        if self.link.is_open() {
            effects.push(Effect::Close { conn: self.conn() });
        }
        self.wants_session = false;
        self.link = Link::Vanished;
    }
}
