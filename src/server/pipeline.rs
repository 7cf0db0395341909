//! A request's life: arrive, wait its turn, be answered from the tree or be turned into a
//! transaction, be applied everywhere, be answered (`zookeeper.md`, C.5). In order for each session.

use super::connections::{Connection, Stage, Waiting};
use super::rules::Progress;
use super::server::Server;
use super::sessions::Owner;
use crate::base::{ConnId, ErrorCode, ServerId, SessionId, Xid, ZPath, Zxid, hash_of};
use crate::history::{Change, Note, Role};
use crate::ops::{Kind, Preparation, Reply, Request};
use crate::tree::{Applied, Body, SnapshotWriter, Trigger, Txn, WatchKind};
use crate::wire::{
    Frames, Packet, PacketKind, Proposal, Reader, ReplyHeader, RequestHeader, SetWatches,
    WatcherEvent, Writer, opcode,
};
use crate::zab::Delivery;
use std::sync::Arc;

/// The state in a watcher event: SyncConnected.
const SYNC_CONNECTED: i32 = 3;

impl Server {
    /// A whole frame of a client that has a session.
    pub(super) fn request(&mut self, conn: ConnId, frame: &[u8]) {
        let mut body = Reader::new(frame);
        let Ok(header) = RequestHeader::decode(&mut body) else { return self.close_client(conn) };
        match Request::decode(header.opcode, &mut body) {
            Ok(Some(request)) => self.enqueue(conn, header.xid, request, frame),
            Ok(None) => {
                let error = ErrorCode::Unimplemented.to_wire();
                self.reply(conn, header.xid, Err(error), self.processed().to_wire());
                self.close_client(conn);
            }
            Err(_) => self.close_client(conn),
        }
    }

    fn enqueue(&mut self, conn: ConnId, xid: Xid, request: Request, frame: &[u8]) {
        let Some(session) = self.conns.get(&conn).and_then(Connection::session) else { return };
        self.heard_from(session, conn);
        let forwards = matches!(request, Request::Sync(_)) && !self.leads();
        let ready = request.kind() != Kind::Write && !forwards;
        let idle = self.conns[&conn].waiting.is_empty();
        if ready && idle {
            return self.answer_read(conn, xid, &request);
        }
        if forwards {
            self.forwarded_syncs.push_back(conn);
        }
        let forwarded = (!ready).then(|| (request.opcode(), request.clone()));
        if let Some(it) = self.conns.get_mut(&conn) {
            it.waiting.push_back(Waiting { xid, request, ready });
        }
        let Some((opcode, request)) = forwarded else { return };
        if self.leads() {
            self.propose_request(session, xid, &request, Some(Owner::Me));
        } else {
            self.forward(session, xid, opcode, &frame[8..]);
        }
    }

    /// Sends a request to the leader (REQUEST).
    pub(super) fn forward(&mut self, session: SessionId, xid: Xid, opcode: i32, body: &[u8]) {
        let mut data = Writer::new();
        data.long(session.0).int(xid.0).int(opcode).raw(body);
        let data = Some(data.into_bytes().into());
        self.send_to_leader(Packet { kind: PacketKind::Request, zxid: -1, data });
    }

    /// A learner forwards a request.
    pub(super) fn forwarded(&mut self, from: ServerId, packet: &Packet) {
        if !self.leads() {
            return;
        }
        let Some(link) = self.links.quorum_conn(from) else { return };
        let owner = Owner::Learner(from, link);
        let mut body = Reader::new(packet.data());
        let (Ok(session), Ok(xid), Ok(number)) = (body.session(), body.xid(), body.int()) else {
            return self.with_links(|links, out| links.hang_up(from, out));
        };
        match number {
            opcode::SYNC => self.sync_for(from, link),
            opcode::CREATE_SESSION => {
                if let Ok(timeout_ms) = body.int() {
                    self.propose_session(session, timeout_ms, owner);
                }
            }
            _ => match Request::decode(number, &mut body) {
                Ok(Some(request)) => self.propose_request(session, xid, &request, Some(owner)),
                Ok(None) | Err(_) => {
                    let body = Body::refused(ErrorCode::MarshallingError);
                    self.propose(session, xid, |_| body);
                }
            },
        }
    }

    /// As the leader: turns a request into a transaction, also a refused one.
    pub(super) fn propose_request(
        &mut self,
        session: SessionId,
        xid: Xid,
        request: &Request,
        owner: Option<Owner>,
    ) {
        let state = self.sessions.state(session, owner);
        if let Err(code) = (self.rules.admit)(state) {
            self.propose(session, xid, |_| Body::refused(code));
            return;
        }
        if matches!(request, Request::CloseSession(_)) {
            self.sessions.mark_closing(session);
        }
        self.propose(session, xid, |preparation| request.prepare(preparation));
    }

