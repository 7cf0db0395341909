//! What was once found, each by the bytes that did it.

use super::clients::{Witness, greeting, request};
use super::members::{begin, said, vote, written};
use super::stage::{Stage, config};
use menagerie::base::{ConnId, Epoch, ErrorCode, Millis, ServerId, SessionId, Xid, Zxid};
use menagerie::server::{Config, Port, SessionKinds};
use menagerie::storage::Image;
use menagerie::tree::{Body, Txn};
use menagerie::wire::{
    Acl, Frames, Hello, LearnerInfo, Membership, Notification, Packet, PacketKind, PeerState,
    Reader, ReplyHeader, Writer, opcode, write_acls,
};

fn hello(server: u8) -> Vec<u8> {
    written(|to| Hello { server: ServerId(server), address: "x:3888".to_owned() }.encode(to))
}

/// Whoever says that it is a smaller server is called back, if it is one at all: nobody knows where
/// others are.
#[test]
fn a_stranger_is_not_called_back() {
    let mut stage = Stage::of(3);
    stage.answer_dial(0, false);
    stage.answer_dial(0, false);
    for server in [0, 4, 255] {
        let conn = stage.accept(Port::Election);
        stage.bytes(conn, &hello(server));
    }
    stage.pass(Millis(2_000));
    assert!(stage.dialled.iter().all(|it| (2..=3).contains(&it.1.0)), "{:?}", stage.dialled);
}

/// A leader's proposal that holds something else than its place says, or nothing that can be read,
/// never comes to the log: no later start could read it.
#[test]
fn a_proposal_that_makes_no_sense_ends_the_link() {
    let zxid = Zxid::new(Epoch(1), 1);
    let body = Body::Error(-101);
    let elsewhere = Zxid::new(Epoch(1), 2);
    let txn = Txn { session: SessionId(1), xid: Xid(1), zxid: elsewhere, time_ms: 1, body };
    for payload in [txn.encode(), vec![1, 2, 3], Vec::new()] {
        let mut stage = Stage::of(3);
        let conn = begin(&mut stage, false, 4).expect("a leader to follow");
        assert!(stage.server.state().serving);
        stage.bytes(conn, &said(PacketKind::Proposal, zxid, Some(payload)));
        assert!(!stage.open.contains(&conn));
        assert!(!stage.halted && !stage.server.state().serving);
    }
}

/// A round at the end of its range would be the last one: nobody could begin another.
#[test]
fn the_last_round_of_all_is_refused() {
    let mut vote = vote(1);
    let at = 4 + 4 + 8 + 8;
    vote[at..at + 8].copy_from_slice(&i64::MAX.to_be_bytes());
    assert!(Notification::decode(&mut Reader::new(&vote)).is_err());
    vote[at..at + 8].copy_from_slice(&(-1i64).to_be_bytes());
    assert!(Notification::decode(&mut Reader::new(&vote)).is_err());
    vote[at..at + 8].copy_from_slice(&7i64.to_be_bytes());
    let read = Notification::decode(&mut Reader::new(&vote)).expect("a vote");
    assert_eq!((read.round, read.state), (7, PeerState::Looking));
}

/// An operation that nobody knows is refused in its turn, behind the write before it, and ends the
/// connection; what was sent behind it is not done.
#[test]
fn an_unknown_operation_waits_its_turn() {
    let mut stage = Stage::serving();
    let mut witness = Witness::of(&mut stage);
    let conn = stage.accept(Port::Client);
    stage.bytes(conn, &greeting(0, &[0; 16], 4_000));
    stage.take_said(conn);
    let create = |xid, path: &str| {
        request(xid, opcode::CREATE, |to| {
            to.string(path).int(-1);
            write_acls(&Acl::open(), to);
            to.int(0);
        })
    };
    let unknown = request(2, 999, |_| {});
    stage.bytes(conn, &[create(1, "/a"), unknown, create(3, "/b")].concat());
    let mut frames = Frames::default();
    frames.push(&stage.take_said(conn));
    let mut answers = Vec::new();
    while let Some(frame) = frames.next().unwrap() {
        let header = ReplyHeader::decode(&mut Reader::new(frame)).unwrap();
        answers.push((header.xid.0, header.error));
    }
    assert_eq!(answers, [(1, 0), (2, -6)]);
    assert!(!stage.open.contains(&conn));
    let znodes = stage.server.state().znodes;
    witness.is_served(&mut stage).unwrap();
    assert_eq!(znodes, 5, "the four that every tree has, and /a");
}

