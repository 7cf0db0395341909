//! What is sent over a connection, in words for people: given only to which port it leads and in
//! which direction, without any server's state. Reads numbers and paths only, so that an operation
//! that nobody has met yet still has its name.

use super::io::Port;
use crate::base::{Epoch, ErrorCode, Zxid};
use crate::history::MessageKind;
use crate::wire::{
    ConnectRequest, ConnectResponse, Hello, LearnerInfo, Malformed, Notification, Packet,
    PacketKind, Reader, ReplyHeader, RequestHeader, WatcherEvent, opcode,
};

/// A stretch of a connection's stream.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stretch<'a> {
    /// The port that was dialled.
    pub port: Port,
    /// Whether the dialler sends it.
    pub by_dialler: bool,
    /// Whether nothing was sent before in this direction.
    pub first: bool,
    /// What was sent at once.
    pub bytes: &'a [u8],
}

type Said = (MessageKind, String);

/// What it is for and what it says. The kind is that of its first part.
pub fn said(stretch: Stretch) -> Said {
    let mut from = Reader::new(stretch.bytes);
    let mut said: Vec<Said> = Vec::new();
    while !from.is_done() {
        let at = from.at();
        let first = stretch.first && said.is_empty();
        let read = match (stretch.port, stretch.by_dialler) {
            (Port::Election, _) => election(&mut from),
            (Port::Learner | Port::Observers, _) => quorum(&mut from),
            (Port::Client | Port::Secure, true) => request_frame(&mut from, first),
            (Port::Client | Port::Secure, false) => reply_frame(&mut from, first),
        };
        match read {
            Ok(it) => said.push(it),
            Err(_) => {
                said.push(unread(stretch.port, stretch.bytes.len() - at));
                break;
            }
        }
    }
    let kind = said.first().map_or(MessageKind::Connection, |(kind, _)| *kind);
    let words: Vec<String> = said.into_iter().map(|(_, words)| words).collect();
    (kind, words.join(", "))
}

/// Between leader and learner, only a tree does not come in packets.
fn unread(port: Port, length: usize) -> Said {
    match port {
        Port::Election => (MessageKind::Election, format!("{length} bytes")),
        Port::Learner | Port::Observers => (MessageKind::Sync, format!("the tree, {length} bytes")),
        Port::Client | Port::Secure => (MessageKind::Client, format!("{length} bytes")),
    }
}

/// A hello begins with a negative number, a vote with its length.
fn election(from: &mut Reader) -> Result<Said, Malformed> {
    if from.rest().first() == Some(&0xff) {
        let hello = Hello::decode(from)?;
        return Ok((MessageKind::Election, format!("hello from {}", hello.server)));
    }
    let it = Notification::decode(from)?;
    let state = format!("{:?}", it.state).to_uppercase();
    let words = format!(
        "{state}, votes for {} at {} of epoch {}, round {}",
        it.leader, it.zxid, it.peer_epoch, it.round
    );
    Ok((MessageKind::Election, words))
}

fn quorum(from: &mut Reader) -> Result<Said, Malformed> {
    let packet = Packet::decode(from)?;
    let (zxid, name) = (packet.zxid(), name_of(packet.kind));
    let kind = kind_of(packet.kind);
    let words = match packet.kind {
        PacketKind::Proposal | PacketKind::Inform => {
            format!("{name} {zxid}: {}", txn(packet.data()))
        }
        PacketKind::CommitAndActivate | PacketKind::InformAndActivate => format!("{name} {zxid}"),
        PacketKind::Request => format!("{name} {}", forwarded(packet.data())),
        PacketKind::Revalidate => format!("{name} {}", revalidated(packet.data())),
        PacketKind::FollowerInfo | PacketKind::ObserverInfo => {
            let who = LearnerInfo::decode(packet.data()).map(|it| it.server.to_string());
            let (who, epoch) = (who.unwrap_or_default(), zxid.epoch());
            format!("{name} {who}, accepted epoch {epoch}")
        }
        PacketKind::LeaderInfo | PacketKind::NewLeader => {
            format!("{name} epoch {}", zxid.epoch())
        }
        PacketKind::AckEpoch => {
            let held = Reader::new(packet.data()).int().map(|it| Epoch(it.cast_unsigned()));
            let held = held.map(|epoch| format!(", holds epoch {epoch}")).unwrap_or_default();
            format!("{name} last {zxid}{held}")
        }
        PacketKind::Ack
        | PacketKind::Commit
        | PacketKind::Ping
        | PacketKind::Sync
        | PacketKind::UpToDate
        | PacketKind::Diff
        | PacketKind::Trunc
        | PacketKind::Snap => {
            if packet.zxid >= 0 {
                format!("{name} {zxid}")
            } else {
                name
            }
        }
    };
    Ok((kind, words))
}

/// As `Leader.java` spells it.
fn name_of(kind: PacketKind) -> String {
    format!("{kind:?}").to_uppercase()
}

