//! A request's life: arrive, wait its turn, be answered from the tree or be turned into a
//! transaction, be applied everywhere, be answered (`zookeeper.md`, C.5). In order for each session.

use super::connections::{Connection, Due, Waiting};
use super::local::{Local, creates_ephemerals};
use super::observer_master::Asker;
use super::rules::{Match, Progress, Reads, SessionState};
use super::server::Server;
use super::sessions::Owner;
use crate::base::{ConnId, Data, ErrorCode, ServerId, SessionId, Time, Xid, ZPath, Zxid, hash_of};
use crate::history::{self, Change, Members, Note};
use crate::ops::{Kind, Likeness, Preparation, Reading, Reconfig, Reply, Request, Sync};
use crate::tree::{Applied, Body, Lifetime, SnapshotWriter, Txn};
use crate::wire::{
    Acl, Frames, Identity, Membership, PING, Packet, PacketKind, Proposal, Reader, ReplyHeader,
    RequestHeader, Writer, opcode,
};
use crate::zab::Delivery;
use std::collections::btree_map::Entry;
use std::sync::Arc;

/// A request that reached the leader, and what it came with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'a> {
    /// Whose.
    pub session: SessionId,
    /// Which of that session.
    pub xid: Xid,
    /// Who the session's connection has shown itself to be.
    pub ids: &'a [Identity],
    /// Through whom it came; the service's own requests come from nobody.
    pub owner: Option<Owner>,
}

impl Server {
    /// A whole frame of a client that has a session.
    pub(super) fn request(&mut self, conn: ConnId, frame: &[u8]) {
        let mut body = Reader::new(frame);
        let Ok(header) = RequestHeader::decode(&mut body) else { return self.close_client(conn) };
        self.count_received(conn, frame.len() + 4);
        self.count_request(conn, header);
        match Request::decode(header.opcode, &mut body) {
            Ok(Some(Request::Auth(auth))) => self.authenticate(conn, header.xid, &auth),
            Ok(Some(request)) if self.comes_too_late(conn, &request) => {
                self.stats.counts.throttled_ops += 1;
                if let Some(session) = self.conns.get(&conn).and_then(Connection::session) {
                    self.heard_from(session, conn);
                }
                self.take_turn(conn, header.xid, Due::Refusal(ErrorCode::ThrottledOp));
            }
            Ok(Some(request)) if self.may_stand_alone(&request) => {
                self.enqueue(conn, header.xid, request, frame);
            }
            Ok(_) => {
                self.wait(conn, header.xid, Due::Refusal(ErrorCode::Unimplemented));
                self.answer_waiting_reads(conn);
            }
            Err(_) => self.enqueue_unreadable(conn, header, frame),
        }
    }

    /// A check stands within a multi; 3.8 takes it alone as well.
    fn may_stand_alone(&self, request: &Request) -> bool {
        let settings = &self.config.operations;
        !matches!(request, Request::Check(_)) || settings.likeness < Likeness::V3_9
    }

    fn enqueue(&mut self, conn: ConnId, xid: Xid, request: Request, frame: &[u8]) {
        let Some(it) = self.conns.get(&conn) else { return };
        let Some(session) = it.session() else { return };
        let (ids, idle) = (it.ids.clone(), it.waiting.is_empty());
        self.heard_from(session, conn);
        let number = request.opcode();
        if request.kind() == Kind::Write {
            match self.local_write(session, &request) {
                Local::Forward => {}
                Local::Here => return self.take_turn(conn, xid, Due::Read { request, ids }),
                Local::Refuse(code) => return self.take_turn(conn, xid, Due::Refusal(code)),
            }
            let answered = request.is_answered(&self.config.operations);
            self.wait(conn, xid, Due::Txn { answered });
            if self.leads() {
                let asked = Asked { session, xid, ids: &ids, owner: Some(Owner::Me) };
                self.propose_request(asked, &request);
            } else {
                self.forward((session, xid, number), &frame[8..], ids.to_vec());
            }
            return;
        }
        match request {
            Request::Sync(_) if self.read_only => {
                self.take_turn(conn, xid, Due::Refusal(ErrorCode::NotReadOnly));
            }
            Request::Sync(sync) if !self.leads() => {
                self.forwarded_syncs.push_back(Asker::Own(conn));
                self.wait(conn, xid, Due::Sync { path: sync.path });
                self.forward((session, xid, number), &frame[8..], ids.to_vec());
            }
            request if idle => self.answer_read(conn, (xid, self.now.time), (&request, &ids)),
            request if (self.rules.reads)() == Reads::OnArrival => {
                let (reply, zxid) = (self.read(conn, &request, &ids), self.reply_zxid());
                self.wait(conn, xid, Due::Reply { reply, zxid });
            }
            request => self.wait(conn, xid, Due::Read { request, ids }),
        }
    }

