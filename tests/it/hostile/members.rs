//! What strangers, or members that have lost their mind, send to the election and learner ports,
//! and over connections that the server has dialled.

use super::holds;
use super::stage::Stage;
use crate::codec::any_bytes;
use menagerie::base::{ConnId, Epoch, Millis, ServerId, SessionId, Xid, Zxid};
use menagerie::server::Port;
use menagerie::tree::{Body, Lifetime, SnapshotWriter, Tree, Txn};
use menagerie::wire::{
    Acl, Hello, LearnerInfo, Membership, Notification, Packet, PacketKind, PeerState, Writer,
    opcode,
};
use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};
use std::sync::Arc;

/// What they do.
#[derive(Clone, Debug)]
enum Act {
    Accept(Port),
    Connect { at: usize, connects: bool },
    Say { on: Index, bytes: Vec<u8> },
    HangUp(Index),
    Pass(u64),
}

pub(super) fn written(encode: impl FnOnce(&mut Writer)) -> Vec<u8> {
    let mut to = Writer::new();
    encode(&mut to);
    to.into_bytes()
}

fn zxid() -> impl Strategy<Value = i64> {
    let small =
        (0..3u32, 0..4u32).prop_map(|(epoch, counter)| Zxid::new(Epoch(epoch), counter).to_wire());
    prop_oneof![8 => small, 1 => Just(-1), 1 => Just(i64::MAX), 1 => any::<i64>()]
}

fn hello() -> impl Strategy<Value = Vec<u8>> {
    let server = prop_oneof![6 => 0..5u8, 1 => any::<u8>()];
    server.prop_map(|it| {
        written(|to| Hello { server: ServerId(it), address: "x:3888".to_owned() }.encode(to))
    })
}

/// A configuration that the sender takes for the one in force.
fn membership() -> impl Strategy<Value = Option<Membership>> {
    let servers = subsequence((1..6u8).map(ServerId).collect::<Vec<_>>(), 1..=5);
    let some = (servers, any::<Index>(), zxid()).prop_map(|(servers, at, version)| {
        let (voters, observers) = servers.split_at(at.index(servers.len()) + 1);
        let version = Zxid::from_wire(version);
        Membership { version, ..Membership::named(voters, observers) }
    });
    prop::option::of(some)
}

fn notification() -> impl Strategy<Value = Vec<u8>> {
    use PeerState::{Following, Leading, Looking, Observing};
    let state = select(vec![Looking, Looking, Following, Leading, Observing]);
    let round = prop_oneof![6 => 0..4u64, 1 => any::<u64>()];
    let leader = prop_oneof![6 => 1..4u8, 1 => any::<u8>()];
    let epoch = prop_oneof![6 => 0..3u32, 1 => any::<u32>()];
    let vote = (state, leader, zxid(), round, epoch, membership());
    vote.prop_map(|(state, leader, zxid, round, epoch, membership)| {
        let vote = Notification {
            state,
            leader: ServerId(leader),
            zxid: Zxid::from_wire(zxid),
            round,
            peer_epoch: Epoch(epoch),
            membership: membership.map(Arc::new),
        };
        written(|to| vote.encode(to))
    })
}

fn payload() -> impl Strategy<Value = Vec<u8>> {
    let body = select(vec![
        Body::CreateSession { timeout_ms: 4_000 },
        Body::CloseSession { paths: vec!["/a".to_owned()] },
        Body::Delete { path: "/a".to_owned() },
        Body::SetData { path: "/".to_owned(), data: "x".into(), version: 1 },
        Body::Error(-101),
    ]);
    let txn = (body, zxid()).prop_map(|(body, zxid)| {
        let zxid = Zxid::from_wire(zxid);
        Txn { session: SessionId(1), xid: Xid(1), zxid, time_ms: 1, body }.encode()
    });
    let request = (any::<i64>(), -11..110, any_bytes()).prop_map(|(session, number, body)| {
        written(|to| {
            to.long(session).int(1).int(number).raw(&body);
        })
    });
    let session = (-3..3i64, any::<i32>()).prop_map(|(session, ms)| {
        written(|to| {
            to.long(session).int(ms);
        })
    });
    let create = Just(written(|to| {
        to.long(1).int(0).int(opcode::CREATE_SESSION).int(4_000);
    }));
    let epoch = prop_oneof![-1..3i32, any::<i32>()].prop_map(|it: i32| it.to_be_bytes().to_vec());
    prop_oneof![3 => txn, 2 => request, 1 => session, 1 => create, 1 => epoch, 1 => any_bytes()]
}

