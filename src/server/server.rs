//! The server: one value, one input at a time.

use super::config::Config;
use super::connections::Connection;
use super::expiry::Expiry;
use super::io::{Effect, Input, Now, Port};
use super::links::{Arrived, Caller, Do, Links};
use super::observer_master::{Asker, Via};
use super::rules::Rules;
use super::sessions::Sessions;
use super::stats::Stats;
use crate::base::{ConnId, Epoch, Millis, ServerId, SessionId, Time, Zxid};
use crate::history::{Note, Role};
use crate::storage::{DiskOp, Position, Recovered, Store};
use crate::tree::{Overlay, SnapshotWriter, Tree, Txn, Watches};
use crate::wire::{Endpoint, Packet, PacketKind};
use crate::zab::{self, Peer, Ticket};
use core::net::{IpAddr, SocketAddr};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// How long a connection may stay without a session, as in ZooKeeper.
const SESSIONLESS_MS: i32 = 10_000;
/// How long anything may be that a learner says, besides a request with its client's identities: it
/// names all sessions that it has heard of.
const LEARNER_BYTES_MAX: usize = 16 << 20;
/// How long one for elections may stay without a name (`QuorumCnxManager.DEFAULT_CNXTO`).
const NAMELESS_MS: u64 = 5_000;
/// How long a snapshot waits for something else to happen before it goes on.
const SNAPSHOT_STEP: Millis = Millis(1);

/// What a barrier of the disk stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum After {
    /// A batch of the log, up to this proposal.
    Logged(Zxid),
    /// What the agreement waits for.
    Agreement(Ticket),
    /// The disk is in order after it was read; what was read counts as held from here on.
    Recovered,
    /// A snapshot of this name, and when this server began to take it, if it did.
    Snapshot(Zxid, Option<Time>),
    /// Nothing is under way on the disk: it can be read. What was cut, if something was.
    Quiet { truncated: Option<Zxid> },
    /// The process was asked to end, and everything that it still wrote is on the disk.
    Stopped,
}