    /// An operation that there is, with bytes that are no such request. It is refused in its turn; a
    /// write has its place in the order, as every refused one.
    fn enqueue_unreadable(&mut self, conn: ConnId, header: RequestHeader, frame: &[u8]) {
        let RequestHeader { xid, opcode } = header;
        let Some(session) = self.conns.get(&conn).and_then(Connection::session) else { return };
        if opcode == opcode::AUTH {
            return self.close_client(conn);
        }
        self.heard_from(session, conn);
        if Request::kind_of(opcode) != Some(Kind::Write) || self.read_only {
            return self.take_turn(conn, xid, Due::Refusal(ErrorCode::MarshallingError));
        }
        self.wait(conn, xid, Due::Txn { answered: true });
        if self.leads() {
            let refused = Body::refused(ErrorCode::MarshallingError);
            self.propose((session, xid), &[], |_| refused);
        } else {
            self.forward((session, xid, opcode), &frame[8..], Vec::new());
        }
    }

    /// It waits for those before it only, if there are any.
    fn take_turn(&mut self, conn: ConnId, xid: Xid, due: Due) {
        self.wait(conn, xid, due);
        self.answer_waiting_reads(conn);
    }

    fn wait(&mut self, conn: ConnId, xid: Xid, due: Due) {
        if self.conns.contains_key(&conn) {
            let (since, large) = (self.now.time, self.waits());
            let it = self.conns.get_mut(&conn).expect("it is there");
            it.waiting.push_back(Waiting { xid, since, large, due });
        }
    }

    /// Sends a request towards the leader (REQUEST), with who its client is.
    pub(super) fn forward(
        &mut self,
        (session, xid, opcode): (SessionId, Xid, i32),
        body: &[u8],
        authinfo: Vec<Identity>,
    ) {
        let mut data = Writer::new();
        data.long(session.0).int(xid.0).int(opcode).raw(body);
        let data = Some(data.into_bytes().into());
        self.send_to_leader(Packet { kind: PacketKind::Request, zxid: -1, data, authinfo });
    }

    /// As the leader: a learner forwards a request.
    pub(super) fn forwarded(&mut self, from: ServerId, packet: &Packet) {
        let Some(link) = self.links.quorum_conn(from) else { return };
        let owner = Owner::Learner(from, link);
        let mut body = Reader::new(packet.data());
        let (Ok(session), Ok(xid), Ok(number)) = (body.session(), body.xid(), body.int()) else {
            return self.hang_up_on(from);
        };
        match number {
            opcode::SYNC => self.sync_for(from, link),
            opcode::ERROR => {
                // A follower has seen that the session has moved among its own observers.
                let refused = Body::refused(ErrorCode::SessionMoved);
                self.propose((session, xid), &[], |_| refused);
            }
            opcode::CREATE_SESSION => {
                if let Ok(timeout_ms) = body.int() {
                    self.propose_session(session, timeout_ms, owner);
                }
            }
            _ => match Request::decode(number, &mut body) {
                Ok(Some(request)) => {
                    let ids = &packet.authinfo;
                    let asked = Asked { session, xid, ids, owner: Some(owner) };
                    self.propose_request(asked, &request);
                }
                Ok(None) | Err(_) => {
                    let body = Body::refused(ErrorCode::MarshallingError);
                    self.propose((session, xid), &[], |_| body);
                }
            },
        }
    }

