//! Laws of the client, whatever happens to it: every call is answered exactly once, connections
//! come one after the other, and no bytes make it panic.

use menagerie::base::{ConnId, ServerId, SessionId, Time, Xid};
use menagerie::client::{Client, Config, Effect, Input, Rules};
use menagerie::history::{ConnectionChange, Op};
use menagerie::wire::{ConnectResponse, Frames, ReplyHeader, Writer};
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestRunner};
use std::collections::{BTreeMap, BTreeSet};

/// What the world does next.
#[derive(Clone, Debug)]
enum Move {
    Wait(u64),
    Tick,
    Call(Op),
    Connected,
    Failed,
    Closed,
    Accept {
        session: i64,
        timeout_ms: i32,
        read_only: bool,
    },
    /// On the connection by which it looks for a server with a leader.
    Probe(Asked),
    /// To the oldest request, or to one behind it.
    Reply {
        place: usize,
        error: i32,
    },
    Noise(Vec<u8>),
}

/// What becomes of the question whether a server has a leader.
#[derive(Clone, Copy, Debug)]
enum Asked {
    Connected,
    Failed,
    Closed,
    Says(&'static str),
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let path = menagerie::base::ZPath::root();
    let delete = Op::Delete { path: path.clone(), version: -1 };
    let ops = vec![Op::Exists { path: path.clone(), watch: true }, delete, Op::Close];
    let place = prop_oneof![9 => Just(0usize), 1 => 1..3usize];
    let says = ["ro", "rw", "r", "w", ""].map(Asked::Says);
    let asked = [vec![Asked::Connected, Asked::Failed, Asked::Closed], says.to_vec()].concat();
    let error = prop::sample::select(vec![0, 0, 0, -101, -112]);
    let one = prop_oneof![
        4 => (0..3000u64).prop_map(Move::Wait),
        4 => Just(Move::Tick),
        6 => prop::sample::select(ops).prop_map(Move::Call),
        8 => Just(Move::Connected),
        1 => Just(Move::Failed),
        2 => Just(Move::Closed),
        8 => (0..3i64, prop::sample::select(vec![4000, 4000, 1, 0, -5]), any::<bool>())
            .prop_map(|(session, timeout_ms, read_only)| {
                Move::Accept { session, timeout_ms, read_only }
            }),
        4 => prop::sample::select(asked).prop_map(Move::Probe),
        8 => (place, error).prop_map(|(place, error)| Move::Reply { place, error }),
        1 => prop::collection::vec(prop_oneof![Just(0u8), any::<u8>()], 0..40)
            .prop_map(Move::Noise),
    ];
    prop::collection::vec(one, 0..60)
}

struct World {
    client: Client,
    now: Time,
    calls: u64,
    conn: ConnId,
    probe: ConnId,
    /// Connections that neither side has ended.
    open: BTreeSet<ConnId>,
    up: bool,
    /// Sent on the current connection, and not yet answered by us.
    sent: Vec<Xid>,
    effects: Vec<Effect>,
}

impl World {
    fn new() -> World {
        let hosts = vec![ServerId(1), ServerId(2)];
        let config = Config {
            hosts,
            timeout_ms: 4000,
            reconnect_pause_ms: 100,
            read_only: true,
            dialled_count: 0,
        };
        let client = Client::new(config, Rules::CORRECT);
        let (now, conn) = (Time::ZERO, ConnId(0));
        let (probe, open, sent, effects) = (conn, BTreeSet::new(), Vec::new(), Vec::new());
        World { client, now, calls: 0, conn, probe, open, up: false, sent, effects }
    }

    fn handle(&mut self, input: Input) {
        let old = self.effects.len();
        self.client.handle(self.now, input, &mut self.effects);
        for effect in &self.effects[old..] {
            match effect {
                Effect::Dial { conn, .. } => {
                    self.open.insert(*conn);
                    if self.up {
                        self.probe = *conn;
                    } else {
                        (self.conn, self.sent) = (*conn, Vec::new());
                    }
                }
                Effect::Close { conn } => {
                    assert!(self.open.remove(conn), "{conn} ends twice");
                }
                Effect::Connection { change: ConnectionChange::Connected { .. }, .. } => {
                    self.up = true;
                }
                Effect::Connection { change: ConnectionChange::Disconnected, .. } => {
                    self.up = false;
                }
                Effect::Invoked { xid, .. } => self.sent.push(*xid),
                _ => {}
            }
        }
    }