/// A server of the ensemble.
#[derive(Clone, Debug)]
pub struct Server {
    pub(super) config: Config,
    pub(super) rules: Rules,
    pub(super) now: Now,
    pub(super) peer: Peer,
    /// `None` until the disk was read.
    pub(super) store: Option<Store>,
    pub(super) tree: Tree,
    pub(super) overlay: Overlay,
    pub(super) watches: Watches,
    pub(super) sessions: Sessions,
    /// The epoch in which clients are served; `None` while they are not.
    pub(super) serving: Option<Epoch>,
    pub(super) conns: BTreeMap<ConnId, Connection>,
    pub(super) conn_of: BTreeMap<SessionId, ConnId>,
    pub(super) silence: Expiry<ConnId>,
    /// Sessions that only this server knows, with their timeouts.
    pub(super) locals: BTreeMap<SessionId, i32>,
    /// Of such a session, how many transactions are still to come that connections have asked for
    /// which are gone.
    pub(super) unclaimed: BTreeMap<SessionId, usize>,
    pub(super) local_expiry: Expiry<SessionId>,
    /// Since when it has looked for a leader, if it does.
    pub(super) looking_since: Option<Time>,
    /// Whether it serves reads without a leader.
    pub(super) read_only: bool,
    /// Up to here all is committed, as far as this server knows since its process began; `None` until
    /// it has served, or has heard of a commit.
    pub(super) committed: Option<Zxid>,
    /// Whoever is, was or shall be a member, beside those that it was started with.
    pub(super) located: BTreeSet<ServerId>,
    /// Where it was last told to listen.
    pub(super) listens: BTreeMap<Port, Endpoint>,
    /// Others, who have said where they are.
    strangers: BTreeSet<ServerId>,
    /// How many connections there are from each address.
    pub(super) addresses: BTreeMap<IpAddr, usize>,
    /// How many requests of this server's clients wait for their answers.
    pub(super) outstanding_count: usize,
    /// How long the large ones among them are.
    pub(super) large_bytes: usize,
    /// How long the frame is that is being read.
    pub(super) arriving_bytes: usize,
    /// Connections that are not read for now, with frames that wait; whoever waits longest is first.
    pub(super) throttled: VecDeque<ConnId>,
    /// Sessions heard of since the leader's last ping, with their timeouts.
    pub(super) touched: BTreeMap<SessionId, i32>,
    pub(super) links: Links,
    /// What the agreement wants done, in order.
    pub(super) agenda: VecDeque<zab::Effect>,
    /// Empty between calls: room that is used again and again.
    pub(super) wanted: Vec<zab::Effect>,
    /// Likewise.
    pub(super) link_work: Vec<Do>,
    /// Syncs that learners wait for: which proposal has to be committed first, and over which link
    /// the sync came. With the link its syncs are gone.
    pub(super) syncs: VecDeque<(Zxid, ServerId, ConnId)>,
    /// Forwarded syncs that the leader has not answered, in order: who has asked.
    pub(super) forwarded_syncs: VecDeque<Asker>,
    /// Likewise, who has asked whether a session is still there.
    pub(super) revalidations: VecDeque<Asker>,
    /// As a follower that serves observers: through whom a session was last asked after or begun.
    pub(super) vias: BTreeMap<SessionId, Via>,
    /// Where the log was written on before it was cut, until it is open again.
    pub(super) log_before_cut: Option<Position>,
    /// What was read from the disk, until the disk is in order.
    pub(super) recovered: Option<Recovered>,
    pub(super) disk_queue: VecDeque<(u64, After)>,
    /// How many readings of the disk were asked for and have not come. Only the last one counts.
    pub(super) readings: u32,
    pub(super) next_token: u64,
    /// A batch of the log is being synced; what comes meanwhile is the next batch.
    pub(super) writing: bool,
    pub(super) snapshot: Option<SnapshotWriter>,
    /// When it was begun.
    pub(super) snapshot_since: Time,
    /// The newest snapshot, once there is one; and when it was done by the wall clock, if that was in
    /// this life.
    pub(super) last_snapshot: Option<(Zxid, Option<i64>)>,
    /// Digests of the tree at some of the last transactions, in their order.
    pub(super) digests: VecDeque<(Zxid, u64)>,
    /// What `stmk` was given last, for `gtmk`; nothing else looks at it.
    pub(super) trace_mask: i64,
    /// What is no longer needed on the disk may go then.
    pub(super) next_purge: Time,
    /// Transactions since the last snapshot was begun.
    pub(super) unsnapped: u32,
    /// How long they are.
    pub(super) unsnapped_bytes: u64,
    pub(super) session_counter: u64,
    /// When it began.
    pub(super) began: Time,
    /// As a leader: when it looks for znodes that go by themselves.
    pub(super) look_for_passing_at: Time,
    /// What went through it.
    pub(super) stats: Stats,
    /// What goes out at the end of the input, a piece for each connection.
    pub(super) outbox: Vec<Outgoing>,
    pub(super) effects: Vec<Effect>,
    /// Asked to end: waits for its disk, and for nothing else.
    pub(super) stopping: bool,
    pub(super) halted: bool,
}

/// What goes out over one connection.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Outgoing {
    pub conn: ConnId,
    pub bytes: Vec<u8>,
    pub closes: bool,
}

/// What a server says when it is asked how it is (`srvr`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct State {
    /// Its role.
    pub role: Role,
    /// Whether it has a vote.
    pub votes: bool,
    /// The epoch in force.
    pub epoch: Epoch,
    /// The last transaction in its tree.
    pub zxid: Zxid,
    /// Digest of its tree.
    pub digest: u64,
    /// Number of sessions in its tree.
    pub sessions: usize,
    /// Number of sessions that only this server knows.
    pub local_sessions: usize,
    /// Number of znodes in its tree.
    pub znodes: usize,
    /// As the leader: number of znodes that it will delete when it looks again, because they are
    /// over.
    pub over: usize,
    /// Whether it answers clients.
    pub serving: bool,
}

