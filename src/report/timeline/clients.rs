//! Each client's lane: its sessions, its connections, its requests, its watches.

use crate::base::{ClientId, ErrorCode, ServerId, SessionId, Time, ZPath};
use crate::history::{Answer, ConnectionChange, Event, Kind, Op, Told, What};
use std::collections::BTreeMap;

/// A session as its client sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SessionSpan {
    /// Which.
    pub session: SessionId,
    /// From when.
    pub from: Time,
    /// Until when.
    pub to: Time,
    /// How it ended; empty where it did not.
    pub end: &'static str,
}

/// A connection to a server that let the client in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConnectionSpan {
    /// Which server.
    pub server: ServerId,
    /// It had no leader, and only read.
    pub read_only: bool,
    /// From when.
    pub from: Time,
    /// Until when.
    pub to: Time,
}

/// A request with its answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OpMark {
    /// The event with the request.
    pub invoke: u64,
    /// The event with the answer.
    pub answer: Option<u64>,
    /// What became of it.
    pub fate: OpFate,
    /// Whether it becomes a transaction.
    pub writes: bool,
    /// In words.
    pub words: String,
}

/// What became of a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OpFate {
    /// Done.
    Ok,
    /// Not done.
    Refused,
    /// Perhaps done.
    Unknown,
    /// No answer before the history ended.
    Open,
}

/// A watch, from the answer that left it to what it said.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WatchSpan {
    /// The event that armed it.
    pub armed: u64,
    /// The event in which it spoke.
    pub fired: Option<u64>,
    /// Until when it was there.
    pub until: Time,
    /// Of which znode.
    pub path: ZPath,
    /// Whether it is one on children.
    pub child: bool,
}

/// A client's lane.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ClientLane {
    /// In their order.
    pub sessions: Vec<SessionSpan>,
    /// In their order.
    pub connections: Vec<ConnectionSpan>,
    /// In the order of the requests.
    pub ops: Vec<OpMark>,
    /// In the order in which they ended.
    pub watches: Vec<WatchSpan>,
}

/// The lanes of all clients of a history.
pub fn client_lanes(events: &[Event]) -> BTreeMap<ClientId, ClientLane> {
    let mut fold = Fold::default();
    events.iter().for_each(|event| fold.observe(event));
    let end = events.last().map_or(Time::ZERO, |event| event.at);
    fold.clients.into_iter().map(|(client, it)| (client, it.finish(end))).collect()
}

#[derive(Default)]
struct Fold {
    clients: BTreeMap<ClientId, Client>,
}

#[derive(Default)]
struct Client {
    lane: ClientLane,
    session: Option<(SessionId, Time)>,
    /// The present one; until when is not known yet.
    connection: Option<ConnectionSpan>,
    /// Where a call's mark stands, and what was asked.
    calls: BTreeMap<u64, (usize, Op)>,
    /// Armed by which event; by whether it is on children, and its path.
    watches: BTreeMap<(bool, ZPath), u64>,
}

impl Fold {
    fn observe(&mut self, event: &Event) {
        let (at, index) = (event.at, event.index);
        match &event.what {
            What::Invoke { client, call, op, .. } => self.of(*client).invoke(index, *call, op),
            What::Return { client, call, answer } => self.of(*client).answer(index, *call, answer),
            What::Connection { client, session, change, .. } => {
                self.of(*client).change(at, *session, change);
            }
            What::Watch { client, told, .. } => self.of(*client).told(index, at, told),
            What::Ensemble { .. }
            | What::Phase(_)
            | What::Rearm { .. }
            | What::Rearmed { .. }
            | What::Reauth { .. }
            | What::Claim { .. }
            | What::Note { .. }
            | What::Durable { .. }
            | What::FaultStarts { .. }
            | What::FaultStops { .. }
            | What::Act(_) => {}
        }
    }

    fn of(&mut self, client: ClientId) -> &mut Client {
        self.clients.entry(client).or_default()
    }
}

impl Client {
    fn invoke(&mut self, index: u64, call: u64, op: &Op) {
        self.calls.insert(call, (self.lane.ops.len(), op.clone()));
        self.lane.ops.push(OpMark {
            invoke: index,
            answer: None,
            fate: OpFate::Open,
            writes: op.is_write(),
            words: op.to_string(),
        });
    }

    fn answer(&mut self, index: u64, call: u64, answer: &Answer) {
        let Some((mark, op)) = self.calls.remove(&call) else { return };
        let mark = &mut self.lane.ops[mark];
        mark.answer = Some(index);
        mark.fate = match answer {
            Answer::Ok { .. } => OpFate::Ok,
            Answer::Refused { .. } => OpFate::Refused,
            Answer::Unknown(_) => OpFate::Unknown,
        };
        if let Some((child, path)) = left_watch(&op, answer) {
            self.watches.entry((child, path)).or_insert(index);
        }
    }

    fn change(&mut self, at: Time, session: SessionId, change: &ConnectionChange) {
        match change {
            ConnectionChange::Connected { server, read_only, .. } => {
                if self.session.is_none_or(|(known, _)| known != session) {
                    self.end_session(at, "left");
                    self.session = Some((session, at));
                }
                self.end_connection(at);
                let (server, read_only) = (*server, *read_only);
                self.connection = Some(ConnectionSpan { server, read_only, from: at, to: at });
            }
            ConnectionChange::Disconnected => self.end_connection(at),
            ConnectionChange::Expired => self.end_session(at, "expired"),
            ConnectionChange::GaveUp => self.end_session(at, "given up"),
            ConnectionChange::AuthFailed => self.end_session(at, "not known"),
            ConnectionChange::Closed => self.end_session(at, "closed"),
            ConnectionChange::Vanished => self.end_session(at, "vanished"),
        }
    }

    fn end_connection(&mut self, at: Time) {
        if let Some(span) = self.connection.take() {
            self.lane.connections.push(ConnectionSpan { to: at, ..span });
        }
    }

    fn end_session(&mut self, at: Time, end: &'static str) {
        self.end_connection(at);
        if let Some((session, from)) = self.session.take() {
            self.lane.sessions.push(SessionSpan { session, from, to: at, end });
        }
        for ((child, path), armed) in std::mem::take(&mut self.watches) {
            self.lane.watches.push(WatchSpan { armed, fired: None, until: at, path, child });
        }
    }

    fn told(&mut self, index: u64, at: Time, told: &Told) {
        let ends: &[bool] = match told.kind {
            Kind::Created | Kind::DataChanged => &[false],
            Kind::ChildrenChanged => &[true],
            Kind::Deleted => &[false, true],
        };
        for &child in ends {
            let path = told.path.clone();
            if let Some(armed) = self.watches.remove(&(child, path.clone())) {
                let fired = Some(index);
                self.lane.watches.push(WatchSpan { armed, fired, until: at, path, child });
            }
        }
    }

    fn finish(mut self, end: Time) -> ClientLane {
        self.end_session(end, "");
        self.lane
    }
}

/// The watch that a request has left: on children or not, and on which znode.
fn left_watch(op: &Op, answer: &Answer) -> Option<(bool, ZPath)> {
    let done = matches!(answer, Answer::Ok { .. });
    let absent = matches!(answer, Answer::Refused { code: ErrorCode::NoNode, .. });
    match op {
        Op::Exists { path, watch: true } if done || absent => Some((false, path.clone())),
        Op::GetData { path, watch: true } if done => Some((false, path.clone())),
        Op::GetChildren { path, watch: true, .. } if done => Some((true, path.clone())),
        _ => None,
    }
}