fn kind_of(kind: PacketKind) -> MessageKind {
    match kind {
        PacketKind::Proposal => MessageKind::Proposal,
        PacketKind::Ack => MessageKind::Ack,
        PacketKind::Commit
        | PacketKind::CommitAndActivate
        | PacketKind::Inform
        | PacketKind::InformAndActivate => MessageKind::Commit,
        PacketKind::Ping => MessageKind::Ping,
        PacketKind::Request | PacketKind::Revalidate | PacketKind::Sync => MessageKind::Forward,
        PacketKind::NewLeader
        | PacketKind::FollowerInfo
        | PacketKind::ObserverInfo
        | PacketKind::UpToDate
        | PacketKind::Diff
        | PacketKind::Trunc
        | PacketKind::Snap
        | PacketKind::LeaderInfo
        | PacketKind::AckEpoch => MessageKind::Sync,
    }
}

/// The data of a REQUEST: session, xid, number, body.
fn forwarded(data: &[u8]) -> String {
    let mut from = Reader::new(data);
    let mut read = || -> Result<String, Malformed> {
        let (session, xid, number) = (from.session()?, from.xid()?, from.int()?);
        Ok(format!("{} (session {session}, xid {xid})", operation(number, &mut from)))
    };
    read().unwrap_or_else(|_| format!("{} bytes", data.len()))
}

/// The data of a REVALIDATE: a session, then a timeout or, in the answer, whether it is there.
fn revalidated(data: &[u8]) -> String {
    let mut from = Reader::new(data);
    let Ok(session) = from.session() else { return format!("{} bytes", data.len()) };
    match from.rest() {
        [0] => format!("session {session}: gone"),
        [1] => format!("session {session}: there"),
        _ => format!("session {session}?"),
    }
}

/// A transaction's bytes: session, xid, zxid, time, number, body.
fn txn(data: &[u8]) -> String {
    let mut from = Reader::new(data);
    let mut read = || -> Result<String, Malformed> {
        from.long()?;
        from.int()?;
        from.long()?;
        from.long()?;
        let number = from.int()?;
        change(number, &mut from)
    };
    read().unwrap_or_else(|_| format!("{} bytes", data.len()))
}

fn change(number: i32, body: &mut Reader) -> Result<String, Malformed> {
    match number {
        opcode::MULTI => {
            let mut parts = Vec::new();
            for _ in 0..body.count(8)? {
                let number = body.int()?;
                let part = body.buffer()?.unwrap_or_default();
                parts.push(change(number, &mut Reader::new(part))?);
            }
            Ok(format!("multi [{}]", parts.join("; ")))
        }
        opcode::ERROR => {
            let code = ErrorCode::from_wire(body.int()?);
            Ok(code.map_or("nothing".to_owned(), |code| format!("nothing ({code:?})")))
        }
        number => Ok(operation(number, body)),
    }
}

fn request_frame(from: &mut Reader, first: bool) -> Result<Said, Malformed> {
    let frame = from.buffer()?.unwrap_or_default();
    if first {
        let it = ConnectRequest::decode(frame)?;
        let (session, seen) = (it.session, it.last_seen);
        let words = match session.0 {
            0 => "connect: a new session".to_owned(),
            _ => format!("connect: session {session} again, has seen {seen}"),
        };
        let less = if it.read_only == Some(true) { ", reads will do" } else { "" };
        let words = format!("{words}{less}");
        return Ok((MessageKind::Client, words));
    }
    let mut body = Reader::new(frame);
    let RequestHeader { xid, opcode } = RequestHeader::decode(&mut body)?;
    Ok(match opcode {
        opcode::PING => (MessageKind::Ping, "ping".to_owned()),
        number => (MessageKind::Client, format!("{} (xid {xid})", operation(number, &mut body))),
    })
}

fn reply_frame(from: &mut Reader, first: bool) -> Result<Said, Malformed> {
    let frame = from.buffer()?.unwrap_or_default();
    if first {
        let it = ConnectResponse::decode(frame)?;
        let words = match it.timeout_ms {
            0 => "session expired".to_owned(),
            timeout_ms => {
                let only = if it.read_only == Some(true) { " for reads only" } else { "" };
                format!("connected{only}: session {}, timeout {timeout_ms}ms", it.session)
            }
        };
        return Ok((MessageKind::Client, words));
    }
    let mut body = Reader::new(frame);
    let header = ReplyHeader::decode(&mut body)?;
    let zxid = Zxid::from_wire(header.zxid);
    if header.is_event() {
        let event = WatcherEvent::decode(&mut body)?;
        return Ok((
            MessageKind::Watch,
            format!("watch: {} {}", kind_word(event.kind), event.path),
        ));
    }
    if header.xid == crate::wire::PING {
        return Ok((MessageKind::Ping, format!("ping, at {zxid}")));
    }
    let error = match ErrorCode::from_wire(header.error) {
        Some(code) => format!(": {code:?}"),
        None if header.error != 0 => format!(": error {}", header.error),
        None => String::new(),
    };
    Ok((MessageKind::Client, format!("reply to xid {} at {zxid}{error}", header.xid)))
}

fn kind_word(kind: i32) -> &'static str {
    match kind {
        1 => "created",
        2 => "deleted",
        3 => "data changed",
        4 => "children changed",
        _ => "event",
    }
}