    /// As the leader: turns a request into a transaction, also a refused one.
    pub(super) fn propose_request(&mut self, asked: Asked, request: &Request) {
        let Asked { session, xid, ids, owner } = asked;
        if matches!(request, Request::Reconfig(_)) && !self.config.operations.reconfigures {
            let refused = Body::refused(ErrorCode::ReconfigDisabled);
            return self.propose((session, xid), &[], |_| refused);
        }
        let local = self.may_be_local(session) && !creates_ephemerals(request);
        let state = SessionState { local, ..self.sessions.state(session, owner) };
        if let Err(code) = (self.rules.admit)(state) {
            return self.propose((session, xid), &[], |_| Body::refused(code));
        }
        if matches!(request, Request::CloseSession(_)) {
            self.sessions.mark_closing(session);
        }
        match request {
            Request::Reconfig(reconfig) => {
                let next = self.next_membership(reconfig);
                self.propose((session, xid), ids, |preparation| {
                    let body = next.and_then(|next| reconfig.prepare(&next, preparation));
                    body.unwrap_or_else(Body::refused)
                });
            }
            request => {
                self.propose((session, xid), ids, |preparation| request.prepare(preparation));
            }
        }
    }

    /// As the leader: the configuration that is asked for, if it could come into force now. One at a
    /// time, and only with a quorum of its voters at hand (`zookeeper.md`, A.3).
    fn next_membership(&self, asked: &Reconfig) -> Result<Membership, ErrorCode> {
        if self.config.standalone {
            return Err(ErrorCode::Unimplemented);
        }
        if self.peer.is_reconfiguring() {
            return Err(ErrorCode::ReconfigInProgress);
        }
        let next = asked.upon(self.peer.membership(), &self.config.operations)?;
        if !self.peer.could_activate(&next) {
            return Err(ErrorCode::NewConfigNoQuorum);
        }
        Ok(next)
    }

    /// As the leader: begins a session.
    pub(super) fn propose_session(&mut self, session: SessionId, timeout_ms: i32, owner: Owner) {
        self.sessions.track(self.now.time, session, timeout_ms, Some(owner));
        self.propose((session, Xid(0)), &[], |_| Body::CreateSession { timeout_ms });
    }

    /// As the leader: gives a transaction its place. When the epoch has no place left, the leader
    /// steps down (ZOOKEEPER-1277).
    pub(super) fn propose(
        &mut self,
        (session, xid): (SessionId, Xid),
        ids: &[Identity],
        prepare: impl FnOnce(&mut Preparation) -> Body,
    ) {
        let now = self.now.time;
        let Some(zxid) = self.peer.next_zxid() else {
            return self.agree(|peer, out| peer.resign(now, out));
        };
        let body = prepare(&mut Preparation {
            tree: &self.tree,
            overlay: &mut self.overlay,
            session,
            ids,
            zxid,
            rules: &self.rules.tree,
            settings: &self.config.operations,
            room_bytes: self.config.clients.frame_bytes_max,
        });
        let txn = Txn { session, xid, zxid, time_ms: self.now.wall_ms, body };
        let payload: Arc<[u8]> = txn.encode().into();
        self.count_proposal(payload.len());
        self.note(Note::Proposed {
            zxid,
            session,
            xid,
            time_ms: txn.time_ms,
            hash: hash_of(&payload),
            change: change_of(txn.body),
        });
        self.agree(|peer, out| peer.propose(Proposal { zxid, payload }, out));
    }