    /// As the leader: begins a session.
    pub(super) fn propose_session(&mut self, session: SessionId, timeout_ms: i32, owner: Owner) {
        self.sessions.track(self.now.time, session, timeout_ms, Some(owner));
        self.propose(session, Xid(0), |_| Body::CreateSession { timeout_ms });
    }

    /// As the leader: gives a transaction its place. When the epoch has no place left, the leader
    /// steps down (ZOOKEEPER-1277).
    pub(super) fn propose(
        &mut self,
        session: SessionId,
        xid: Xid,
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
            zxid,
            rules: &self.rules.tree,
        });
        let txn = Txn { session, xid, zxid, time_ms: self.now.wall_ms, body };
        let payload: Arc<[u8]> = txn.encode().into();
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
        let applied = if (self.rules.changes_sessions)(why) {
            self.tree.apply(&txn, &self.rules.tree, &mut triggers)
        } else {
            self.tree.apply_to_znodes_only(&txn, &self.rules.tree);
            Applied::Done
        };
        self.overlay.applied(txn.zxid);
        let (zxid, hash, digest) = (txn.zxid, hash_of(&proposal.payload), self.tree.digest());
        self.note(match why {
            Delivery::Committed | Delivery::Synchronized => Note::Applied { zxid, hash, digest },
            Delivery::Logged => Note::Replayed { zxid, hash, digest },
        });
        triggers.iter().for_each(|trigger| self.tell_watchers(trigger, zxid));
        self.settle(&txn, &applied);
        self.answer_syncs(zxid);
        self.count_for_snapshot(why);
    }

    /// What a transaction means for its session, and for the client that waits for it.
    fn settle(&mut self, txn: &Txn, applied: &Applied) {
        if let Body::CreateSession { timeout_ms } = txn.body {
            return self.session_created(txn.session, timeout_ms);
        }
        if let Some(&conn) = self.conn_of.get(&txn.session) {
            self.settle_request(conn, txn, applied);
        }
        if let Body::CloseSession { .. } = txn.body {
            self.session_closed(txn.session);
        }
    }

    fn settle_request(&mut self, conn: ConnId, txn: &Txn, applied: &Applied) {
        let Some(it) = self.conns.get_mut(&conn) else { return };
        let first = it.waiting.front();
        let waits = first.is_some_and(|it| it.xid == txn.xid && it.request.kind() == Kind::Write);
        if !waits {
            let overtakes = it.waiting.iter().any(|it| it.xid == txn.xid);
            assert!(!overtakes, "a write is answered behind everything that was asked before it");
            return;
        }
        it.waiting.pop_front();
        if *applied == Applied::Error(ErrorCode::SessionMoved.to_wire()) {
            return self.close_client(conn);
        }
        self.reply(conn, txn.xid, Reply::of(applied), self.reply_zxid());
        self.answer_waiting_reads(conn);
    }

    /// Answers the reads that waited for the write before them.
    pub(super) fn answer_waiting_reads(&mut self, conn: ConnId) {
        while let Some(it) = self.conns.get_mut(&conn)
            && let Some(read) = it.waiting.pop_front_if(|it| it.ready)
        {
            self.answer_read(conn, read.xid, &read.request);
        }
    }

    fn answer_read(&mut self, conn: ConnId, xid: Xid, request: &Request) {
        if let Request::SetWatches(watches) = request {
            self.set_watches(conn, watches);
            return self.reply(conn, xid, Ok(Reply::Empty), self.reply_zxid());
        }
        let result = request.read(&self.tree).expect("only reads are answered from the tree");
        if let Some((kind, path)) = request.watch(result.as_ref().err().copied())
            && let Ok(path) = ZPath::parse(path)
        {
            self.watches.add(kind, path, conn);
        }
        self.reply(conn, xid, result.map_err(ErrorCode::to_wire), self.reply_zxid());
    }

    /// The last transaction that clients are told of. A leader's epoch counts as soon as it is in
    /// force, at every server of it.
    pub(super) fn processed(&self) -> Zxid {
        let floor = self.serving.map_or(Zxid::ZERO, Zxid::floor_of);
        self.tree.last().max(floor)
    }

    fn reply_zxid(&self) -> i64 {
        let proposed = self.peer.last_proposed().unwrap_or(self.peer.last());
        let processed = self.processed();
        let progress = Progress { processed, proposed: proposed.max(processed) };
        (self.rules.reply_zxid)(progress).to_wire()
    }

    fn reply(&mut self, conn: ConnId, xid: Xid, result: Result<Reply, i32>, zxid: i64) {
        let error = result.as_ref().err().copied().unwrap_or(0);
        let mut frame = Writer::onto(vec![0; 4]);
        ReplyHeader { xid, zxid, error }.encode(&mut frame);
        if let Ok(reply) = result {
            reply.encode(&mut frame);
        }
        self.send(conn, Frames::seal(frame.into_bytes()));
    }

    fn tell_watchers(&mut self, trigger: &Trigger, zxid: Zxid) {
        let mut told = Vec::new();
        self.watches.fire(trigger, |conn, kind, path| told.push((conn, kind as i32, path.clone())));
        for (conn, kind, path) in told {
            self.tell(conn, kind, &path, Some(zxid));
        }
    }

    fn tell(&mut self, conn: ConnId, kind: i32, path: &ZPath, zxid: Option<Zxid>) {
        let mut frame = Writer::onto(vec![0; 4]);
        ReplyHeader::of_event(zxid).encode(&mut frame);
        WatcherEvent { kind, state: SYNC_CONNECTED, path: path.to_string() }.encode(&mut frame);
        self.send(conn, Frames::seal(frame.into_bytes()));
    }

    /// A client is back and says what it still waits for: what happened meanwhile is told now, the
    /// rest is watched again (`DataTree.setWatches`).
    fn set_watches(&mut self, conn: ConnId, watches: &SetWatches) {
        use crate::wire::EventKind::{ChildrenChanged, Created, DataChanged, Deleted};
        let since = watches.since;
        for path in &watches.data {
            let event = match self.tree.get(path) {
                None => Some(Deleted),
                Some(znode) => (znode.mzxid > since).then_some(DataChanged),
            };
            self.rearm(conn, WatchKind::Data, path, event.map(|it| it as i32));
        }
        for path in &watches.exist {
            let event = self.tree.get(path).map(|_| Created as i32);
            self.rearm(conn, WatchKind::Data, path, event);
        }
        for path in &watches.child {
            let event = match self.tree.get(path) {
                None => Some(Deleted),
                Some(znode) => (znode.pzxid > since).then_some(ChildrenChanged),
            };
            self.rearm(conn, WatchKind::Child, path, event.map(|it| it as i32));
        }
    }

    fn rearm(&mut self, conn: ConnId, kind: WatchKind, path: &str, event: Option<i32>) {
        let Ok(path) = ZPath::parse(path) else { return };
        match event {
            Some(event) => self.tell(conn, event, &path, None),
            None => self.watches.add(kind, path, conn),
        }
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
            if self.links.quorum_conn(learner) == Some(link) {
                self.answer_sync(learner);
            }
        }
    }

    fn answer_sync(&mut self, learner: ServerId) {
        let packet = Packet { kind: PacketKind::Sync, zxid: 0, data: None };
        self.with_links(|links, out| links.send(learner, &packet, out));
    }

    /// The leader has answered the oldest forwarded sync.
    pub(super) fn sync_answered(&mut self) {
        let Some(conn) = self.forwarded_syncs.pop_front() else { return };
        let Some(it) = self.conns.get_mut(&conn) else { return };
        let sync = it.waiting.iter_mut().find(|it| is_unanswered_sync(it));
        sync.into_iter().for_each(|it| it.ready = true);
        self.answer_waiting_reads(conn);
    }

    /// Sends a learner the whole tree.
    pub(super) fn send_snapshot(&mut self, to: ServerId) {
        let packet = Packet::bare(PacketKind::Snap, self.tree.last());
        self.with_links(|links, out| links.send(to, &packet, out));
        if let Some(conn) = self.links.quorum_conn(to) {
            self.send(conn, SnapshotWriter::stream(&self.tree));
        }
    }

    pub(super) fn send_to_leader(&mut self, packet: Packet) {
        if let Role::Following(leader) | Role::Observing(leader) = self.peer.role() {
            self.with_links(|links, out| links.send(leader, &packet, out));
        }
    }

    /// A connection has its session.
    pub(super) fn set_open(&mut self, conn: ConnId, session: SessionId, timeout_ms: i32) {
        if let Some(it) = self.conns.get_mut(&conn) {
            it.stage = Stage::Open { session };
            it.timeout_ms = timeout_ms;
        }
    }
}

fn is_unanswered_sync(it: &Waiting) -> bool {
    matches!(it.request, Request::Sync(_)) && !it.ready
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
        Body::Create { path: text, data, ephemeral, parent_cversion, .. } => {
            Change::Create { path: path(text), data, ephemeral, parent_cversion }
        }
        Body::Delete { path: text } => Change::Delete { path: path(text) },
        Body::SetData { path: text, data, version } => {
            Change::SetData { path: path(text), data, version }
        }
        Body::Check { path: text, .. } => Change::Check { path: path(text) },
        Body::Multi(parts) => Change::Multi(parts.into_iter().map(change_of).collect()),
        Body::Error(code) => Change::Error(ErrorCode::from_wire(code)),
    }
}
