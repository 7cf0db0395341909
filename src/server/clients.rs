//! Clients and their sessions: handshake, resumption, signs of life, expiry, close
//! (`zookeeper.md`, A.2 and C.6).

use super::connections::{Connection, Due, Stage};
use super::observer_master::{Asker, Via};
use super::password;
use super::server::Server;
use super::sessions::Owner;
use crate::base::{ConnId, Epoch, ErrorCode, Millis, ServerId, SessionId, Time, Xid, Zxid};
use crate::history::Note;
use crate::ops::{Auth, CloseSession, Reply, Request};
use crate::wire::{ConnectRequest, ConnectResponse, Frames, Packet, PacketKind, Reader, Writer};
use core::net::IpAddr;

impl Server {
    /// Begins to answer clients: as a follower that is up to date, or as an established leader.
    pub(super) fn serve(&mut self, epoch: Epoch) {
        self.serving = Some(epoch);
        self.committed = Some(self.processed());
        if !self.config.standalone {
            let membership = self.peer.membership().clone();
            self.tree.set_membership(&membership, self.now.wall_ms);
        }
        if self.leads() {
            self.sessions.begin(self.now.time, self.tree.sessions());
            self.begin_passing();
        }
        self.note(Note::Serving { zxid: self.tree.last(), digest: self.tree.digest() });
    }

    /// Answers no client any more. Their sessions stay; they will find another server.
    pub(super) fn stop(&mut self) {
        if self.serving.take().is_some() {
            self.note(Note::Stopped);
        }
        let conns: Vec<ConnId> = self.conns.keys().copied().collect();
        conns.into_iter().for_each(|conn| self.close_client(conn));
        self.sessions.clear();
        self.locals.clear();
        self.unclaimed.clear();
        self.local_expiry.clear();
        self.overlay.clear();
        self.touched.clear();
        self.syncs.clear();
        self.look_for_passing_at = Time::NEVER;
        self.forwarded_syncs.clear();
        self.revalidations.clear();
        self.vias.clear();
        self.snapshot = None;
        self.with_links(|links, out| links.hang_up_all(out));
    }

    /// Ends a client's connection. The session does not end with it.
    pub(super) fn close_client(&mut self, conn: ConnId) {
        if self.conns.contains_key(&conn) {
            self.forget_client(conn);
            self.close(conn);
        }
    }

    /// A client's connection is gone.
    pub(super) fn forget_client(&mut self, conn: ConnId) {
        let Some(it) = self.conns.remove(&conn) else { return };
        it.waiting.iter().for_each(|it| self.no_longer_waits(it));
        if it.throttled {
            self.throttled.retain(|&it| it != conn);
        }
        self.leave_address(it.from.ip());
        self.silence.remove(conn);
        self.watches.forget(conn);
        self.leave_unclaimed(&it);
        let session = match it.stage {
            Stage::Fresh | Stage::Measuring { .. } => return,
            Stage::Creating { session, .. }
            | Stage::Resuming { session, .. }
            | Stage::Open { session } => session,
        };
        if self.conn_of.get(&session) == Some(&conn) {
            self.conn_of.remove(&session);
        }
    }

    /// A session that only this server knows may come back to it, while what its connection asked for
    /// is still under way. Of the others, see [`Connection::since`].
    fn leave_unclaimed(&mut self, gone: &Connection) {
        let Some(session) = gone.session().filter(|it| self.is_local(*it)) else { return };
        let count = gone.waiting.iter().filter(|it| matches!(it.due, Due::Txn { .. })).count();
        if count > 0 {
            *self.unclaimed.entry(session).or_default() += count;
        }
    }