    /// A transaction goes into the tree: whoever waits for it is answered, whoever watches is told.
    pub(super) fn deliver(&mut self, proposal: &Proposal, why: Delivery) {
        let txn = Txn::decode(&proposal.payload).expect("what a leader proposes can be read");
        assert_eq!(txn.zxid, proposal.zxid, "a proposal holds its own zxid");
        let mut triggers = Vec::new();
        let stale = !(self.rules.snapshot_has_last_session)();
        let sessions_before = stale.then(|| self.tree.sessions().clone());
        let applied = if (self.rules.changes_sessions)(why) {
            self.tree.apply(&txn, &self.rules.tree, &mut triggers)
        } else {
            self.tree.apply_to_znodes_only(&txn, &self.rules.tree);
            Applied::Done
        };
        self.overlay.applied(txn.zxid);
        // What a learner is brought up to date with counts once it serves: its leader may yet fail.
        if why == Delivery::Committed {
            self.committed = Some(txn.zxid);
        }
        if let Body::Reconfig { .. } = txn.body {
            self.introduce_members();
        }
        let (zxid, hash, digest) = (txn.zxid, hash_of(&proposal.payload), self.tree.digest());
        self.log_digest();
        self.note(match why {
            Delivery::Committed | Delivery::Synchronized => Note::Applied { zxid, hash, digest },
            Delivery::Logged => Note::Replayed { zxid, hash, digest },
        });
        triggers.iter().for_each(|trigger| self.tell_watchers(trigger, zxid));
        self.settle(&txn, &applied);
        self.answer_syncs(zxid);
        self.unsnapped_bytes += proposal.payload.len() as u64;
        self.count_for_snapshot(why, sessions_before.as_ref());
    }

    /// What a transaction means for its session, and for the client that waits for it.
    fn settle(&mut self, txn: &Txn, applied: &Applied) {
        if let Body::CreateSession { timeout_ms } = txn.body {
            return self.session_created(txn.session, timeout_ms);
        }
        if self.is_unclaimed(txn.session) {
            // Whoever has asked for it is gone.
        } else if let Some(&conn) = self.conn_of.get(&txn.session) {
            self.settle_request(conn, txn, applied);
        }
        if let Body::CloseSession { .. } = txn.body {
            self.session_closed(txn.session);
        }
    }

    /// Whether a connection has asked for this session's next transaction that is gone. Then one less
    /// is to come.
    fn is_unclaimed(&mut self, session: SessionId) -> bool {
        let Entry::Occupied(mut left) = self.unclaimed.entry(session) else { return false };
        *left.get_mut() -= 1;
        if *left.get() == 0 {
            left.remove();
        }
        true
    }

    fn settle_request(&mut self, conn: ConnId, txn: &Txn, applied: &Applied) {
        let Some(it) = self.conns.get_mut(&conn) else { return };
        let (first, since) = (it.waiting.front(), it.since);
        let (xid, zxid) = (txn.xid, txn.zxid);
        let answers =
            |it: &Waiting| (self.rules.answers)(Match { waiting: it.xid, since, xid, zxid });
        if !first.is_some_and(|it| answers(it) && matches!(it.due, Due::Txn { .. })) {
            return;
        }
        let asked = it.waiting.pop_front().expect("it is the first one");
        self.no_longer_waits(&asked);
        if *applied == Applied::Error(ErrorCode::SessionMoved.to_wire()) {
            return self.close_client(conn);
        }
        let silent = asked.due == Due::Txn { answered: false }
            && matches!(applied, Applied::Done | Applied::Error(0));
        if !silent {
            self.answered(conn, (asked.xid, asked.since), true);
            self.reply(conn, asked.xid, Reply::of(applied), self.reply_zxid());
        }
        // Nothing comes after the answer to a close.
        if !matches!(txn.body, Body::CloseSession { .. }) {
            self.answer_waiting_reads(conn);
        }
    }

    /// Answers the reads that waited for the write before them.
    pub(super) fn answer_waiting_reads(&mut self, conn: ConnId) {
        while let Some(it) = self.conns.get_mut(&conn)
            && let Some(waited) = it.waiting.pop_front_if(|it| it.due.is_ready())
        {
            self.no_longer_waits(&waited);
            let Waiting { xid, since, due, .. } = waited;
            match due {
                Due::Read { request, ids } => {
                    self.answer_read(conn, (xid, since), (&request, &ids));
                }
                Due::Refusal(ErrorCode::Unimplemented) => {
                    self.reply(conn, xid, Err(ErrorCode::Unimplemented.to_wire()), -1);
                    self.close_client(conn);
                }
                Due::Refusal(code) => {
                    self.reply(conn, xid, Err(code.to_wire()), self.reply_zxid());
                }
                Due::Reply { reply, zxid } => {
                    self.reply(conn, xid, reply.map_err(ErrorCode::to_wire), zxid);
                }
                Due::Txn { .. } | Due::Sync { .. } => unreachable!("these are not ready"),
            }
        }
    }

