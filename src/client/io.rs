//! What happens to a client, and what it wants to happen. Both print as one line.

use crate::base::{ConnId, ServerId, SessionId, Xid, ZPath, Zxid};
use crate::history::{Answer, ConnectionChange, Lost, Op, Outcome, Proof, Told};
use std::fmt;

/// What a client has to know from the start.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Config {
    /// The servers, at least one, in the order in which it tries them. The caller has shuffled
    /// them, so that not all clients go to the same one.
    pub hosts: Vec<ServerId>,
    /// The session timeout that it asks for; more than 0.
    pub timeout_ms: u32,
    /// How long it waits after every server failed once; more than 0.
    pub reconnect_pause_ms: u32,
    /// Whether a server without a leader will do, which only reads (`canBeReadOnly`).
    pub read_only: bool,
    /// How many connections earlier processes of the same client have dialled, so that numbers of
    /// connections stay unique. 0 for the first.
    pub dialled_count: u32,
}

/// Something that happens to a client. What it hears of a connection that it no longer has is
/// ignored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Input<'a> {
    /// It may dial its first server.
    Start,
    /// The connection is there.
    Connected {
        /// Which.
        conn: ConnId,
    },
    /// The connection could not be made.
    ConnectFailed {
        /// Which.
        conn: ConnId,
    },
    /// Bytes arrived, cut anyhow.
    Bytes {
        /// On which connection.
        conn: ConnId,
        /// The bytes.
        bytes: &'a [u8],
    },
    /// The connection ended.
    Closed {
        /// Which.
        conn: ConnId,
    },
    /// Time has passed: it is [`Client::deadline`](super::Client::deadline) or later.
    Tick,
    /// The application asks for something. It goes on the wire at once, or waits until a session
    /// is connected.
    Call {
        /// The application's number for it; unique.
        call: u64,
        /// What it asks; nothing in it may be [misplaced](Op::misplaced).
        op: Op,
    },
    /// The process dies without a word. Nothing that happens afterwards has an effect; the driver
    /// makes a new client.
    Vanish,
}

/// Something that a client wants to happen. The first three are for the network; the others are
/// statements for the history, which the driver writes down and does not judge.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Effect {
    /// Make a connection. There may be two: one to the server that serves the session, and one by which
    /// the client looks for a better one.
    Dial {
        /// Its number: even, and twice the number that the history knows it by.
        conn: ConnId,
        /// To whom.
        to: ServerId,
    },
    /// Send bytes: one whole frame, or a four-letter word.
    Send {
        /// On which connection.
        conn: ConnId,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// End the connection, or the attempt to make it. No [`Input::Closed`] has to follow.
    Close {
        /// Which.
        conn: ConnId,
    },
    /// A call was put on the wire; the effect that sends it comes next.
    Invoked {
        /// Which.
        call: u64,
        /// In which session.
        session: SessionId,
        /// On which connection, as the history counts them.
        conn_number: u32,
        /// Its number on the wire.
        xid: Xid,
    },
    /// What became of a call. Said exactly once for each.
    Answered {
        /// Which.
        call: u64,
        /// What the application learns.
        answer: Answer,
        /// Whether it was ever put on the wire.
        invoked: bool,
    },
    /// The connection's or the session's standing changed.
    Connection {
        /// The connection concerned: the current one, or the last.
        conn_number: u32,
        /// The session concerned; 0 without one.
        session: SessionId,
        /// How.
        change: ConnectionChange,
    },
    /// A watch spoke; as it came over the wire.
    Told {
        /// On which connection.
        conn_number: u32,
        /// What it said.
        told: Told,
    },
    /// A `setWatches` was put on the wire; the effect that sends it comes next.
    Rearm {
        /// On which connection.
        conn_number: u32,
        /// The last zxid that the client has seen (`relativeZxid`).
        since: Zxid,
        /// Watches on data of znodes that were there.
        data: Vec<ZPath>,
        /// Watches on znodes that were not there.
        exist: Vec<ZPath>,
        /// Watches on children.
        child: Vec<ZPath>,
        /// Watches that stay.
        persistent: Vec<ZPath>,
        /// Watches that stay and reach below.
        recursive: Vec<ZPath>,
    },
    /// All that the client has shown itself to be was put on the wire again; the effects that send
    /// it come next.
    Reauth {
        /// On which connection.
        conn_number: u32,
        /// What shows it, in the order in which the application did.
        proofs: Vec<Proof>,
    },
    /// The answer to the oldest `setWatches` of this connection without one.
    Rearmed {
        /// On which connection.
        conn_number: u32,
        /// The version of the tree that answered.
        zxid: Zxid,
    },
}