fn learner(server: u8, accepted: Epoch) -> Vec<u8> {
    let info = LearnerInfo { server: ServerId(server), version: Zxid::ZERO };
    written(|to| info.packet(false, accepted).encode(to))
}

/// A server that leads, with one follower, and what it had said by then.
fn leader() -> Stage {
    let mut stage = Stage::of(3);
    begin(&mut stage, true, 9);
    assert!(stage.server.state().serving);
    stage
}

/// Epochs that a stranger has accepted, or that nobody can have, do not end a leader's.
#[test]
fn an_epoch_out_of_nowhere_ends_no_leader() {
    for (server, accepted) in [(77, Epoch(5)), (77, Epoch(0x7fff_fffe)), (3, Epoch(0x7fff_ffff))] {
        let mut stage = leader();
        let conn = stage.accept(Port::Learner);
        stage.bytes(conn, &learner(server, accepted));
        assert!(!stage.open.contains(&conn) && stage.server.state().serving, "{server} {accepted}");
    }
    let mut stage = leader();
    let conn = stage.accept(Port::Learner);
    stage.bytes(conn, &learner(3, Epoch(5)));
    assert!(!stage.server.state().serving, "a member that could not follow is made way for");
}

/// Acknowledging what was never sent once made a leader establish its epoch twice.
#[test]
fn an_acknowledgement_of_nothing_ends_the_link() {
    let floor = Zxid::floor_of(Epoch(1));
    let mut stage = Stage::of(3);
    begin(&mut stage, true, 1);
    let conn = stage.accept(Port::Learner);
    stage.bytes(conn, &learner(77, Epoch(0)));
    let none = (-1i32).to_be_bytes().to_vec();
    stage.bytes(conn, &said(PacketKind::AckEpoch, Zxid::ZERO, Some(none)));
    for zxid in [Zxid::from_wire(7), floor, floor] {
        stage.bytes(conn, &said(PacketKind::Ack, zxid, None));
    }
    assert!(!stage.halted && !stage.open.contains(&conn));
}

/// Where members cannot change, nobody says who they are.
#[test]
fn a_vote_brings_no_configuration() {
    let mut stage = Stage::of(3);
    let conn = stage.accept(Port::Election);
    stage.bytes(conn, &hello(77));
    let membership = Membership::named(&[ServerId(77)], &[]);
    let vote = Notification {
        state: PeerState::Looking,
        leader: ServerId(77),
        zxid: Zxid::ZERO,
        round: 1,
        peer_epoch: Epoch(0),
        membership: Some(Membership { version: Zxid::new(Epoch(9), 1), ..membership }.into()),
    };
    stage.bytes(conn, &written(|to| vote.encode(to)));
    begin(&mut stage, true, 9);
    assert!(stage.server.state().serving);
}

/// A follower leads nobody: whoever takes it for a leader, and calls itself its own, is sent away.
#[test]
fn a_follower_takes_no_learners() {
    let mut stage = Stage::of(3);
    begin(&mut stage, false, 9).expect("a leader to follow");
    for server in [2, 3] {
        let conn = stage.accept(Port::Learner);
        stage.bytes(conn, &learner(server, Epoch(0)));
        assert!(!stage.open.contains(&conn) && stage.server.state().serving);
    }
}

/// A learner that is not up to date has nothing long to say.
#[test]
fn a_learner_says_nothing_long_before_it_is_up_to_date() {
    let mut stage = leader();
    let conn = stage.accept(Port::Learner);
    stage.bytes(conn, &learner(77, Epoch(0)));
    assert!(stage.open.contains(&conn));
    let mut to = Writer::new();
    to.int(PacketKind::Request.to_wire()).long(-1).int(i32::MAX);
    stage.bytes(conn, &to.into_bytes());
    assert!(!stage.open.contains(&conn));
}

/// `s2` is found to lead, in an epoch that nobody had before; the link to it.
fn another_leader(stage: &mut Stage, round: u64) -> Option<ConnId> {
    let conn = stage.accept(Port::Election);
    stage.bytes(conn, &hello(2));
    let (leader, peer_epoch) = (ServerId(2), Epoch(7));
    let zxid = Zxid::new(peer_epoch, 1);
    let state = PeerState::Looking;
    let vote = Notification { state, leader, zxid, round, peer_epoch, membership: None };
    stage.bytes(conn, &written(|to| vote.encode(to)));
    stage.pass(Millis(300));
    let at = stage.dialled.iter().position(|it| it.2 == Port::Learner)?;
    stage.answer_dial(at, true)
}

