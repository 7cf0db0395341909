//! A server and its disk: reading all of it, writing the log in batches, cutting it, snapshots.

use super::io::{Effect, Port};
use super::rules::Progress;
use super::server::{After, Server};
use crate::base::{Millis, SessionId, Zxid};
use crate::history::Note;
use crate::storage::{DiskOp, Image, Recovered, recover_by};
use crate::tree::{SnapshotWriter, Tree, Txn, read_tree};
use crate::wire::{Malformed, Membership, Proposal};
use crate::zab::{Delivery, Found, LogQueue, Ticket};
use std::collections::BTreeMap;

/// The digest is taken down at every such zxid (`DataTree.DIGEST_LOG_INTERVAL`).
const DIGEST_EVERY: i64 = 128;
/// So many are kept (`DataTree.DIGEST_LOG_LIMIT`).
const DIGESTS_MAX: usize = 1_024;

impl Server {
    /// Reads the disk as soon as nothing is under way there. What is in memory is forgotten then.
    pub(super) fn read_disk(&mut self, truncated: Option<Zxid>) {
        self.snapshot = None;
        if self.store.is_some() {
            self.write_log();
        }
        self.barrier(After::Quiet { truncated });
    }

    /// The disk has come to the oldest barrier.
    pub(super) fn disk_done(&mut self, token: u64) {
        let (expected, after) = self.disk_queue.pop_front().expect("a barrier was asked for");
        assert_eq!(token, expected, "the disk works in order");
        let now = self.now.time;
        match after {
            After::Stopped => self.halt(),
            _ if self.stopping => {}
            After::Logged(zxid) => {
                self.writing = self.logs_under_way();
                self.agree(|peer, out| peer.logged(now, zxid, out));
            }
            After::Agreement(ticket) => self.agree(|peer, out| peer.done(now, ticket, out)),
            After::Recovered if self.will_read() => self.recovered = None,
            After::Recovered => self.go_on_recovered(),
            After::Snapshot(zxid, since) => {
                self.last_snapshot = Some((zxid, Some(self.now.wall_ms)));
                if let Some(since) = since {
                    self.stats.snapshots.add(now.since(since).0);
                }
                self.note(Note::Snapshot { zxid });
            }
            After::Quiet { truncated } => {
                truncated.into_iter().for_each(|to| self.note(Note::Truncated { to }));
                if !self.waits_for_quiet() {
                    self.readings += 1;
                    self.effects.push(Effect::ReadDisk);
                }
            }
        }
    }

    /// Whether the disk is being read or will be: the server left its role while it was being read.
    /// Only the last reading counts.
    fn will_read(&self) -> bool {
        self.readings > 0 || self.waits_for_quiet()
    }

    /// Whether the disk has something to do before it is read.
    fn waits_for_quiet(&self) -> bool {
        self.disk_queue.iter().any(|(_, after)| matches!(after, After::Quiet { .. }))
    }

    fn logs_under_way(&self) -> bool {
        self.disk_queue.iter().any(|(_, after)| matches!(after, After::Logged(_)))
    }

    /// Everything that is on the disk: the server's memory is what follows from it.
    pub(super) fn loaded(&mut self, image: &Image) {
        self.readings -= 1;
        if self.will_read() {
            return;
        }
        let empty = SnapshotWriter::whole(&Tree::new());
        let mut ops = Vec::new();
        let recovered = recover_by(&self.rules.storage, self.config.trust, image, &empty, &mut ops);
        let loaded = recovered.map_err(|error| error.to_string()).and_then(|recovered| {
            self.disk(ops);
            self.barrier(After::Recovered);
            self.rebuild(recovered).map_err(|error| format!("the newest snapshot: {error}"))
        });
        if let Err(reason) = loaded {
            self.fail(reason);
        }
    }

    fn rebuild(&mut self, recovered: Recovered) -> Result<(), Malformed> {
        self.tree = match &recovered.snapshot {
            Some((zxid, body)) => read_tree(body, *zxid)?,
            None => Tree::new(),
        };
        if !(self.rules.tree.follows_quotas)() {
            self.tree.forget_quotas();
        }
        self.digests.clear();
        self.note(Note::Loaded { zxid: self.tree.last() });
        (self.unsnapped, self.unsnapped_bytes) = (0, 0);
        for proposal in &recovered.proposals {
            self.replay(proposal)?;
        }
        self.note(Note::Recovered {
            zxid: self.tree.last(),
            digest: self.tree.digest(),
            sessions: self.tree.sessions().len() as u32,
        });
        self.recovered = Some(recovered);
        Ok(())
    }