impl fmt::Display for Input<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Input::Start => f.write_str("start"),
            Input::Connected { conn } => write!(f, "connected {conn}"),
            Input::ConnectFailed { conn } => write!(f, "failed {conn}"),
            Input::Bytes { conn, bytes } => write!(f, "bytes {conn} ({} bytes)", bytes.len()),
            Input::Closed { conn } => write!(f, "closed {conn}"),
            Input::Tick => f.write_str("tick"),
            Input::Call { call, op } => write!(f, "call {call} {op}"),
            Input::Vanish => f.write_str("vanish"),
        }
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Effect::Dial { conn, to } => write!(f, "dial {conn} {to}"),
            Effect::Send { conn, bytes } => write!(f, "send {conn} ({} bytes)", bytes.len()),
            Effect::Close { conn } => write!(f, "close {conn}"),
            Effect::Invoked { call, session, conn_number, xid } => {
                write!(f, "invoked {call} session={session} conn={conn_number} xid={xid}")
            }
            Effect::Answered { call, answer, invoked } => {
                let unsent = if *invoked { "" } else { " (never sent)" };
                write!(f, "answered {call} {}{unsent}", text_of_answer(answer))
            }
            Effect::Connection { conn_number, session, change } => {
                write!(f, "connection {conn_number} session={session} {}", text_of_change(change))
            }
            Effect::Told { conn_number, told: Told { kind, path, zxid } } => match zxid {
                Some(zxid) => write!(f, "told {conn_number} {kind:?} {path} zxid={zxid}"),
                None => write!(f, "told {conn_number} {kind:?} {path}"),
            },
            Effect::Rearm { conn_number, since, data, exist, child, persistent, recursive } => {
                write!(
                    f,
                    "rearm {conn_number} since={since} data={data:?} exist={exist:?} \
                     child={child:?}"
                )?;
                if persistent.is_empty() && recursive.is_empty() {
                    return Ok(());
                }
                write!(f, " persistent={persistent:?} recursive={recursive:?}")
            }
            Effect::Reauth { conn_number, proofs } => {
                let proofs = proofs.iter().map(|it| format!("{} {}", it.scheme, it.secret));
                write!(f, "reauth {conn_number} {}", proofs.collect::<Vec<_>>().join(", "))
            }
            Effect::Rearmed { conn_number, zxid } => write!(f, "rearmed {conn_number} zxid={zxid}"),
        }
    }
}

fn text_of_change(change: &ConnectionChange) -> String {
    match change {
        ConnectionChange::Connected { server, timeout_ms, resumed, read_only } => {
            let how = if *resumed { "resumed" } else { "new" };
            let only = if *read_only { ", which only reads" } else { "" };
            format!("connected to {server}{only}, {how}, timeout={timeout_ms}ms")
        }
        ConnectionChange::Disconnected => "disconnected".to_owned(),
        ConnectionChange::Expired => "expired".to_owned(),
        ConnectionChange::GaveUp => "gave up".to_owned(),
        ConnectionChange::Closed => "closed".to_owned(),
        ConnectionChange::AuthFailed => "authentication failed".to_owned(),
        ConnectionChange::Vanished => "vanished".to_owned(),
    }
}

fn text_of_answer(answer: &Answer) -> String {
    match answer {
        Answer::Ok { zxid, outcome } => format!("ok {zxid} {}", text_of_outcome(outcome)),
        Answer::Refused { zxid, code } => format!("refused {zxid} {code:?}"),
        Answer::Unknown(Lost::Connection) => "unknown: the connection ended".to_owned(),
        Answer::Unknown(Lost::Auth) => "unknown: authentication failed".to_owned(),
        Answer::Unknown(Lost::Session) => "unknown: the session ended".to_owned(),
    }
}

fn text_of_outcome(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Created { path, .. } => format!("created {path}"),
        Outcome::Deleted => "deleted".to_owned(),
        Outcome::Exists(stat) => format!("exists version={}", stat.version),
        Outcome::Data { data, stat } => format!("data {data:?} version={}", stat.version),
        Outcome::Set(stat) => format!("set version={}", stat.version),
        Outcome::Children { children, .. } => format!("children {children:?}"),
        Outcome::Multi(parts) => {
            let parts: Vec<String> = parts.iter().map(text_of_outcome).collect();
            format!("multi [{}]", parts.join(", "))
        }
        Outcome::MultiRefused(errors) => format!("multi refused {errors:?}"),
        Outcome::Checked => "checked".to_owned(),
        Outcome::Synced => "synced".to_owned(),
        Outcome::Reconfigured { version, members } => format!("configuration {version} {members}"),
        Outcome::Closed => "closed".to_owned(),
        Outcome::Authenticated => "authenticated".to_owned(),
        Outcome::Acl { acls, stat } => format!("acl {acls:?} aversion={}", stat.aversion),
        Outcome::AclSet(stat) => format!("acl set aversion={}", stat.aversion),
        Outcome::Watching => "watching".to_owned(),
        Outcome::Removed => "removed".to_owned(),
        Outcome::Watched => "watched".to_owned(),
        Outcome::MultiRead(parts) => {
            let parts: Vec<String> = parts.iter().map(text_of_outcome).collect();
            format!("read [{}]", parts.join(", "))
        }
        Outcome::PartRefused(code) => format!("refused {code:?}"),
        Outcome::Ephemerals(paths) => format!("ephemerals {paths:?}"),
        Outcome::Number(number) => format!("number {number}"),
        Outcome::Identities(all) => format!("identities {all:?}"),
    }
}
