//! What strangers send to the client port.

use super::holds;
use super::stage::Stage;
use crate::codec::examples;
use menagerie::base::{ConnId, Millis, SessionId, Xid};
use menagerie::server::Port;
use menagerie::wire::{
    ConnectRequest, ConnectResponse, Frames, Reader, ReplyHeader, RequestHeader, Writer, opcode,
};
use proptest::prelude::*;
use proptest::sample::Index;

/// A client that behaves, and looks after each act whether it is still served.
pub(super) struct Witness {
    conn: ConnId,
    frames: Frames,
    xid: i32,
}

impl Witness {
    pub(super) fn of(stage: &mut Stage) -> Witness {
        let conn = stage.accept(Port::Client);
        stage.bytes(conn, &greeting(0, &[0; 16], 20_000));
        let mut witness = Witness { conn, frames: Frames::default(), xid: 0 };
        let answer = witness.next(stage).expect("a session");
        assert!(ConnectResponse::decode(&answer).unwrap().timeout_ms > 0);
        witness
    }

    fn next(&mut self, stage: &mut Stage) -> Option<Vec<u8>> {
        self.frames.push(&stage.take_said(self.conn));
        self.frames.next().unwrap().map(<[u8]>::to_vec)
    }

    /// Reads, and writes; both are answered, and with nothing in between.
    pub(super) fn is_served(&mut self, stage: &mut Stage) -> Result<(), TestCaseError> {
        type Body = fn(&mut Writer);
        for (number, body) in [(opcode::EXISTS, root as Body), (opcode::DELETE, missing)] {
            self.xid += 1;
            stage.bytes(self.conn, &request(self.xid, number, body));
            let reply = self.next(stage);
            prop_assert!(reply.is_some(), "the witness waits for an answer");
            let reply = reply.unwrap_or_default();
            let header = ReplyHeader::decode(&mut Reader::new(&reply)).unwrap();
            prop_assert_eq!(header.xid, Xid(self.xid));
            let error = if number == opcode::EXISTS { 0 } else { -101 };
            prop_assert_eq!(header.error, error);
        }
        Ok(())
    }
}

fn root(to: &mut Writer) {
    to.string("/").boolean(false);
}

fn missing(to: &mut Writer) {
    to.string("/nothing/here").int(-1);
}

pub(super) fn greeting(session: i64, password: &[u8], timeout_ms: i32) -> Vec<u8> {
    let request = ConnectRequest {
        protocol: 0,
        last_seen: Default::default(),
        timeout_ms,
        session: SessionId(session),
        password: password.to_vec(),
        read_only: Some(false),
    };
    let mut to = Writer::onto(vec![0; 4]);
    request.encode(&mut to);
    Frames::seal(to.into_bytes())
}

pub(super) fn request(xid: i32, number: i32, body: impl Fn(&mut Writer)) -> Vec<u8> {
    let mut to = Writer::onto(vec![0; 4]);
    RequestHeader { xid: Xid(xid), opcode: number }.encode(&mut to);
    body(&mut to);
    Frames::seal(to.into_bytes())
}

/// One thing after the other on a connection: right, nearly right, or nothing at all.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let some = || crate::codec::any_bytes();
    let number = prop_oneof![3 => -11..110, 1 => any::<i32>()];
    let xid = prop_oneof![3 => 1..100, 1 => -10..1, 1 => any::<i32>()];
    let right = (xid.clone(), prop::sample::select(examples()));
    let right = right.prop_map(|(xid, (it, _))| request(xid, it.opcode(), |to| it.encode(to)));
    let cut = (right.clone(), any::<Index>()).prop_map(|(bytes, at)| {
        let kept = 4 + at.index(bytes.len() - 3);
        Frames::seal(bytes[..kept.min(bytes.len())].to_vec())
    });
    let length = prop_oneof![Just(-1), Just(i32::MIN), Just(i32::MAX), Just(0xf_ffff), 0..100];
    prop_oneof![
        2 => (any::<i64>(), some(), any::<i32>()).prop_map(|(id, pw, ms)| greeting(id, &pw, ms)),
        8 => right,
        3 => cut,
        3 => (xid, number, some())
            .prop_map(|(xid, number, body)| request(xid, number, |to| {
                to.raw(&body);
            })),
        1 => length.prop_map(|length: i32| length.to_be_bytes().to_vec()),
        1 => some(),
        1 => prop::sample::select(vec!["ruok", "srvr", "stat", "mntr", "cons", "dump", "dirs", "xxxx"])
            .prop_map(|word| word.as_bytes().to_vec()),
    ]
}

/// A whole conversation from one side, with a byte or two changed, and where it is cut.
fn stream() -> impl Strategy<Value = (Vec<u8>, Vec<Index>)> {
    let begun = any::<bool>().prop_map(|begun| match begun {
        true => greeting(0, &[0; 16], 4_000),
        false => Vec::new(),
    });
    let changes = prop::collection::vec((any::<Index>(), any::<u8>()), 0..3);
    let pieces = prop::collection::vec(piece(), 0..8);
    let bytes = (begun, pieces, changes).prop_map(|(begun, pieces, changes)| {
        let mut bytes = [begun, pieces.concat()].concat();
        for (at, byte) in changes.iter().filter(|_| !pieces.is_empty()) {
            let at = at.index(bytes.len().max(1));
            bytes.get_mut(at).into_iter().for_each(|it| *it = *byte);
        }
        bytes
    });
    (bytes, prop::collection::vec(any::<Index>(), 0..6))
}

fn cut(bytes: &[u8], cuts: &[Index]) -> Vec<Vec<u8>> {
    let mut places: Vec<usize> = cuts.iter().map(|it| it.index(bytes.len() + 1)).collect();
    places.extend([0, bytes.len()]);
    places.sort_unstable();
    places.windows(2).map(|it| bytes[it[0]..it[1]].to_vec()).collect()
}

#[test]
fn whatever_strangers_say_others_are_served() {
    let stranger = (stream(), any::<bool>(), 0..3_000u64);
    holds(prop::collection::vec(stranger, 1..5), |strangers| {
        let mut stage = Stage::serving();
        let mut witness = Witness::of(&mut stage);
        for ((bytes, cuts), hangs_up, time) in strangers {
            let conn = stage.accept(Port::Client);
            for piece in cut(&bytes, &cuts) {
                stage.bytes(conn, &piece);
                witness.is_served(&mut stage)?;
            }
            if hangs_up {
                stage.hang_up(conn);
            }
            stage.pass(Millis(time));
            witness.is_served(&mut stage)?;
        }
        stage.server.assert_deep_invariants();
        prop_assert!(!stage.halted);
        Ok(())
    });
}

/// The same bytes have the same answer, however they are cut. Bytes that end the connection may come
/// before an answer, which is then not given any more.
#[test]
fn where_bytes_are_cut_means_nothing() {
    holds(stream(), |(bytes, cuts)| {
        let said = |pieces: Vec<Vec<u8>>| {
            let mut stage = Stage::serving();
            let conn = stage.accept(Port::Client);
            pieces.iter().for_each(|piece| stage.bytes(conn, piece));
            (stage.take_said(conn), stage.open.contains(&conn))
        };
        let (in_pieces, open) = said(cut(&bytes, &cuts));
        let (at_once, open_still) = said(vec![bytes]);
        prop_assert_eq!(open, open_still);
        let same = if open { in_pieces == at_once } else { in_pieces.starts_with(&at_once) };
        prop_assert!(same, "{in_pieces:?} or {at_once:?}");
        Ok(())
    });
}