    fn leave_address(&mut self, address: IpAddr) {
        if let Some(count) = self.addresses.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                self.addresses.remove(&address);
            }
        }
    }

    /// Bytes of a client, in any pieces.
    pub(super) fn client_bytes(&mut self, conn: ConnId, bytes: &[u8]) {
        let Some(it) = self.conns.get_mut(&conn) else { return };
        it.frames.push(bytes);
        if it.stage == Stage::Fresh && self.answer_word(conn) {
            return;
        }
        self.read_frames(conn);
        self.regulate(conn);
    }

    /// Goes on with the frames that are whole, until the connection waits for its session.
    pub(super) fn read_frames(&mut self, conn: ConnId) {
        let Some(it) = self.conns.get_mut(&conn) else { return };
        let mut frames = std::mem::take(&mut it.frames);
        let goes_on = |it: &Connection| it.reads() && !it.is_full();
        while self.conns.get(&conn).is_some_and(|it| goes_on(it) && !self.has_too_much(it)) {
            if self.is_too_large(frames.announced()) {
                self.stats.counts.large_requests_rejected += 1;
                return self.close_client(conn);
            }
            match frames.next() {
                Ok(Some(frame)) if self.conns[&conn].session().is_some() => {
                    self.arriving_bytes = frame.len();
                    self.request(conn, frame);
                }
                Ok(Some(frame)) => self.greet_client(conn, frame),
                Ok(None) => break,
                Err(_) => return self.close_client(conn),
            }
        }
        if let Some(it) = self.conns.get_mut(&conn) {
            it.frames = frames;
        }
    }

    /// A client's first packet. A client that has seen more than this server must not be served by
    /// it: it is sent away without an answer, and tries another one.
    fn greet_client(&mut self, conn: ConnId, frame: &[u8]) {
        let Ok(mut request) = ConnectRequest::decode(frame) else {
            return self.close_client(conn);
        };
        self.count_received(conn, frame.len() + 4);
        self.stats.counts.connection_requests += 1;
        let has_clients = !self.leads() || self.config.clients.leader_serves;
        let serves = (self.serving.is_some() && has_clients)
            || (self.read_only && request.read_only == Some(true));
        if !serves || request.last_seen > self.processed() {
            return self.close_client(conn);
        }
        let (min, max) = (self.config.min_session_timeout_ms, self.config.max_session_timeout_ms);
        let asked = u64::try_from(request.timeout_ms).unwrap_or(0);
        request.timeout_ms = i32::try_from(asked.clamp(min, max)).unwrap_or(i32::MAX);
        self.silence.restart(self.now.time, conn, Millis(request.timeout_ms as u64));
        if request.session == SessionId(0) {
            self.create_session(conn, request);
        } else {
            self.resume_session(conn, request);
        }
    }

    fn create_session(&mut self, conn: ConnId, request: ConnectRequest) {
        let (session, timeout_ms) = (self.fresh_session(), request.timeout_ms);
        let local = self.config.sessions.local && !self.config.standalone;
        if self.read_only || local {
            return self.create_local(conn, session, &request);
        }
        let since = self.now.time;
        self.set_stage(conn, session, Stage::Creating { session, request, since });
        self.ask_for_session(session, timeout_ms);
    }

    /// This server, the wall clock, a counter: unique among all servers and all their lives
    /// (`SessionTrackerImpl.initializeNextSessionId`).
    fn fresh_session(&mut self) -> SessionId {
        let began = (self.now.wall_ms as u64) << 24 >> 8;
        self.session_counter = (self.session_counter + 1).max(began);
        let server = u64::from(self.config.id.0) << 56;
        SessionId((server | (self.session_counter & 0x00ff_ffff_ffff_ffff)) as i64)
    }

    pub(super) fn set_stage(&mut self, conn: ConnId, session: SessionId, stage: Stage) {
        if let Some(older) = self.conn_of.insert(session, conn).filter(|&older| older != conn) {
            self.close_client(older);
            self.conn_of.insert(session, conn);
        }
        if let Some(it) = self.conns.get_mut(&conn) {
            it.stage = stage;
        }
    }

    /// A client comes back with its session. It shows the password, and the leader says whether the
    /// session is still there; from then on only this connection may use it.
    fn resume_session(&mut self, conn: ConnId, request: ConnectRequest) {
        let (session, timeout_ms) = (request.session, request.timeout_ms);
        self.stats.counts.connection_revalidations += 1;
        if request.password != password::of_session(session) {
            return self.refuse_session(conn, &request);
        }
        // A server that only reads takes the client's word until there is a leader to ask.
        let here = self.read_only || self.resume_local(session, timeout_ms);
        self.set_stage(conn, session, Stage::Resuming { session, request });
        if here {
            return self.resumed(session, true, Zxid::ZERO);
        }
        if self.leads() {
            let valid = self.resume(session, timeout_ms, Owner::Me);
            let since = self.last_proposed();
            return self.resumed(session, valid, since);
        }
        let mut data = Writer::new();
        data.long(session.0).int(timeout_ms);
        let data = Some(data.into_bytes().into());
        self.comes_through(session, Via::Own);
        self.revalidations.push_back(Asker::Own(conn));
        self.send_to_leader(Packet::of(PacketKind::Revalidate, -1, data));
    }

    /// As the leader: whether a session is still there. If so it lives on, under a new owner and with
    /// the timeout that the client is told now.
    fn resume(&mut self, session: SessionId, timeout_ms: i32, owner: Owner) -> bool {
        let now = self.now.time;
        self.touch(session, timeout_ms);
        let valid = self.sessions.is_live(session);
        if valid {
            self.sessions.set_owner(session, owner);
            self.sessions.restart(now, session, timeout_ms);
        }
        valid
    }

    /// As the leader: a sign of life.
    fn touch(&mut self, session: SessionId, timeout_ms: i32) {
        let now = self.now.time;
        if (self.rules.expired)() == super::Standing::Forgotten {
            self.sessions.revive(now, session, self.tree.sessions());
        }
        if self.sessions.touch(now, session, timeout_ms) == Some(true) {
            self.note(Note::Touched { session, at: now.0 });
        }
    }

    /// As the leader: a learner asks after a session.
    pub(super) fn revalidate(&mut self, from: ServerId, packet: &Packet) {
        let Some(link) = self.links.quorum_conn(from) else { return };
        let mut data = Reader::new(packet.data());
        let (Ok(session), Ok(timeout_ms)) = (data.session(), data.int()) else {
            return self.hang_up_on(from);
        };
        self.stats.counts.revalidations += 1;
        let valid = self.leads() && self.resume(session, timeout_ms, Owner::Learner(from, link));
        let mut data = Writer::new();
        data.long(session.0).boolean(valid);
        let data = Some(data.into_bytes().into());
        let since = self.last_proposed().to_wire();
        let answer = Packet::of(PacketKind::Revalidate, since, data);
        self.with_links(|links, out| links.send(from, &answer, out));
    }

    /// The leader has said whether a session is still there. The packet's zxid is that of its last
    /// proposal then; ZooKeeper's says −1.
    pub(super) fn revalidated(&mut self, packet: &Packet) {
        let asker = self.revalidations.pop_front();
        let mut data = Reader::new(packet.data());
        let (Ok(session), Ok(valid)) = (data.session(), data.boolean()) else { return };
        if !valid {
            // It did not come here; and if it is one that another server alone knows, it is there.
            self.vias.remove(&session);
        }
        match asker {
            Some(Asker::Observer(observer, link)) => self.hand_back((observer, link), packet),
            _ => self.resumed(session, valid, Zxid::from_wire(packet.zxid.max(0))),
        }
    }

    /// `since`: what is proposed later, and only that, may be asked for by this connection.
    fn resumed(&mut self, session: SessionId, valid: bool, since: Zxid) {
        let Some(&conn) = self.conn_of.get(&session) else { return };
        let Some(Connection { stage: Stage::Resuming { request, .. }, .. }) = self.conns.get(&conn)
        else {
            return;
        };
        let request = request.clone();
        if valid {
            self.conns.get_mut(&conn).expect("it is there").since = since;
            self.welcome(conn, session, &request);
        } else {
            self.refuse_session(conn, &request);
        }
    }

    /// The transaction that begins a session is in the tree.
    pub(super) fn session_created(&mut self, session: SessionId, timeout_ms: i32) {
        if self.leads() && !self.sessions.is_known(session) {
            self.sessions.track(self.now.time, session, timeout_ms, None);
        }
        let Some(&conn) = self.conn_of.get(&session) else { return };
        if let Some(Connection { stage: Stage::Creating { request, since, .. }, .. }) =
            self.conns.get(&conn)
        {
            let (request, since) = (request.clone(), *since);
            self.session_answered(conn, since, true);
            self.welcome(conn, session, &request);
        }
    }

    /// Lets a client in, and goes on with what it has sent meanwhile.
    pub(super) fn welcome(&mut self, conn: ConnId, session: SessionId, request: &ConnectRequest) {
        self.set_open(conn, session, request.timeout_ms);
        let response = ConnectResponse {
            timeout_ms: request.timeout_ms,
            session,
            password: password::of_session(session),
            read_only: request.read_only.map(|_| self.read_only),
        };
        self.answer_greeting(conn, &response);
        self.read_frames(conn);
        self.regulate(conn);
    }

    fn refuse_session(&mut self, conn: ConnId, request: &ConnectRequest) {
        self.answer_greeting(conn, &ConnectResponse::expired(request.read_only.map(|_| false)));
        self.close_client(conn);
    }

    fn answer_greeting(&mut self, conn: ConnId, response: &ConnectResponse) {
        let mut frame = Writer::framed();
        response.encode(&mut frame);
        self.count_sent(conn);
        self.send(conn, Frames::seal(frame.into_bytes()));
    }

    /// The transaction that ends a session is in the tree.
    pub(super) fn session_closed(&mut self, session: SessionId) {
        self.sessions.remove(session);
        self.touched.remove(&session);
        self.vias.remove(&session);
        if let Some(&conn) = self.conn_of.get(&session) {
            self.close_client(conn);
        }
    }

    /// A client shows who it is. It is answered at once; a client that cannot show it has to go.
    pub(super) fn authenticate(&mut self, conn: ConnId, xid: Xid, auth: &Auth) {
        let Some(it) = self.conns.get_mut(&conn) else { return };
        let bytes_max = self.config.clients.frame_bytes_max;
        let ids = auth.identities(it.from.ip(), &self.config.operations);
        if ids.is_some_and(|ids| it.add_ids(ids, bytes_max)) {
            return self.reply(conn, xid, Ok(Reply::Empty), 0);
        }
        self.stats.counts.auth_failed += 1;
        self.reply(conn, xid, Err(ErrorCode::AuthFailed.to_wire()), 0);
        self.close_client(conn);
    }

    /// A client sent something: it is there. A learner tells the leader with its next ping.
    pub(super) fn heard_from(&mut self, session: SessionId, conn: ConnId) {
        let timeout_ms = self.conns.get(&conn).map_or(0, |it| it.timeout_ms);
        self.silence.touch(self.now.time, conn, Millis(timeout_ms as u64));
        if self.touch_local(session) || self.read_only {
            return;
        }
        if self.leads() {
            self.touch(session, timeout_ms);
        } else {
            self.touched.insert(session, timeout_ms);
        }
    }

    /// The leader pings: which sessions were heard of since the last time?
    pub(super) fn answer_ping(&mut self, ping: Packet) {
        let mut data = Writer::new();
        let touched = std::mem::take(&mut self.touched);
        for (session, timeout_ms) in touched.into_iter().filter(|_| (self.rules.tells_touches)()) {
            data.long(session.0).int(timeout_ms);
        }
        let data = Some(data.into_bytes().into());
        self.send_to_leader(Packet { data, ..ping });
    }

    /// A learner's answer to a ping. What a follower hears of its observers the leader hears with its
    /// own.
    pub(super) fn learner_touched(&mut self, packet: &Packet) {
        let mut data = Reader::new(packet.data());
        while let (Ok(session), Ok(timeout_ms)) = (data.session(), data.int()) {
            if self.leads() {
                self.touch(session, timeout_ms);
            } else if self.serves_observers() && self.tree.sessions().contains_key(&session) {
                self.touched.insert(session, timeout_ms);
            }
        }
    }

    /// As the leader: closes the sessions that are past their time.
    pub(super) fn expire_sessions(&mut self) {
        let rules = self.rules;
        for session in self.sessions.expire(self.now.time, &rules) {
            self.stats.counts.stale_sessions += 1;
            self.note(Note::Expired { session, at: self.now.time.0 });
            self.sessions.mark_closing(session);
            let close = Request::CloseSession(CloseSession);
            self.propose((session, Xid(0)), &[], |preparation| close.prepare(preparation));
        }
    }
}