    /// The disk is in order: the server takes part again.
    fn go_on_recovered(&mut self) {
        let recovered = self.recovered.take().expect("the disk was read");
        self.last_snapshot = Some(match &recovered.snapshot {
            Some((zxid, _)) => (*zxid, self.written_in_this_life(*zxid)),
            // Recovery has written that of the empty tree.
            None => (Zxid::ZERO, Some(self.now.wall_ms)),
        });
        let mut store = recovered.store;
        store.keep(self.config.keeping);
        self.store = Some(store);
        let mut ops = Vec::new();
        self.purge(&mut ops);
        self.disk(ops);
        if let Some(before) = self.log_before_cut.take() {
            let rules = self.rules.storage;
            self.store().log().reopen(&before, &rules);
        }
        let now = self.now.time;
        let found = Found {
            accepted: recovered.accepted,
            current: recovered.current,
            active: recovered.membership,
            proposed: self.tree.membership(),
            last: self.tree.last(),
            recent: recovered.proposals,
            blank: recovered.blank,
        };
        self.agree(|peer, out| peer.recovered(now, found, out));
        self.introduce_members();
    }

    /// A configuration is in force: it is written down, behind everything that led to it and before
    /// everything that follows from it.
    pub(super) fn activate(&mut self, membership: &Membership) {
        self.write_log();
        let mut ops = Vec::new();
        self.store().write_membership(membership, &mut ops);
        self.disk(ops);
        self.introduce_members();
    }

    /// Whoever makes connections has to know where the members are, those to come included.
    pub(super) fn introduce_members(&mut self) {
        for membership in self.peer.memberships() {
            self.located.extend(membership.members.keys());
            self.effects.push(Effect::Members(membership));
        }
        self.listen_as_configured();
    }

    /// Listens where the configuration in force says that this server is.
    fn listen_as_configured(&mut self) {
        let memberships = self.peer.memberships();
        let own = memberships.first().and_then(|it| it.members.get(&self.config.id));
        let for_observers = self.config.observer_master_port;
        for (port, at) in own.into_iter().flat_map(|it| Port::endpoints(it, for_observers)) {
            if self.listens.get(&port) != Some(&at) {
                self.listens.insert(port, at.clone());
                self.effects.push(Effect::Listen { port, at });
            }
        }
    }

    /// When this server has finished the snapshot of this name, if it has since it began.
    fn written_in_this_life(&self, name: Zxid) -> Option<i64> {
        self.last_snapshot.filter(|it| it.0 == name)?.1
    }

    /// Takes down the tree's digest now and then (`DataTree.logZxidDigest`).
    pub(super) fn log_digest(&mut self) {
        let zxid = self.tree.last();
        if zxid.to_wire() % DIGEST_EVERY == 0 {
            self.digests.push_back((zxid, self.tree.digest()));
            if self.digests.len() > DIGESTS_MAX {
                self.digests.pop_front();
            }
        }
    }

    fn replay(&mut self, proposal: &Proposal) -> Result<(), Malformed> {
        let txn = Txn::decode(&proposal.payload)?;
        self.tree.apply(&txn, &self.rules.tree, &mut Vec::new());
        self.unsnapped += 1;
        self.unsnapped_bytes += proposal.payload.len() as u64;
        self.log_digest();
        self.note(Note::Replayed {
            zxid: proposal.zxid,
            hash: crate::base::hash_of(&proposal.payload),
            digest: self.tree.digest(),
        });
        Ok(())
    }

    /// Writes everything that waits for the log, as one batch.
    pub(super) fn write_log(&mut self) {
        let mut ops = Vec::new();
        let written = self.store().write_log(&mut ops);
        self.disk(ops);
        if let Some(last) = written {
            self.writing = true;
            self.barrier(After::Logged(last));
        }
    }

    /// Writes what waits, unless a batch is being synced: then it is the next one (group commit).
    pub(super) fn write_batch(&mut self) {
        if !self.writing && self.store.is_some() {
            self.write_log();
        }
    }

