//! How the client moves: from server to server, and from session to session.

use super::calls;
use super::in_flight::Waiting;
use super::io::Effect;
use super::link::{Link, Up};
use super::session::Client;
use super::watches::Batch;
use crate::base::{ErrorCode, Millis, SessionId, Time, Zxid};
use crate::history::{Answer, ConnectionChange, Lost};
use crate::ops::{Ping, Request, SetWatches2};
use crate::wire::{AUTH, ConnectRequest, Frames, PING, SET_WATCHES, SetWatches};

impl Client {
    /// The application wants a session: one is sought unless there is one already.
    pub(super) fn want_session(&mut self, now: Time, effects: &mut Vec<Effect>) {
        self.wants_session = true;
        if self.link == Link::Resting {
            self.dial(now, effects);
        }
    }

    fn dial(&mut self, now: Time, effects: &mut Vec<Effect>) {
        assert!(!self.link.is_open(), "a client has one connection at most");
        let to = self.hosts.next();
        self.dialled_count += 1;
        self.conn_number = self.dialled_count;
        self.frames = Frames::default();
        self.link = Link::Dialling { to, until: now + self.connect_timeout() };
        effects.push(Effect::Dial { conn: self.conn(), to });
    }

    /// The connection is there: asks for a session, or for the session that it has.
    pub(super) fn greet(&mut self, now: Time, effects: &mut Vec<Effect>) {
        let Link::Dialling { to, .. } = self.link else { return };
        self.link = Link::Greeting { to, until: now + self.connect_timeout() };
        let timeout_ms = i32::try_from(self.config.timeout_ms).unwrap_or(i32::MAX);
        let session = self.session.as_ref();
        let last_seen = session.map_or(Zxid::ZERO, |session| session.last_seen);
        // One that the ensemble does not know is of no use elsewhere.
        let session = session.filter(|session| session.known);
        let request = ConnectRequest {
            protocol: 0,
            last_seen,
            timeout_ms,
            session: session.map_or(SessionId(0), |session| session.id),
            password: session.map_or_else(|| vec![0; 16], |session| session.password.clone()),
            read_only: Some(self.config.read_only),
        };
        effects.push(self.frame(|to| request.encode(to)));
    }

    /// For each of the two steps of a connection: the session's timeout, shared among the servers.
    fn connect_timeout(&self) -> Millis {
        let wanted = Millis(u64::from(self.config.timeout_ms));
        let timeout = self.session.as_ref().map_or(wanted, |session| session.timeout);
        Millis((timeout.0 / self.hosts.count() as u64).max(1))
    }

    /// A server serves the session: first who the client is, then the watches, then the calls that
    /// waited (`ClientCnxn.SendThread.primeConnection`).
    pub(super) fn connected(
        &mut self,
        now: Time,
        up: Up,
        resumed: bool,
        effects: &mut Vec<Effect>,
    ) {
        let timeout_ms = u32::try_from(up.timeout.0).unwrap_or(u32::MAX);
        let (server, read_only) = (up.to, up.read_only);
        let change = ConnectionChange::Connected { server, timeout_ms, resumed, read_only };
        self.hosts.succeeded();
        self.heard = now;
        self.link = Link::Up(up);
        self.say(change, effects);
        self.show_again(now, effects);
        for batch in self.watches.batches() {
            self.rearm(now, batch, effects);
        }
        while let Some((call, op)) = self.queue.pop_front() {
            self.invoke(now, call, op, effects);
        }
    }

    /// A new connection is nobody until it is shown otherwise.
    fn show_again(&mut self, now: Time, effects: &mut Vec<Effect>) {
        let (conn_number, proofs) = (self.conn_number, self.proofs.clone());
        if proofs.is_empty() {
            return;
        }
        effects.push(Effect::Reauth { conn_number, proofs: proofs.clone() });
        for proof in &proofs {
            effects.push(self.send(now, AUTH, &Request::Auth(calls::auth(proof))));
            self.in_flight.push_auth(None);
        }
    }

    fn rearm(&mut self, now: Time, batch: Batch, effects: &mut Vec<Effect>) {
        let since = self.session.as_ref().map_or(Zxid::ZERO, |session| session.last_seen);
        let text = |paths: &[_]| paths.iter().map(ToString::to_string).collect();
        let Batch { data, exist, child, persistent, recursive } = batch;
        let watches = SetWatches {
            since,
            data: text(&data),
            exist: text(&exist),
            child: text(&child),
            persistent: text(&persistent),
            recursive: text(&recursive),
        };
        // Older servers know the first form only.
        let request = if watches.needs_second_form() {
            Request::SetWatches2(SetWatches2(watches))
        } else {
            Request::SetWatches(watches)
        };
        let conn_number = self.conn_number;
        effects.push(Effect::Rearm {
            conn_number,
            since,
            data,
            exist,
            child,
            persistent,
            recursive,
        });
        effects.push(self.send(now, SET_WATCHES, &request));
        self.in_flight.push(Waiting::Rearm);
    }

