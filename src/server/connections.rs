//! One client connection: its handshake, and the requests that wait for their answers, in order
//! (`NIOServerCnxn`, `CommitProcessor`).

use crate::base::{SessionId, Xid};
use crate::ops::Request;
use crate::wire::{ConnectRequest, Frames};
use core::net::SocketAddr;
use std::collections::VecDeque;

/// How far a client's connection has come.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Stage {
    /// Has not sent its first packet.
    Fresh,
    /// Asked for a new session, which is on its way through the quorum.
    Creating {
        /// The session to be.
        session: SessionId,
        /// What it asked for.
        request: ConnectRequest,
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

/// A request that waits: for its transaction, for the leader, or for those before it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Waiting {
    /// Its number.
    pub xid: Xid,
    /// What it asks.
    pub request: Request,
    /// For reads: whether only those before it are waited for. A forwarded `sync` also waits for
    /// the leader, and a write for its transaction.
    pub ready: bool,
}

/// A client's connection.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Connection {
    /// Where the client is.
    pub from: SocketAddr,
    /// How far it has come.
    pub stage: Stage,
    /// What has arrived of the next frames.
    pub frames: Frames,
    /// Requests of which the answer is owed, in the order in which they came.
    pub waiting: VecDeque<Waiting>,
    /// The negotiated timeout: silence for longer ends the connection.
    pub timeout_ms: i32,
}

impl Connection {
    /// A new one. Without a session it has so long to ask for one.
    pub fn new(from: SocketAddr, patience_ms: i32) -> Connection {
        Connection {
            from,
            stage: Stage::Fresh,
            frames: Frames::default(),
            waiting: VecDeque::new(),
            timeout_ms: patience_ms,
        }
    }

    /// Its session, once there is one.
    pub fn session(&self) -> Option<SessionId> {
        match self.stage {
            Stage::Open { session } => Some(session),
            Stage::Fresh | Stage::Creating { .. } | Stage::Resuming { .. } => None,
        }
    }

    /// Whether frames are read now. While a session is set up they wait.
    pub fn reads(&self) -> bool {
        matches!(self.stage, Stage::Fresh | Stage::Open { .. })
    }
}
