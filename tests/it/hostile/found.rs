//! What was once found, each by the bytes that did it.

use super::clients::{Witness, greeting, request};
use super::members::{begin, said, vote};
use super::stage::Stage;
use menagerie::base::{Epoch, Millis, ServerId, SessionId, Xid, Zxid};
use menagerie::server::Port;
use menagerie::tree::{Body, Txn};
use menagerie::wire::{
    Acl, Frames, Hello, Notification, PacketKind, PeerState, Reader, ReplyHeader, Writer, opcode,
    write_acls,
};

fn hello(server: u8) -> Vec<u8> {
    let mut to = Writer::new();
    Hello { server: ServerId(server), address: "x:3888".to_owned() }.encode(&mut to);
    to.into_bytes()
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
