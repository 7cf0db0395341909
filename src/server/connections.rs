//! One client connection: its handshake, and the requests that wait for their answers, in order
//! (`NIOServerCnxn`, `CommitProcessor`).

use super::stats::Traffic;
use crate::base::{ErrorCode, SessionId, Time, Xid, Zxid};
use crate::ops::{Reply, Request};
use crate::wire::{ConnectRequest, Frames, Identity};
use core::net::SocketAddr;
use std::collections::VecDeque;
use std::sync::Arc;

/// So much is sent to a client before its next request is read, unless the driver says that it is
/// on its way. Requests are small and answers large: who asks and does not read must not fill the
/// memory.
const UNFLUSHED_MAX: usize = 1 << 20;

/// How far a client's connection has come.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Stage {
    /// Has not sent its first packet.
    Fresh,
    /// Asked for what has to be measured, and waits for it.
    Measuring {
        /// With which word.
        word: &'static str,
    },
    /// Asked for a new session, which is on its way through the quorum.
    Creating {
        /// The session to be.
        session: SessionId,
        /// What it asked for.
        request: ConnectRequest,
        /// When.
        since: Time,
    },
    /// Asked for a session that it has; the leader is asked whether it is still there.
    Resuming {
        /// The session.
        session: SessionId,
        /// What it asked for.
        request: ConnectRequest,
    },
    /// Has a session.
    Open {
        /// Which.
        session: SessionId,
    },
}

/// A request of which the answer is owed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Waiting {
    /// Its number.
    pub xid: Xid,
    /// When it came.
    pub since: Time,
    /// How much of it counts among the large requests, in bytes.
    pub large: usize,
    /// What it waits for.
    pub due: Due,
}

/// What a request waits for, besides those before it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Due {
    /// Its transaction. Without an answer when it is not answered in the good case
    /// ([`Request::is_answered`]).
    Txn {
        /// Whether it is answered in any case.
        answered: bool,
    },
    /// The leader's answer to a forwarded `sync`.
    Sync {
        /// As it was asked.
        path: String,
    },
    /// Nothing: it is answered from the tree.
    Read {
        /// What is read.
        request: Request,
        /// Who the connection had shown itself to be when it asked.
        ids: Arc<[Identity]>,
    },
    /// Nothing: it was answered before its turn ([`super::Reads::OnArrival`]).
    Reply {
        /// The answer.
        reply: Result<Reply, ErrorCode>,
        /// What the answer is true of.
        zxid: i64,
    },
    /// Nothing: it is refused, because its bytes are no such request.
    Refusal(ErrorCode),
}

impl Due {
    /// Whether only those before it are waited for.
    pub fn is_ready(&self) -> bool {
        matches!(self, Due::Read { .. } | Due::Reply { .. } | Due::Refusal(_))
    }
}

/// A client's connection.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Connection {
    /// Where the client is.
    pub from: SocketAddr,
    /// Whether it comes over TLS.
    pub secure: bool,
    /// Who the client has shown itself to be; first of all its address.
    pub ids: Arc<[Identity]>,
    /// How far it has come.
    pub stage: Stage,
    /// What has arrived of the next frames.
    pub frames: Frames,
    /// Requests of which the answer is owed, in the order in which they came.
    pub waiting: VecDeque<Waiting>,
    /// What was proposed up to here, a connection before it has asked for: its numbers may be the
    /// same, since a client may begin to count anew with each connection.
    pub since: Zxid,
    /// The negotiated timeout: silence for longer ends the connection.
    pub timeout_ms: i32,
    /// Since when it has not been read because everybody waits for too much.
    pub held_since: Option<Time>,
    /// Whether it stands among those that are not read because too much is outstanding.
    pub throttled: bool,
    /// Whether the driver was asked to read no more of it.
    pub paused: bool,
    /// Where in the server's outbox what goes out to it stands, if anything does.
    pub outgoing: usize,
    /// What was sent and may still be here, in bytes.
    pub unflushed: usize,
    /// Whether the driver was asked to say when it is on its way.
    pub flushing: bool,
    /// What went over it.
    pub traffic: Traffic,
}

impl Connection {
    /// A new one. Without a session it has so long to ask for one.
    pub fn new(now: Time, from: SocketAddr, patience_ms: i32, frame_max: usize) -> Connection {
        let address = Identity { scheme: "ip".to_owned(), id: from.ip().to_string() };
        Connection {
            from,
            secure: false,
            ids: [address].into(),
            stage: Stage::Fresh,
            frames: Frames::with_max(frame_max),
            waiting: VecDeque::new(),
            since: Zxid::ZERO,
            timeout_ms: patience_ms,
            held_since: None,
            throttled: false,
            paused: false,
            outgoing: 0,
            unflushed: 0,
            flushing: false,
            traffic: Traffic::new(now),
        }
    }

    /// Its session, once there is one.
    pub fn session(&self) -> Option<SessionId> {
        match self.stage {
            Stage::Open { session } => Some(session),
            _ => None,
        }
    }

    /// Which events of it are waited for, as bits of Java's `SelectionKey`: 1 while it is read.
    pub fn interest_ops(&self) -> u8 {
        let asked = self.stage == Stage::Fresh && !self.frames.waiting().is_empty();
        u8::from(self.reads() && !asked && !self.paused)
    }

    /// Whether so much was sent that the client has to read before it is heard again.
    pub fn is_full(&self) -> bool {
        self.unflushed >= UNFLUSHED_MAX
    }

    /// Whether frames are read now. While a session is set up they wait; behind an operation that
    /// nobody knows none is read any more, because the connection ends with its answer.
    pub fn reads(&self) -> bool {
        let ends = Due::Refusal(ErrorCode::Unimplemented);
        matches!(self.stage, Stage::Fresh | Stage::Open { .. })
            && self.waiting.back().is_none_or(|it| it.due != ends)
    }

    /// The client has shown that it is somebody else, too. False when it has shown too much: all of
    /// it may take `bytes_max`.
    pub fn add_ids(&mut self, more: Vec<Identity>, bytes_max: usize) -> bool {
        let mut ids = self.ids.to_vec();
        for id in more {
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        self.ids = ids.into();
        self.ids.iter().map(|it| it.scheme.len() + it.id.len()).sum::<usize>() <= bytes_max
    }
}