    /// By whom the connection was when it asked, whatever it has shown since (`Request.authInfo`).
    fn answer_read(
        &mut self,
        conn: ConnId,
        (xid, since): (Xid, Time),
        (request, ids): (&Request, &[Identity]),
    ) {
        if matches!(request, Request::CloseSession(_)) {
            self.reply(conn, xid, Ok(Reply::Empty), self.reply_zxid());
            let session = self.conns.get(&conn).and_then(Connection::session).unwrap_or_default();
            return self.end_local(session);
        }
        let result = match self.answer_about_watches(conn, request) {
            Some(result) => result,
            None => self.read(conn, request, ids),
        };
        // A ping has this number, whichever the client gave it.
        let xid = if matches!(request, Request::Ping(_)) { PING } else { xid };
        self.answered(conn, (xid, since), false);
        self.reply(conn, xid, result.map_err(ErrorCode::to_wire), self.reply_zxid());
    }

    fn read(
        &mut self,
        conn: ConnId,
        request: &Request,
        ids: &[Identity],
    ) -> Result<Reply, ErrorCode> {
        let Some(it) = self.conns.get(&conn) else { return Ok(Reply::Empty) };
        let reading = Reading {
            tree: &self.tree,
            session: it.session().unwrap_or_default(),
            ids,
            settings: &self.config.operations,
        };
        let result = request.read(&reading).expect("only reads are answered from the tree");
        if let Some((kind, path)) = request.watch(result.as_ref().err().copied())
            && let Ok(path) = ZPath::parse(path)
        {
            self.watches.add(kind, path, conn);
        }
        result
    }

    /// The last transaction that clients are told of. A leader's epoch counts as soon as it is in
    /// force, at every server of it, and goes on to count while it only reads.
    pub(super) fn processed(&self) -> Zxid {
        let floor = match self.serving {
            None => self.committed.filter(|_| self.read_only),
            Some(epoch) => Some(Zxid::floor_of(epoch)),
        };
        self.tree.last().max(floor.unwrap_or(Zxid::ZERO))
    }

    /// The last proposal that there is, as far as this server knows.
    pub(super) fn last_proposed(&self) -> Zxid {
        self.peer.last_proposed().unwrap_or(self.peer.last())
    }

    fn reply_zxid(&self) -> i64 {
        let proposed = self.last_proposed();
        let processed = self.processed();
        let progress = Progress { processed, proposed: proposed.max(processed) };
        (self.rules.reply_zxid)(progress).to_wire()
    }

    pub(super) fn reply(&mut self, conn: ConnId, xid: Xid, result: Result<Reply, i32>, zxid: i64) {
        let error = result.as_ref().err().copied().unwrap_or(0);
        let mut frame = Writer::framed();
        ReplyHeader { xid, zxid, error }.encode(&mut frame);
        if let Ok(reply) = result {
            reply.encode(&mut frame);
        }
        self.count_sent(conn);
        let frame = Frames::seal(frame.into_bytes());
        self.stats.answers.add(frame.len() - 4);
        self.send(conn, frame);
    }

    /// As the leader: a learner's client wants to be sure of everything that is committed by now.
    fn sync_for(&mut self, learner: ServerId, link: ConnId) {
        match self.peer.last_proposed() {
            Some(last) if !self.peer.is_idle() => self.syncs.push_back((last, learner, link)),
            _ => self.answer_sync(learner),
        }
    }

    /// The answers go right behind the commit that they have waited for, on the same link, and
    /// before the next one: a write that was asked for behind the sync is answered behind it.
    fn answer_syncs(&mut self, committed: Zxid) {
        while let Some((_, learner, link)) = self.syncs.pop_front_if(|it| it.0 <= committed) {
            self.answer_sync_over(learner, link);
        }
    }

    /// With its link a learner's syncs are gone.
    fn answer_sync_over(&mut self, learner: ServerId, link: ConnId) {
        if self.links.quorum_conn(learner) == Some(link) {
            self.answer_sync(learner);
        }
    }