impl Server {
    /// A server that has not begun; [`Input::Start`] begins it.
    pub fn new(config: Config, rules: Rules) -> Server {
        let tick = Millis(config.tick_ms);
        let own = config.ensemble.members.get(&config.id);
        let for_observers = config.observer_master_port;
        let listens = own.into_iter().flat_map(|it| Port::endpoints(it, for_observers)).collect();
        Server {
            peer: Peer::new(config.zab(), rules.zab),
            links: Links::new(
                config.id,
                config.election_address(),
                LEARNER_BYTES_MAX + 2 * config.clients.frame_bytes_max,
            ),
            sessions: Sessions::new(tick, &rules),
            silence: Expiry::new(tick),
            config,
            rules,
            now: Now { time: Time::ZERO, wall_ms: 0 },
            store: None,
            tree: Tree::new(),
            overlay: Overlay::default(),
            watches: Watches::new(&rules.tree),
            serving: None,
            conns: BTreeMap::new(),
            conn_of: BTreeMap::new(),
            locals: BTreeMap::new(),
            unclaimed: BTreeMap::new(),
            local_expiry: Expiry::new(tick),
            looking_since: None,
            read_only: false,
            committed: None,
            located: BTreeSet::new(),
            listens,
            strangers: BTreeSet::new(),
            addresses: BTreeMap::new(),
            outstanding_count: 0,
            large_bytes: 0,
            arriving_bytes: 0,
            throttled: VecDeque::new(),
            touched: BTreeMap::new(),
            agenda: VecDeque::new(),
            wanted: Vec::new(),
            link_work: Vec::new(),
            syncs: VecDeque::new(),
            forwarded_syncs: VecDeque::new(),
            revalidations: VecDeque::new(),
            vias: BTreeMap::new(),
            log_before_cut: None,
            recovered: None,
            disk_queue: VecDeque::new(),
            readings: 0,
            next_token: 0,
            writing: false,
            snapshot: None,
            snapshot_since: Time::ZERO,
            last_snapshot: None,
            digests: VecDeque::new(),
            trace_mask: super::four_letter::TRACE_MASK,
            next_purge: Time::ZERO,
            unsnapped: 0,
            unsnapped_bytes: 0,
            session_counter: 0,
            began: Time::ZERO,
            look_for_passing_at: Time::NEVER,
            stats: Stats::default(),
            outbox: Vec::new(),
            effects: Vec::new(),
            stopping: false,
            halted: false,
        }
    }

    /// How it is.
    pub fn state(&self) -> State {
        State {
            role: self.peer.role(),
            votes: self.peer.votes(),
            epoch: self.peer.epoch(),
            zxid: self.tree.last(),
            digest: self.tree.digest(),
            sessions: self.tree.sessions().len(),
            local_sessions: self.locals.len(),
            znodes: self.tree.len(),
            over: self.over_count(),
            serving: self.serving.is_some(),
        }
    }

    /// When it wants an [`Input::Tick`] at the latest, by its monotonic clock.
    pub fn deadline(&self) -> Time {
        let snapshot = match self.snapshot {
            Some(_) => self.now.time + SNAPSHOT_STEP,
            None => Time::NEVER,
        };
        let sessions = self.sessions.deadline().min(self.silence.deadline());
        let own = self.local_expiry.deadline().min(self.read_only_deadline());
        let passing = self.passing_deadline().min(own);
        let links = self.links.deadline();
        self.peer.deadline().min(links).min(sessions).min(snapshot).min(passing)
    }

    /// Takes one input in; what has to be done is added to `effects`, in order.
    pub fn handle(&mut self, now: Now, input: Input, effects: &mut Vec<Effect>) {
        let heard =
            !self.stopping || matches!(input, Input::DiskDone { .. } | Input::DiskFailed { .. });
        if self.halted || !heard {
            return;
        }
        self.now = now;
        std::mem::swap(&mut self.effects, effects);
        self.take(input);
        self.work_off();
        self.read_throttled();
        // What was read may want something done in turn, after which more may be read.
        while !self.agenda.is_empty() {
            self.work_off();
            self.read_throttled();
        }
        self.continue_snapshot();
        self.write_batch();
        self.send_outbox();
        std::mem::swap(&mut self.effects, effects);
    }