/// The leader is lost while the disk is read again after a cut; then only the last reading counts.
/// An earlier one once came between, and the last one met a server that had gone on.
#[test]
fn of_several_readings_the_last_one_counts() {
    let mut stage = Stage::of(3);
    let conn = begin(&mut stage, false, 9).expect("a leader to follow");
    stage.hang_up(conn);
    assert_eq!(stage.server.state().zxid, Zxid::new(Epoch(1), 1));
    let conn = another_leader(&mut stage, 100).expect("another leader to follow");
    stage.bytes(conn, &written(|to| LearnerInfo::leader_info(Epoch(8), None).encode(to)));
    stage.reads_late = true;
    stage.bytes(conn, &said(PacketKind::Trunc, Zxid::ZERO, None));
    assert_eq!(stage.late.len(), 1, "it is cut, and read again");
    stage.hang_up(conn);
    assert_eq!(stage.late.len(), 2, "what is in memory has to be forgotten");
    stage.read();
    assert_eq!(another_leader(&mut stage, 200), None, "it does not know yet what it has");
    stage.read();
    assert!(another_leader(&mut stage, 300).is_some());
    assert_eq!(stage.server.state().zxid, Zxid::ZERO);
}

/// Where sessions may be known to one server only, a leader does not know whether there is one. A
/// znode that lives with its session needs one that everybody knows.
#[test]
fn a_session_that_nobody_knows_gets_no_ephemeral_znode() {
    for (flags, expected) in [(0, None), (1, Some(ErrorCode::SessionExpired))] {
        let sessions = SessionKinds { local: true, upgrades: true, read_only: false };
        let config = Config { sessions, ..config(ServerId(1), 3) };
        let mut stage = Stage::by(config, &Image::new());
        let conn = begin(&mut stage, true, 9).expect("a learner");
        stage.take_said(conn);
        let mut data = Writer::new();
        data.long(2 << 56 | 7).int(1).int(opcode::CREATE).string("/a").buffer(None);
        write_acls(&Acl::open(), &mut data);
        data.int(flags);
        let mut to = Writer::new();
        Packet::of(PacketKind::Request, -1, Some(data.into_bytes().into())).encode(&mut to);
        stage.bytes(conn, &to.into_bytes());
        let said = stage.take_said(conn);
        let proposal = Packet::decode(&mut Reader::new(&said)).expect("a proposal");
        assert_eq!(proposal.kind, PacketKind::Proposal);
        let found = match Txn::decode(proposal.data()).expect("a transaction").body {
            Body::Error(code) => ErrorCode::from_wire(code),
            _ => None,
        };
        assert_eq!(found, expected, "flags {flags}");
    }
}

#[test]
fn what_a_stranger_asks_on_the_port_for_observers_stays_there() {
    let mut stage = Stage::with_observers();
    let leader = begin(&mut stage, false, 9).unwrap();
    stage.take_said(leader);
    let observer = |server: u8| {
        let info = LearnerInfo { server: ServerId(server), version: Zxid::ZERO };
        written(|to| info.packet(true, Epoch(0)).encode(to))
    };
    let floor = Zxid::floor_of(Epoch(1));
    let promise = said(PacketKind::AckEpoch, Zxid::ZERO, Some(vec![0; 4]));
    let short = said(PacketKind::Revalidate, Zxid::ZERO, Some(vec![0; 8]));
    // The one is too early; the other one, for which a leader would hang up, is cut off.
    for (says, is_open) in [
        (vec![observer(77), short.clone()], false),
        (vec![observer(77), promise.clone(), said(PacketKind::Ack, floor, None)], true),
        (vec![observer(77), promise, said(PacketKind::Ack, floor, None), short], false),
        (vec![observer(1)], false),
        (vec![observer(2)], false),
    ] {
        let stranger = stage.accept(Port::Observers);
        says.iter().for_each(|bytes| stage.bytes(stranger, bytes));
        assert_eq!(stage.open.contains(&stranger), is_open, "{says:?}");
        assert!(stage.open.contains(&leader) && stage.server.state().serving);
        assert!(stage.take_said(leader).is_empty(), "{says:?}");
    }
}