    fn answer_sync(&mut self, learner: ServerId) {
        let packet = Packet::of(PacketKind::Sync, 0, None);
        self.with_links(|links, out| links.send(learner, &packet, out));
    }

    /// The leader has answered the oldest forwarded sync.
    pub(super) fn sync_answered(&mut self) {
        let conn = match self.forwarded_syncs.pop_front() {
            Some(Asker::Own(conn)) => conn,
            Some(Asker::Observer(observer, link)) => {
                return self.answer_sync_over(observer, link);
            }
            None => return,
        };
        let Some(it) = self.conns.get_mut(&conn) else { return };
        let sync = it.waiting.iter_mut().find(|it| matches!(it.due, Due::Sync { .. }));
        if let Some(Waiting { due, .. }) = sync
            && let Due::Sync { path } = due
        {
            let request = Request::Sync(Sync { path: std::mem::take(path) });
            *due = Due::Read { request, ids: Arc::default() };
        }
        self.answer_waiting_reads(conn);
    }

    /// Sends a learner the whole tree.
    pub(super) fn send_snapshot(&mut self, to: ServerId) {
        self.stats.counts.snaps += 1;
        let packet = Packet::bare(PacketKind::Snap, self.tree.last());
        self.with_links(|links, out| links.send(to, &packet, out));
        if let Some(conn) = self.links.quorum_conn(to) {
            self.send(conn, SnapshotWriter::stream(&self.tree));
        }
    }

    pub(super) fn send_to_leader(&mut self, packet: Packet) {
        if let Some(master) = self.peer.master() {
            self.with_links(|links, out| links.send(master, &packet, out));
        }
    }

    /// A connection has its session.
    pub(super) fn set_open(&mut self, conn: ConnId, session: SessionId, timeout_ms: i32) {
        if let Some(it) = self.conns.get_mut(&conn) {
            it.stage = super::connections::Stage::Open { session };
            it.timeout_ms = timeout_ms;
        }
    }
}

fn members_of(data: &Data) -> Members {
    let membership = data.as_bytes().and_then(Membership::of_bytes).unwrap_or_default();
    Members { voters: membership.voters().collect(), observers: membership.observers().collect() }
}

/// A transaction's body in the history's words.
fn change_of(body: Body) -> Change {
    let path = |text: String| ZPath::parse(&text).expect("what was prepared has a valid path");
    match body {
        Body::CreateSession { timeout_ms } => {
            Change::CreateSession { timeout_ms: u32::try_from(timeout_ms).unwrap_or(0) }
        }
        Body::CloseSession { paths } => {
            Change::CloseSession { paths: paths.into_iter().map(path).collect() }
        }
        Body::Create { path: text, data, acls, lifetime, parent_cversion, .. } => Change::Create {
            path: path(text),
            data,
            ephemeral: lifetime == Lifetime::Ephemeral,
            passing: match lifetime {
                Lifetime::Persistent | Lifetime::Ephemeral => None,
                Lifetime::Container => Some(history::Passing::Container),
                Lifetime::Ttl { ms } => Some(history::Passing::Ttl { ms }),
            },
            acls: acls_of(&acls),
            parent_cversion,
        },
        Body::Delete { path: text } => Change::Delete { path: path(text) },
        Body::DeleteContainer { path: text } => Change::Pass { path: path(text) },
        Body::SetAcl { path: text, acls, version } => {
            Change::SetAcl { path: path(text), acls: acls_of(&acls), version }
        }
        Body::Reconfig { data } => Change::Reconfig(members_of(&data)),
        Body::SetData { path: text, data, version } => {
            Change::SetData { path: path(text), data, version }
        }
        Body::Check { path: text, .. } => Change::Check { path: path(text) },
        Body::Multi(parts) => Change::Multi(parts.into_iter().map(change_of).collect()),
        Body::Error(code) => Change::Error(ErrorCode::from_wire(code)),
    }
}

fn acls_of(acls: &[Acl]) -> history::Acls {
    let entry = |it: &Acl| history::Acl::new(&it.scheme, it.id.clone(), it.perms);
    acls.iter().map(entry).collect::<Vec<_>>().into()
}