    fn take(&mut self, input: Input) {
        match input {
            Input::Start => {
                self.began = self.now.time;
                self.read_disk(None);
            }
            Input::Accepted { conn, port: port @ (Port::Client | Port::Secure), from } => {
                self.accept_client(conn, port, from);
            }
            Input::Accepted { conn, port, from } => self.accept_server(conn, port, from),
            Input::Connected { conn } => {
                let arrived = self.with_links(|links, out| links.connected(conn, out));
                arrived.into_iter().for_each(|it| self.arrived(it));
            }
            Input::ConnectFailed { conn } => self.link_closed(conn),
            Input::Bytes { conn, bytes } if self.links.has(conn) => {
                self.links.master = self.peer.master();
                let arrived = self.with_links(|links, out| links.bytes(conn, &bytes, out));
                arrived.into_iter().for_each(|it| self.arrived(it));
            }
            Input::Bytes { conn, bytes } => self.client_bytes(conn, &bytes),
            Input::Flushed { conn } => self.flushed(conn),
            Input::Closed { conn } if self.links.has(conn) => self.link_closed(conn),
            Input::Closed { conn } => {
                self.stats.counts.connection_drops += u64::from(self.conns.contains_key(&conn));
                self.forget_client(conn);
            }
            Input::DiskDone { token } => self.disk_done(token),
            Input::Measured { conn, measures } => self.measured(conn, &measures),
            Input::Loaded { image } => self.loaded(&image),
            Input::DiskFailed { reason } => self.fail(reason),
            Input::Stop => self.end(),
            Input::Tick => self.tick(),
        }
    }

    /// Asked to end: lets go of clients and other servers, who need not wait to find out, and brings
    /// what was begun to the disk.
    fn end(&mut self) {
        self.stop();
        if self.store.is_some() {
            self.write_log();
        }
        self.stopping = true;
        self.barrier(After::Stopped);
    }

    /// Gives up, for good: whoever starts the process again finds what the disk holds.
    pub(super) fn fail(&mut self, reason: String) {
        self.note(Note::Failed { reason });
        self.halt();
    }

    /// Ends the process.
    pub(super) fn halt(&mut self) {
        self.halted = true;
        self.effects.push(Effect::Halt);
    }

    fn tick(&mut self) {
        let now = self.now.time;
        self.agree(|peer, out| peer.tick(now, out));
        if self.serving.is_some() && self.leads() {
            self.expire_sessions();
            self.delete_passing();
        }
        self.expire_locals();
        self.begin_reading();
        self.with_links(|links, out| links.tick(now, out));
        for conn in self.silence.take_expired(now) {
            let sessionless = self.conns.get(&conn).is_some_and(|it| it.session().is_none());
            self.stats.counts.sessionless_expired += u64::from(sessionless);
            self.close_client(conn);
        }
    }

    /// Whether this server is an established leader.
    pub(super) fn leads(&self) -> bool {
        self.peer.role() == Role::Leading && self.serving.is_some()
    }

    /// A client connects. There may be only so many from one address, and in all.
    fn accept_client(&mut self, conn: ConnId, port: Port, from: SocketAddr) {
        let now = self.now.time;
        let limits = self.config.clients;
        let frame_max = limits.frame_bytes_max;
        let mut client = Connection::new(now, from, SESSIONLESS_MS, frame_max);
        client.secure = port == Port::Secure;
        self.conns.insert(conn, client);
        self.silence.touch(now, conn, Millis(SESSIONLESS_MS as u64));
        let here = self.addresses.entry(from.ip()).or_insert(0);
        *here += 1;
        let too_many_here = limits.per_address_max > 0 && *here > limits.per_address_max;
        if too_many_here || limits.connections_max.is_some_and(|max| self.conns.len() > max) {
            self.stats.counts.connection_rejected += 1;
            self.close_client(conn);
        }
    }

    /// Somebody connects who may be another server. They have so long to say which one: a learner
    /// as long as for all else that it does first (`Leader.LearnerCnxAcceptor`).
    fn accept_server(&mut self, conn: ConnId, port: Port, from: SocketAddr) {
        let patience_ms = match port {
            Port::Learner | Port::Observers => self.config.init_limit_ticks * self.config.tick_ms,
            Port::Election | Port::Client | Port::Secure => NAMELESS_MS,
        };
        let until = self.now.time + Millis(patience_ms);
        self.with_links(|links, out| links.accepted((conn, port), until, out));
        self.links.came_from(conn, Caller { from, wall_ms: self.now.wall_ms });
    }

    fn link_closed(&mut self, conn: ConnId) {
        let arrived = self.links.closed(conn);
        arrived.into_iter().for_each(|it| self.arrived(it));
    }