fn body() -> impl Strategy<Value = Body> {
    let path = select(vec!["/", "", "a", "//", "/a", "/a/b", "/zookeeper", "/zookeeper/config"]);
    let path = path.prop_map(str::to_owned);
    let lifetime = select(vec![
        (opcode::CREATE, Lifetime::Persistent),
        (opcode::CREATE2, Lifetime::Ephemeral),
        (opcode::CREATE_CONTAINER, Lifetime::Container),
        (opcode::CREATE_TTL, Lifetime::Ttl { ms: 1 }),
    ]);
    let acls = select(vec![Vec::new(), Acl::open()]);
    let create = (path.clone(), lifetime, acls, any::<i32>());
    let create = create.prop_map(|(path, (opcode, lifetime), acls, parent_cversion)| {
        Body::Create { opcode, path, data: "x".into(), acls, lifetime, parent_cversion }
    });
    let part = prop_oneof![
        3 => create,
        2 => path.clone().prop_map(|path| Body::Delete { path }),
        1 => (path.clone(), any::<i32>())
            .prop_map(|(path, version)| Body::SetData { path, data: "y".into(), version }),
        1 => path.clone().prop_map(|path| Body::DeleteContainer { path }),
        1 => (path.clone(), any::<i32>())
            .prop_map(|(path, version)| Body::SetAcl { path, acls: Vec::new(), version }),
        1 => path.clone().prop_map(|path| Body::Check { path, version: 0 }),
        1 => any::<i32>().prop_map(Body::Error),
    ];
    let config =
        membership().prop_map(|it| it.map_or("server.1=x".to_owned(), |it| it.to_string()));
    prop_oneof![
        6 => part.clone(),
        1 => config.prop_map(|text| Body::Reconfig { data: text.as_str().into() }),
        1 => any::<i32>().prop_map(|timeout_ms| Body::CreateSession { timeout_ms }),
        1 => prop::collection::vec(path, 0..3).prop_map(|paths| Body::CloseSession { paths }),
        2 => prop::collection::vec(part, 0..3).prop_map(Body::Multi),
    ]
}

/// Proposals with their commits, from the place that a sane leader has come to: they reach the tree.
fn proposals() -> impl Strategy<Value = Vec<u8>> {
    let bodies = prop::collection::vec((body(), -1..3i64, prop::bool::weighted(0.9)), 1..6);
    (0..3u32, bodies).prop_map(|(before, bodies)| {
        let mut all = Vec::new();
        for (counter, (body, session, commits)) in (before + 1..).zip(bodies) {
            let zxid = Zxid::new(Epoch(1), counter);
            let session = SessionId(session);
            let txn = Txn { session, xid: Xid(1), zxid, time_ms: -1, body };
            all.extend(said(PacketKind::Proposal, zxid, Some(txn.encode())));
            if commits {
                all.extend(said(PacketKind::Commit, zxid, None));
            }
        }
        all
    })
}

fn packet() -> impl Strategy<Value = Vec<u8>> {
    let kind = (0..20).prop_filter_map("a kind that there is", PacketKind::from_wire);
    let data = prop::option::weighted(0.8, payload());
    let some = (kind, zxid(), data).prop_map(|(kind, zxid, data)| {
        written(|to| Packet::of(kind, zxid, data.map(Into::into)).encode(to))
    });
    let introduction = (1..5u8, zxid(), any::<bool>(), 0..3u32);
    let introduction = introduction.prop_map(|(server, version, observes, epoch)| {
        let version = Zxid::from_wire(version);
        let info = LearnerInfo { server: ServerId(server), version };
        written(|to| info.packet(observes, Epoch(epoch)).encode(to))
    });
    let leader = (0..3u32, membership()).prop_map(|(epoch, membership)| {
        written(|to| LearnerInfo::leader_info(Epoch(epoch), membership.as_ref()).encode(to))
    });
    let tree = Just(SnapshotWriter::stream(&Tree::new()));
    prop_oneof![8 => some, 3 => introduction, 1 => leader, 1 => tree, 3 => proposals()]
}

/// Every order of packets that makes a server a follower, or a leader, is among these sooner or
/// later; nearly all of them are nonsense.
fn act() -> impl Strategy<Value = Act> {
    let said = prop_oneof![
        3 => hello(),
        6 => notification(),
        8 => packet(),
        1 => any_bytes(),
    ];
    prop_oneof![
        3 => select(vec![Port::Election, Port::Learner, Port::Observers]).prop_map(Act::Accept),
        4 => (0..3usize, prop::bool::weighted(0.8))
            .prop_map(|(at, connects)| Act::Connect { at, connects }),
        12 => (any::<Index>(), said).prop_map(|(on, bytes)| Act::Say { on, bytes }),
        1 => any::<Index>().prop_map(Act::HangUp),
        3 => prop_oneof![0..400u64, 0..20_000u64].prop_map(Act::Pass),
    ]
}

fn perform(stage: &mut Stage, act: &Act) {
    let open: Vec<ConnId> = stage.open.iter().copied().collect();
    let some = |at: &Index| (!open.is_empty()).then(|| open[at.index(open.len())]);
    match act {
        Act::Accept(port) => drop(stage.accept(*port)),
        Act::Connect { at, connects } => drop(stage.answer_dial(*at, *connects)),
        Act::Say { on, bytes } => {
            some(on).into_iter().for_each(|conn| stage.bytes(conn, bytes));
        }
        Act::HangUp(on) => some(on).into_iter().for_each(|conn| stage.hang_up(conn)),
        Act::Pass(ms) => stage.pass(Millis(*ms)),
    }
}

