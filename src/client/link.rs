//! The connection that a client has, wants or waits for, and until when it may stay as it is.

use crate::base::{Millis, ServerId, SessionId, Time};

/// Two pings are never further apart (`ClientCnxn.MAX_SEND_PING_INTERVAL`).
const PING_MS_MAX: u64 = 10_000;

/// A client has one connection at most.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Link {
    /// None, and none is wanted before the application calls.
    Resting,
    /// None until then: every server has failed.
    Pausing { until: Time },
    /// A connection is being made.
    Dialling { to: ServerId, until: Time },
    /// It is there, and the server was asked for a session.
    Greeting { to: ServerId, until: Time },
    /// A server serves the session.
    Up(Up),
    /// The process is dead.
    Vanished,
}

/// A connection on which a server serves, or has served, a session.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Up {
    pub(super) to: ServerId,
    /// Which session. It stays known when the session ends before the connection does.
    pub(super) session: SessionId,
    pub(super) timeout: Millis,
    /// The server has no leader, and only reads.
    pub(super) read_only: bool,
    /// When something was last sent.
    pub(super) sent: Time,
}

impl Link {
    /// True while there is a connection, or an attempt to make one.
    pub(super) fn is_open(&self) -> bool {
        match self {
            Link::Dialling { .. } | Link::Greeting { .. } | Link::Up(_) => true,
            Link::Resting | Link::Pausing { .. } | Link::Vanished => false,
        }
    }
}

impl Up {
    /// When the server, last heard at `heard`, counts as gone: after 2/3 of the session's timeout.
    pub(super) fn silent_at(&self, heard: Time) -> Time {
        heard + Millis(self.read_timeout_ms().max(1))
    }

    /// When the next ping is due.
    ///
    /// After half the read timeout without sending, less a second when that leaves more than one
    /// (`ClientCnxn.SendThread.run`).
    pub(super) fn ping_at(&self) -> Time {
        let half = self.read_timeout_ms() / 2;
        let early = half.saturating_sub(1000).max(1000);
        self.sent + Millis(half.min(early).clamp(1, PING_MS_MAX))
    }

    fn read_timeout_ms(&self) -> u64 {
        self.timeout.0 * 2 / 3
    }
}