    fn arrived(&mut self, arrived: Arrived) {
        let now = self.now.time;
        match arrived {
            Arrived::Vote(from, vote) => {
                self.agree(|peer, out| peer.notified(now, from, &vote, out));
            }
            Arrived::Packet(from, packet) if !holds_what_it_says(&packet) => {
                // Nothing of it may come to the log: no later start could read it.
                self.hang_up_on(from);
            }
            Arrived::Packet(from, packet) => {
                self.count_packet_in(&packet);
                self.agree(|peer, out| peer.received(now, from, packet, out));
                self.work_off();
            }
            Arrived::Snapshot(from, body) => self.peer.received_snapshot(from, body),
            Arrived::Linked(to) => self.agree(|peer, out| peer.linked(now, to, out)),
            Arrived::Unlinked(peer) => self.agree(|it, out| it.unlinked(now, peer, out)),
        }
    }

    /// Ends the link to another server that says what makes no sense.
    pub(super) fn hang_up_on(&mut self, peer: ServerId) {
        let now = self.now.time;
        self.with_links(|links, out| links.hang_up(peer, out));
        self.agree(|it, out| it.unlinked(now, peer, out));
    }

    /// Has the agreement do something; what it wants done goes to the end of the agenda.
    pub(super) fn agree(&mut self, call: impl FnOnce(&mut Peer, &mut Vec<zab::Effect>)) {
        let mut wanted = std::mem::take(&mut self.wanted);
        call(&mut self.peer, &mut wanted);
        self.agenda.extend(wanted.drain(..));
        self.wanted = wanted;
    }

    /// Has the links do something.
    pub(super) fn with_links<T>(&mut self, call: impl FnOnce(&mut Links, &mut Vec<Do>) -> T) -> T {
        let mut out = std::mem::take(&mut self.link_work);
        let result = call(&mut self.links, &mut out);
        for it in out.drain(..) {
            match it {
                Do::Locate(stranger, election) => self.locate(stranger, election),
                Do::Dial(conn, to, port) if self.is_member(to) || self.strangers.contains(&to) => {
                    self.effects.push(Effect::Dial { conn, to, port });
                }
                // Somebody has said that it is a server of which nobody knows where it is.
                Do::Dial(conn, ..) => drop(self.links.closed(conn)),
                Do::Send(conn, bytes) => self.send(conn, bytes),
                Do::Close(conn) => self.close(conn),
            }
        }
        self.link_work = out;
        result
    }

    /// Where members may come and go, a server that is no member yet, or no more, is called back
    /// where it says it is. Of members that is known.
    fn locate(&mut self, server: ServerId, election: String) {
        if self.config.operations.reconfigures && !self.is_member(server) {
            self.strangers.insert(server);
            self.effects.push(Effect::Stranger { server, election });
        }
    }

    fn is_member(&self, server: ServerId) -> bool {
        self.config.ensemble.members.contains_key(&server) || self.located.contains(&server)
    }

    /// Does what the agreement wants, until it wants nothing more.
    fn work_off(&mut self) {
        while let Some(wanted) = self.agenda.pop_front() {
            self.perform(wanted);
        }
    }

    fn perform(&mut self, wanted: zab::Effect) {
        use zab::Effect as Wanted;
        match wanted {
            Wanted::Notify(to, vote) => self.with_links(|links, out| links.vote(to, &vote, out)),
            Wanted::Dial(to) => self.with_links(|links, out| links.dial(to, Port::Learner, out)),
            Wanted::DialMaster(to) => {
                self.with_links(|links, out| links.dial(to, Port::Observers, out));
            }
            Wanted::Hangup(peer) => self.with_links(|links, out| links.hang_up(peer, out)),
            Wanted::Send(to, packet) => {
                self.count_packet_out(&packet);
                self.with_links(|links, out| links.send(to, &packet, out));
            }
            Wanted::SendSnapshot(to) => self.send_snapshot(to),
            Wanted::Append(proposal) => self.store().append(proposal),
            Wanted::Persist { accepted, current, then } => {
                if (self.rules.storage.history_first)() {
                    self.write_log();
                }
                let mut ops = Vec::new();
                self.store().write_epochs(accepted, current, &mut ops);
                self.disk(ops);
                // There is something left to be written only when the history does not come first.
                self.write_log();
                self.barrier(After::Agreement(then));
            }
            Wanted::Flush { queue, then } => self.flush(queue, then),
            Wanted::Truncate(to) => self.truncate(to),
            Wanted::Install { zxid, body } => self.install(zxid, body),
            Wanted::Reload => self.read_disk(None),
            Wanted::Activate(membership) => self.activate(&membership),
            Wanted::Deliver { proposal, why } => self.deliver(&proposal, why),
            Wanted::Stop => self.stop(),
            Wanted::Serve(epoch) => self.serve(epoch),
            Wanted::Request(from, packet) if self.leads() => self.forwarded(from, &packet),
            Wanted::Request(from, packet) => self.hand_on_request(from, packet),
            Wanted::Revalidate(from, packet) if self.serves_observers() => {
                self.hand_on_revalidation(from, packet);
            }
            Wanted::Revalidate(from, packet) => self.revalidate(from, &packet),
            Wanted::Touched(_, packet) => self.learner_touched(&packet),
            Wanted::AnswerPing(packet) => self.answer_ping(packet),
            Wanted::Synced => self.sync_answered(),
            Wanted::Revalidated(packet) => self.revalidated(&packet),
            Wanted::Note(note) => {
                self.count_note(&note);
                if let Note::Role(role) = note {
                    self.role_changed(role);
                }
                self.note(note);
            }
        }
    }