pub(super) fn vote(leader: u8) -> Vec<u8> {
    let vote = Notification {
        state: PeerState::Looking,
        leader: ServerId(leader),
        zxid: Zxid::ZERO,
        round: 1,
        peer_epoch: Epoch(0),
        membership: None,
    };
    written(|to| vote.encode(to))
}

pub(super) fn said(kind: PacketKind, zxid: Zxid, data: Option<Vec<u8>>) -> Vec<u8> {
    written(|to| Packet::of(kind, zxid.to_wire(), data.map(Into::into)).encode(to))
}

/// An election in which `s2` votes so.
fn election(stage: &mut Stage, leader: u8) {
    let conn = stage.accept(Port::Election);
    stage.bytes(
        conn,
        &written(|to| Hello { server: ServerId(2), address: "x:3888".to_owned() }.encode(to)),
    );
    stage.bytes(conn, &vote(leader));
    stage.pass(Millis(300));
}

/// The way of a sane learner, and of a sane leader: what they say, one after the other.
fn learner_says() -> Vec<Vec<u8>> {
    let floor = Zxid::floor_of(Epoch(1));
    vec![
        written(|to| {
            LearnerInfo { server: ServerId(2), version: Zxid::ZERO }
                .packet(false, Epoch(0))
                .encode(to)
        }),
        said(PacketKind::AckEpoch, Zxid::ZERO, Some(vec![0; 4])),
        said(PacketKind::Ack, floor, None),
        said(PacketKind::Ack, floor, None),
    ]
}

fn leader_says() -> Vec<Vec<u8>> {
    let floor = Zxid::floor_of(Epoch(1));
    let first = Zxid::new(Epoch(1), 1);
    let body = Body::CreateSession { timeout_ms: 4_000 };
    let txn = Txn { session: SessionId(9), xid: Xid(0), zxid: first, time_ms: 1, body };
    vec![
        written(|to| LearnerInfo::leader_info(Epoch(1), None).encode(to)),
        said(PacketKind::Diff, Zxid::ZERO, None),
        said(PacketKind::NewLeader, floor, None),
        said(PacketKind::UpToDate, floor, None),
        said(PacketKind::Proposal, first, Some(txn.encode())),
        said(PacketKind::Commit, first, None),
    ]
}

/// Brings the server some of the way to a role. The link to the other one, if there is one.
pub(super) fn begin(stage: &mut Stage, leads: bool, steps: usize) -> Option<ConnId> {
    election(stage, if leads { 1 } else { 2 });
    let conn = if leads {
        Some(stage.accept(Port::Learner))
    } else {
        let at = stage.dialled.iter().position(|it| it.2 == Port::Learner)?;
        stage.answer_dial(at, true)
    };
    let says = if leads { learner_says() } else { leader_says() };
    let conn = conn?;
    says.iter().take(steps).for_each(|bytes| stage.bytes(conn, bytes));
    Some(conn)
}

/// The ways to a role lead there: otherwise nothing of it is tried below.
#[test]
fn a_sane_member_is_served() {
    for leads in [true, false] {
        let mut stage = Stage::of(3);
        begin(&mut stage, leads, 9);
        assert!(stage.server.state().serving, "leads: {leads}: {:?}", stage.server.state());
    }
}

#[test]
fn whatever_members_say_a_server_in_a_role_stays_sound() {
    let links =
        prop::collection::vec(prop_oneof![3 => packet().prop_map(Some), 1 => Just(None)], 0..20);
    let way = (any::<bool>(), 0..7usize);
    holds((way, links, prop::collection::vec(act(), 0..20)), |((leads, steps), says, acts)| {
        let mut stage = Stage::with_observers();
        let Some(conn) = begin(&mut stage, leads, steps) else { return Ok(()) };
        for bytes in says {
            match bytes {
                Some(bytes) => stage.bytes(conn, &bytes),
                None => stage.pass(Millis(100)),
            }
        }
        acts.iter().for_each(|act| perform(&mut stage, act));
        if !stage.halted {
            stage.server.assert_deep_invariants();
        }
        Ok(())
    });
}

#[test]
fn whatever_members_say_a_server_stays_sound() {
    holds(prop::collection::vec(act(), 0..60), |acts| {
        let mut stage = Stage::of(3);
        for act in &acts {
            perform(&mut stage, act);
        }
        if !stage.halted {
            stage.server.assert_deep_invariants();
        }
        let wild = stage.dialled.iter().find(|it| !stage.located.contains(&it.1));
        prop_assert_eq!(wild, None, "only members are dialled");
        Ok(())
    });
}