    /// The server leaves its role: its log has to be on the disk.
    pub(super) fn flush(&mut self, queue: LogQueue, then: Ticket) {
        match queue {
            LogQueue::Write => self.write_log(),
            LogQueue::Forget => self.store().log().forget_waiting(),
        }
        self.barrier(After::Agreement(then));
    }

    /// Forgets what the leader does not have, on the disk first.
    pub(super) fn truncate(&mut self, to: Zxid) {
        self.snapshot = None;
        self.write_log();
        if !self.store().can_truncate(to) {
            let now = self.now.time;
            self.agree(|peer, out| peer.cannot_truncate(now, out));
            return;
        }
        let mut ops = Vec::new();
        self.log_before_cut = self.store().log().position();
        self.store().truncate(to, &mut ops);
        self.disk(ops);
        self.read_disk(Some(to));
    }

    /// Replaces everything by the leader's tree. Bytes that are no tree end the
    /// process: the link is framed and ordered, so the leader itself is broken.
    pub(super) fn install(&mut self, zxid: Zxid, body: Option<Vec<u8>>) {
        let body = body.unwrap_or_else(|| SnapshotWriter::whole(&Tree::new()));
        self.snapshot = None;
        self.tree = match read_tree(&body, zxid) {
            Ok(tree) => tree,
            Err(error) => return self.fail(format!("the leader's tree: {error}")),
        };
        self.digests.clear();
        (self.unsnapped, self.unsnapped_bytes) = (0, 0);
        self.write_log();
        let mut ops = Vec::new();
        self.store().install(zxid, body, &mut ops);
        self.disk(ops);
        self.note(Note::Installed { zxid, digest: self.tree.digest() });
        self.barrier(After::Snapshot(zxid, None));
    }

    /// Another transaction is in the tree: now and then it is time for a snapshot.
    ///
    /// Never while the tree may hold what is not committed: the snapshot would hold it, too, and
    /// could not be made to forget it (ZOOKEEPER-1549).
    /// `sessions` stands in the place of the tree's, if there is one.
    pub(super) fn count_for_snapshot(
        &mut self,
        why: Delivery,
        sessions: Option<&BTreeMap<SessionId, i32>>,
    ) {
        self.unsnapped += 1;
        let bytes_max = self.config.snapshot_every_bytes.unwrap_or(u64::MAX);
        let due = self.unsnapped >= self.config.snapshot_every || self.unsnapped_bytes >= bytes_max;
        if due && self.snapshot.is_none() && (self.rules.may_snapshot)(why) {
            (self.unsnapped, self.unsnapped_bytes) = (0, 0);
            let progress = Progress { processed: self.tree.last(), proposed: self.peer.last() };
            let name = (self.rules.snapshot_name)(progress);
            let sessions = sessions.unwrap_or(self.tree.sessions());
            let writer = SnapshotWriter::begin_with(&self.tree, sessions).named(name);
            self.store().begin_snapshot(writer.name());
            self.snapshot = Some(writer);
            self.snapshot_since = self.now.time;
        }
    }

    /// A snapshot that is being written takes a few more znodes in, as they are now.
    pub(super) fn continue_snapshot(&mut self) {
        let Some(mut writer) = self.snapshot.take() else { return };
        let mut ops = Vec::new();
        if !writer.step(&self.tree, self.config.snapshot_chunk) {
            self.store().snapshot_piece(writer.take(), &mut ops);
            self.snapshot = Some(writer);
            return self.disk(ops);
        }
        // What it holds may be in memory only: the log goes first.
        self.write_log();
        let zxid = writer.name();
        self.store().snapshot_piece(writer.into_body(), &mut ops);
        self.store().end_snapshot(&mut ops);
        self.purge(&mut ops);
        self.disk(ops);
        self.barrier(After::Snapshot(zxid, Some(self.snapshot_since)));
    }

    /// Removes what the configuration no longer wants kept, when it is time.
    fn purge(&mut self, ops: &mut Vec<DiskOp>) {
        let Some(pause_ms) = self.config.purge_every_ms else { return };
        if self.now.time >= self.next_purge {
            self.next_purge = self.now.time + Millis(pause_ms);
            self.store().purge(ops);
        }
    }
}