/// An operation by its number, with the path that begins most bodies.
fn operation(number: i32, body: &mut Reader) -> String {
    let (name, has_path) = match number {
        opcode::CREATE => ("create", true),
        opcode::CREATE2 => ("create2", true),
        opcode::CREATE_CONTAINER => ("createContainer", true),
        opcode::CREATE_TTL => ("createTTL", true),
        opcode::DELETE => ("delete", true),
        opcode::DELETE_CONTAINER => ("deleteContainer", true),
        opcode::EXISTS => ("exists", true),
        opcode::GET_DATA => ("getData", true),
        opcode::SET_DATA => ("setData", true),
        opcode::GET_ACL => ("getACL", true),
        opcode::SET_ACL => ("setACL", true),
        opcode::GET_CHILDREN => ("getChildren", true),
        opcode::GET_CHILDREN2 => ("getChildren2", true),
        opcode::SYNC => ("sync", true),
        opcode::CHECK => ("check", true),
        opcode::ADD_WATCH => ("addWatch", true),
        opcode::REMOVE_WATCHES => ("removeWatches", true),
        opcode::CHECK_WATCHES => ("checkWatches", true),
        opcode::GET_EPHEMERALS => ("getEphemerals", true),
        opcode::GET_ALL_CHILDREN_NUMBER => ("getAllChildrenNumber", true),
        opcode::PING => ("ping", false),
        opcode::MULTI => ("multi", false),
        opcode::MULTI_READ => ("multiRead", false),
        opcode::RECONFIG => ("reconfig", false),
        opcode::AUTH => ("auth", false),
        opcode::SET_WATCHES => ("setWatches", false),
        opcode::SET_WATCHES2 => ("setWatches2", false),
        opcode::WHO_AM_I => ("whoAmI", false),
        opcode::CREATE_SESSION => ("createSession", false),
        opcode::CLOSE_SESSION => ("closeSession", false),
        _ => return format!("operation {number}"),
    };
    match body.string() {
        Ok(path) if has_path => format!("{name} {path}"),
        Ok(_) | Err(_) => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{ServerId, SessionId, Xid};
    use crate::tree::{Body, Txn};
    use crate::wire::Writer;

    fn learner(packet: &Packet) -> Said {
        let mut bytes = Writer::new();
        packet.encode(&mut bytes);
        let port = Port::Learner;
        said(Stretch { port, by_dialler: false, first: false, bytes: bytes.as_bytes() })
    }

    fn framed(port: Port, by_dialler: bool, first: bool, body: &[u8]) -> Said {
        let mut bytes = Writer::new();
        bytes.buffer(Some(body));
        said(Stretch { port, by_dialler, first, bytes: bytes.as_bytes() })
    }

    #[test]
    fn a_proposal_says_what_it_does() {
        let zxid = Zxid::new(Epoch(3), 17);
        let parts = vec![
            Body::Delete { path: "/a".to_owned() },
            Body::SetData { path: "/b".to_owned(), data: "x".into(), version: 2 },
        ];
        let body = Body::Multi(parts);
        let txn = Txn { session: SessionId(7), xid: Xid(1), zxid, time_ms: 0, body };
        let packet = Packet::with(PacketKind::Proposal, zxid, txn.encode().into());
        let words = "PROPOSAL 3:17: multi [delete /a; setData /b]".to_owned();
        assert_eq!(learner(&packet), (MessageKind::Proposal, words));
    }

    #[test]
    fn a_client_begins_with_its_session_and_goes_on_with_requests() {
        let mut body = Writer::new();
        let seen = Zxid::new(Epoch(1), 4);
        ConnectRequest {
            protocol: 0,
            last_seen: seen,
            timeout_ms: 4000,
            session: SessionId(0x1a),
            password: vec![0; 16],
            read_only: None,
        }
        .encode(&mut body);
        let words = "connect: session 0x1a again, has seen 1:4".to_owned();
        let hello = framed(Port::Client, true, true, body.as_bytes());
        assert_eq!(hello, (MessageKind::Client, words));
        let mut body = Writer::new();
        RequestHeader { xid: Xid(3), opcode: opcode::EXISTS }.encode(&mut body);
        body.string("/k").boolean(true);
        let request = framed(Port::Client, true, false, body.as_bytes());
        assert_eq!(request, (MessageKind::Client, "exists /k (xid 3)".to_owned()));
    }

    #[test]
    fn whatever_the_bytes_are_they_have_words() {
        let nothing = Hello { server: ServerId(2), address: "s2:1".to_owned() };
        let mut bytes = Writer::new();
        nothing.encode(&mut bytes);
        for port in [Port::Client, Port::Learner, Port::Election] {
            for length in 0..bytes.as_bytes().len() {
                for (by_dialler, first) in [(true, true), (true, false), (false, true)] {
                    let bytes = &bytes.as_bytes()[..length];
                    let (_, words) = said(Stretch { port, by_dialler, first, bytes });
                    assert_eq!(words.is_empty(), length == 0);
                }
            }
        }
    }
}
