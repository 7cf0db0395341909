//! Sessions that only their own server knows (`localSessionsEnabled`): they cost no transaction, own
//! no ephemeral znode, and cannot move. One that wants an ephemeral znode becomes a session like the
//! others first (`LocalSessionTracker`, `UpgradeableSessionTracker`).

use super::connections::Stage;
use super::server::Server;
use super::sessions::Owner;
use crate::base::{ConnId, ErrorCode, Millis, SessionId, Xid};
use crate::history::Note;
use crate::ops::{Part, Request};
use crate::wire::{ConnectRequest, opcode};

/// What becomes of a write of a session that only this server knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Local {
    /// It goes its way, as any other.
    Forward,
    /// This server answers it.
    Here,
    /// It is refused.
    Refuse(ErrorCode),
}

impl Server {
    /// Whether the session is known to this server alone.
    pub(super) fn is_local(&self, session: SessionId) -> bool {
        self.locals.contains_key(&session)
    }

    /// Begins a session of this server's own.
    pub(super) fn create_local(
        &mut self,
        conn: ConnId,
        session: SessionId,
        request: &ConnectRequest,
    ) {
        self.locals.insert(session, request.timeout_ms);
        self.touch_local(session);
        self.note(Note::LocalSession { session });
        let (request, since) = (request.clone(), self.now.time);
        self.set_stage(conn, session, Stage::Creating { session, request: request.clone(), since });
        self.session_answered(conn, since, false);
        self.welcome(conn, session, &request);
    }

    /// A sign of life. False when it is no session of this server's own.
    pub(super) fn touch_local(&mut self, session: SessionId) -> bool {
        let Some(&timeout_ms) = self.locals.get(&session) else { return false };
        let timeout = Millis(u64::try_from(timeout_ms).unwrap_or(0));
        self.local_expiry.touch(self.now.time, session, timeout);
        true
    }

    /// Its client comes back, and is told this timeout. False when it is no session of this server's
    /// own.
    pub(super) fn resume_local(&mut self, session: SessionId, timeout_ms: i32) -> bool {
        let Some(told_ms) = self.locals.get_mut(&session) else { return false };
        *told_ms = timeout_ms;
        self.local_expiry.remove(session);
        self.touch_local(session)
    }

    /// Ends those that were silent for too long.
    pub(super) fn expire_locals(&mut self) {
        for session in self.local_expiry.take_expired(self.now.time) {
            self.stats.counts.stale_sessions += 1;
            self.end_local(session);
        }
    }

    /// Ends a session of this server's own, behind what was sent.
    pub(super) fn end_local(&mut self, session: SessionId) {
        self.locals.remove(&session);
        self.local_expiry.remove(session);
        if let Some(&conn) = self.conn_of.get(&session) {
            self.close_client(conn);
        }
    }

    /// What becomes of a write; a session that wants an ephemeral znode is made known to all.
    pub(super) fn local_write(&mut self, session: SessionId, request: &Request) -> Local {
        let closes_own = matches!(request, Request::CloseSession(_)) && self.is_local(session);
        if self.read_only && !closes_own {
            return Local::Refuse(ErrorCode::NotReadOnly);
        }
        if !self.is_local(session) {
            return Local::Forward;
        }
        match request {
            Request::CloseSession(_) => Local::Here,
            request if !creates_ephemerals(request) => Local::Forward,
            _ if self.config.sessions.upgrades => {
                self.upgrade(session);
                Local::Forward
            }
            _ => Local::Refuse(ErrorCode::EphemeralOnLocalSession),
        }
    }

    /// The session's own transaction goes before the one that needs it (ZOOKEEPER-1147).
    fn upgrade(&mut self, session: SessionId) {
        let timeout_ms = self.locals.remove(&session).unwrap_or(0);
        self.local_expiry.remove(session);
        self.ask_for_session(session, timeout_ms);
    }

    /// Has a session begun by a transaction.
    pub(super) fn ask_for_session(&mut self, session: SessionId, timeout_ms: i32) {
        if self.leads() {
            return self.propose_session(session, timeout_ms, Owner::Me);
        }
        let timeout = timeout_ms.to_be_bytes();
        self.forward((session, Xid(0), opcode::CREATE_SESSION), &timeout, Vec::new());
    }

    /// As the leader: whether a session that it does not know may be one that only another server
    /// knows, or is one of its own (`LeaderSessionTracker.checkSession`).
    pub(super) fn may_be_local(&self, session: SessionId) -> bool {
        let own = session.0 as u64 >> 56 == u64::from(self.config.id.0);
        self.config.sessions.local && (!own || self.is_local(session))
    }
}

/// Whether it wants a znode that lives with its session; then everybody has to know the session
/// (`SessionTracker.checkGlobalSession`).
pub(super) fn creates_ephemerals(request: &Request) -> bool {
    match request {
        Request::Create(it) | Request::Create2(it) => it.is_ephemeral(),
        Request::Multi(multi) => multi.parts.iter().any(|part| match part {
            Part::Create(it) | Part::Create2(it) => it.is_ephemeral(),
            _ => false,
        }),
        _ => false,
    }
}