    pub(super) fn note(&mut self, note: Note) {
        self.effects.push(Effect::Note(note));
    }

    /// Sends bytes at the end of the input, in one piece with what else goes over the connection.
    pub(super) fn send(&mut self, conn: ConnId, bytes: Vec<u8>) {
        if let Some(it) = self.conns.get_mut(&conn) {
            it.unflushed += bytes.len();
        }
        match self.outgoing(conn) {
            Some(it) if !it.closes => it.bytes.extend_from_slice(&bytes),
            Some(_) => {}
            None => self.begin_outgoing(Outgoing { conn, bytes, closes: false }),
        }
    }

    /// What goes out over a connection so far. A client's connection knows where that stands: an
    /// event may go to thousands.
    fn outgoing(&mut self, conn: ConnId) -> Option<&mut Outgoing> {
        let at = match self.conns.get(&conn) {
            Some(it) => Some(it.outgoing),
            None => self.outbox.iter().position(|it| it.conn == conn),
        };
        self.outbox.get_mut(at?).filter(|it| it.conn == conn)
    }

    fn begin_outgoing(&mut self, it: Outgoing) {
        if let Some(conn) = self.conns.get_mut(&it.conn) {
            conn.outgoing = self.outbox.len();
        }
        self.outbox.push(it);
    }

    /// Ends a connection at the end of the input, behind what is sent.
    pub(super) fn close(&mut self, conn: ConnId) {
        match self.outgoing(conn) {
            Some(it) => it.closes = true,
            None => self.begin_outgoing(Outgoing { conn, bytes: Vec::new(), closes: true }),
        }
    }

    fn send_outbox(&mut self) {
        for Outgoing { conn, bytes, closes } in self.outbox.drain(..) {
            if !bytes.is_empty() {
                self.effects.push(Effect::Send { conn, bytes });
            }
            if let Some(it) = self.conns.get_mut(&conn)
                && it.is_full()
                && !it.flushing
            {
                it.flushing = true;
                self.effects.push(Effect::Flush { conn });
            }
            if closes {
                self.effects.push(Effect::Close { conn });
            }
        }
    }

    /// The server's files. There are none to name before they were read, and nobody does.
    pub(super) fn store(&mut self) -> &mut Store {
        self.store.as_mut().expect("the disk is read before anything is written")
    }

    pub(super) fn disk(&mut self, ops: Vec<DiskOp>) {
        let asked = ops.into_iter().filter_map(self.rules.storage.comes_to);
        self.effects.extend(asked.map(Effect::Disk));
    }

    pub(super) fn barrier(&mut self, after: After) {
        let token = self.next_token;
        self.next_token += 1;
        self.disk_queue.push_back((token, after));
        self.effects.push(Effect::Disk(DiskOp::Barrier { token }));
    }
}

/// Whether what a packet proposes can be read, and is what its place says.
fn holds_what_it_says(packet: &Packet) -> bool {
    if !matches!(packet.kind, PacketKind::Proposal | PacketKind::Inform) {
        return true;
    }
    Txn::decode(packet.data()).is_ok_and(|txn| txn.zxid.to_wire() == packet.zxid)
}