    /// The service says that the session has ended. The next server is asked for a new one.
    pub(super) fn expire(&mut self, now: Time, effects: &mut Vec<Effect>) {
        self.end_session(ConnectionChange::Expired, effects);
        effects.push(Effect::Close { conn: self.conn() });
        self.hosts.succeeded();
        self.link = Link::Resting;
        self.dial(now, effects);
    }

    /// The server does not believe who the client says it is: the session is of no use any more, and
    /// left to expire (`ClientCnxn.SendThread.readResponse`). The application begins anew with its
    /// next call.
    pub(super) fn auth_failed(&mut self, now: Time, call: Option<u64>, effects: &mut Vec<Effect>) {
        let code = ErrorCode::AuthFailed;
        if let Some(call) = call {
            let answer = Answer::Refused { zxid: Zxid::ZERO, code };
            effects.push(Effect::Answered { call, answer, invoked: true });
        }
        if self.session.is_some() {
            self.say(ConnectionChange::AuthFailed, effects);
        }
        self.stop_seeking(effects);
        self.abandon(Lost::Auth, effects);
        self.refuse_queue(code, effects);
        self.forget_session();
        self.wants_session = false;
        self.hang_up(now, effects);
    }

    /// The session was closed as the application asked. Requests that were sent behind the close
    /// still wait for what becomes of them.
    pub(super) fn session_closed(&mut self, effects: &mut Vec<Effect>) {
        self.say(ConnectionChange::Closed, effects);
        self.stop_seeking(effects);
        self.forget_session();
        self.wants_session = false;
    }

    pub(super) fn tick(&mut self, now: Time, effects: &mut Vec<Effect>) {
        if self.gives_up_at() <= now {
            self.give_up(now, effects);
        }
        match &self.link {
            Link::Pausing { until } if *until <= now => self.dial(now, effects),
            Link::Dialling { until, .. } | Link::Greeting { until, .. } if *until <= now => {
                self.hang_up(now, effects);
            }
            Link::Up(up) if up.silent_at(self.heard) <= now => self.hang_up(now, effects),
            Link::Up(up) if self.session.is_some() && up.ping_at() <= now => {
                let ping = self.send(now, PING, &Request::Ping(Ping));
                effects.push(ping);
            }
            Link::Up(_) | Link::Dialling { .. } | Link::Greeting { .. } => {}
            Link::Resting | Link::Pausing { .. } | Link::Vanished => {}
        }
        self.seek(now, effects);
        assert!(self.deadline() > now, "a tick leaves nothing due");
    }

    pub(super) fn gives_up_at(&self) -> Time {
        let timeout = self.session.as_ref().map(|session| session.timeout);
        let patience = timeout.and_then(self.rules.patience);
        patience.map_or(Time::NEVER, |patience| self.heard + patience)
    }

    /// Nobody was heard for so long that the service must have ended the session. A connection that
    /// speaks for it is of no use any more.
    fn give_up(&mut self, now: Time, effects: &mut Vec<Effect>) {
        self.end_session(ConnectionChange::GaveUp, effects);
        if matches!(self.link, Link::Greeting { .. } | Link::Up(_)) {
            self.hang_up(now, effects);
        }
    }

    /// Ends the connection from this side.
    pub(super) fn hang_up(&mut self, now: Time, effects: &mut Vec<Effect>) {
        effects.push(Effect::Close { conn: self.conn() });
        self.lose(now, effects);
    }

    /// The connection is gone. The fate of what was on it is unknown, and another one is sought if
    /// one is wanted.
    pub(super) fn lose(&mut self, now: Time, effects: &mut Vec<Effect>) {
        self.stop_seeking(effects);
        let pause = if matches!(self.link, Link::Up(_)) {
            self.disconnected(effects);
            false
        } else {
            self.hosts.failed()
        };
        self.link = Link::Resting;
        if !self.wants_session {
            return;
        }
        if pause {
            let until = now + Millis(u64::from(self.config.reconnect_pause_ms));
            self.link = Link::Pausing { until };
        } else {
            self.dial(now, effects);
        }
    }

    /// What a connection that was up leaves behind. When its last word was a close, the application
    /// is rid of the session, whether or not the service heard it.
    fn disconnected(&mut self, effects: &mut Vec<Effect>) {
        let closing = self.session.is_some() && self.in_flight.has_close();
        self.say(ConnectionChange::Disconnected, effects);
        self.abandon(Lost::Connection, effects);
        if closing {
            self.say(ConnectionChange::GaveUp, effects);
            self.forget_session();
            self.wants_session = !self.queue.is_empty();
        }
    }
}