    fn make(&mut self, next: Move) {
        let conn = self.conn;
        match next {
            Move::Wait(ms) => {
                self.now = Time((self.now.0 + ms * 1000).min(self.client.deadline().0));
            }
            Move::Tick => {
                let deadline = self.client.deadline();
                self.now = if deadline == Time::NEVER { self.now } else { self.now.max(deadline) };
                self.handle(Input::Tick);
            }
            Move::Call(op) => {
                self.calls += 1;
                self.handle(Input::Call { call: self.calls, op });
            }
            Move::Connected => self.handle(Input::Connected { conn }),
            Move::Failed => self.ended(conn, Input::ConnectFailed { conn }),
            Move::Closed => self.ended(conn, Input::Closed { conn }),
            Move::Probe(asked) => self.probe(asked),
            Move::Accept { session, timeout_ms, read_only } => {
                let (session, password) = (SessionId(session), vec![1; 16]);
                let read_only = Some(read_only);
                let it = ConnectResponse { timeout_ms, session, password, read_only };
                self.packet(|to| it.encode(to));
            }
            Move::Reply { place, error } => {
                if place < self.sent.len() {
                    let xid = self.sent.remove(place);
                    self.packet(|to| ReplyHeader { xid, zxid: 7, error }.encode(to));
                }
            }
            Move::Noise(bytes) => self.handle(Input::Bytes { conn, bytes: &bytes }),
        }
    }

    /// The other side has ended a connection, if it was still there.
    fn ended(&mut self, conn: ConnId, input: Input) {
        if self.open.remove(&conn) {
            self.handle(input);
        }
    }

    fn probe(&mut self, asked: Asked) {
        let conn = self.probe;
        match asked {
            Asked::Connected => self.handle(Input::Connected { conn }),
            Asked::Failed => self.ended(conn, Input::ConnectFailed { conn }),
            Asked::Closed => self.ended(conn, Input::Closed { conn }),
            Asked::Says(text) => self.handle(Input::Bytes { conn, bytes: text.as_bytes() }),
        }
    }

    fn packet(&mut self, encode: impl Fn(&mut Writer)) {
        let mut to = Writer::onto(vec![0; 4]);
        encode(&mut to);
        let bytes = Frames::seal(to.into_bytes());
        self.handle(Input::Bytes { conn: self.conn, bytes: &bytes });
    }

    fn judge(&self) -> Result<(), TestCaseError> {
        let (mut answers, mut invoked) = (BTreeMap::new(), BTreeMap::new());
        let (mut dialled, mut up) = (0, false);
        for effect in &self.effects {
            match effect {
                Effect::Dial { conn, .. } => {
                    prop_assert_eq!(conn.0, dialled + 2);
                    dialled = conn.0;
                }
                Effect::Invoked { call, .. } => {
                    prop_assert!(up, "sent without a session");
                    prop_assert_eq!(invoked.insert(*call, ()), None, "sent twice");
                }
                Effect::Answered { call, invoked: sent, .. } => {
                    prop_assert_eq!(answers.insert(*call, ()), None, "answered twice");
                    prop_assert_eq!(*sent, invoked.contains_key(call));
                }
                Effect::Connection { change, .. } => match change {
                    ConnectionChange::Connected { .. } => {
                        prop_assert!(!up, "connected twice");
                        up = true;
                    }
                    ConnectionChange::Disconnected => {
                        prop_assert!(up, "disconnected twice");
                        up = false;
                    }
                    _ => {}
                },
                _ => {}
            }
        }
        prop_assert_eq!(answers.len() as u64, self.calls, "a call without an answer");
        prop_assert!(self.open.is_empty(), "forgotten connections: {:?}", self.open);
        Ok(())
    }
}

#[test]
fn every_call_is_answered_exactly_once_whatever_happens() {
    let config = ProptestConfig {
        cases: 4000,
        rng_seed: RngSeed::Fixed(1),
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let law = |moves: Vec<Move>| {
        let mut world = World::new();
        world.handle(Input::Start);
        moves.into_iter().for_each(|next| world.make(next));
        world.handle(Input::Vanish);
        world.judge()
    };
    if let Err(error) = TestRunner::new(config).run(&moves(), law) {
        panic!("{error}");
    }
}
