//! What goes over a connection, in words: for the trace, which people read.

use super::io::{Effect, Input};
use super::links::Traffic;
use super::server::{Server, State};
use crate::base::ConnId;
use crate::history::Role;
use crate::ops::Request;
use crate::wire::{
    Hello, Malformed, Notification, Packet, Reader, ReplyHeader, RequestHeader, WatcherEvent,
};
use std::fmt;

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.role {
            Role::Looking => f.write_str("LOOKING")?,
            Role::Leading => f.write_str("LEADING")?,
            Role::Following(leader) => write!(f, "FOLLOWING {leader}")?,
            Role::Observing(leader) => write!(f, "OBSERVING {leader}")?,
        }
        let State { epoch, zxid, sessions, znodes, digest, serving, .. } = self;
        write!(f, ", epoch {epoch}, zxid {zxid}, {znodes} znodes, {sessions} sessions")?;
        write!(f, ", digest {digest:016x}{}", if *serving { ", serving" } else { "" })
    }
}

impl Server {
    /// An input as one line; bytes in words as far as they can be read.
    pub fn describe_input(&self, input: &Input) -> String {
        match input {
            Input::Bytes { conn, bytes } => {
                format!("bytes {conn} {}", self.describe(*conn, bytes, client_frame))
            }
            input => input.to_string(),
        }
    }

    /// An effect as one line; bytes in words as far as they can be read.
    pub fn describe_effect(&self, effect: &Effect) -> String {
        match effect {
            Effect::Send { conn, bytes } => {
                format!("send {conn} {}", self.describe(*conn, bytes, server_frame))
            }
            effect => effect.to_string(),
        }
    }

    fn describe(&self, conn: ConnId, bytes: &[u8], frame: Read) -> String {
        let read: Read = match self.links.traffic(conn) {
            Some(Traffic::Election) => election,
            Some(Traffic::Quorum) => |from| Packet::decode(from).map(|it| it.to_string()),
            None => |from| Ok(format!("{} bytes", rest_of(from)?.len())),
        };
        let read = if self.links.has(conn) { read } else { frame };
        let mut from = Reader::new(bytes);
        let mut words = Vec::new();
        while !from.is_done() {
            let at = from.at();
            match read(&mut from) {
                Ok(it) => words.push(it),
                Err(_) => {
                    words.push(format!("({} bytes)", bytes.len() - at));
                    break;
                }
            }
        }
        words.join(", ")
    }
}

type Read = fn(&mut Reader) -> Result<String, Malformed>;

fn rest_of<'a>(from: &mut Reader<'a>) -> Result<&'a [u8], Malformed> {
    let rest = from.rest();
    from.skip(from.at() + rest.len())?;
    Ok(rest)
}

/// A hello begins with a negative number, a vote with its length.
fn election(from: &mut Reader) -> Result<String, Malformed> {
    if from.rest().first() == Some(&0xff) {
        return Hello::decode(from).map(|it| format!("hello {}", it.server));
    }
    let it = Notification::decode(from)?;
    Ok(format!(
        "vote {:?} for {} at {} in epoch {}, round {}",
        it.state, it.leader, it.zxid, it.peer_epoch, it.round
    ))
}

/// A frame of a client: a request, or its first packet.
fn client_frame(from: &mut Reader) -> Result<String, Malformed> {
    let frame = from.buffer()?.unwrap_or_default();
    let mut body = Reader::new(frame);
    let header = RequestHeader::decode(&mut body)?;
    Ok(match Request::decode(header.opcode, &mut body) {
        Ok(Some(request)) => format!("xid {} {request:?}", header.xid),
        Ok(None) | Err(_) => format!("a frame of {} bytes", frame.len()),
    })
}

/// A frame for a client: a reply, a watcher event, or the answer to its first packet.
fn server_frame(from: &mut Reader) -> Result<String, Malformed> {
    let frame = from.buffer()?.unwrap_or_default();
    let mut body = Reader::new(frame);
    let header = ReplyHeader::decode(&mut body)?;
    if header.is_event() {
        let event = WatcherEvent::decode(&mut body)?;
        return Ok(format!("event {} {}", event.kind, event.path));
    }
    let zxid = crate::base::Zxid::from_wire(header.zxid);
    Ok(match header.error {
        _ if frame.len() == 37 && header.xid.0 == 0 => "session".to_owned(),
        0 => format!("reply {} at {zxid}", header.xid),
        error => format!("reply {} at {zxid}: error {error}", header.xid),
    })
}
