//! What was proposed, and what of it is committed: the canonical log.
//!
//! A transaction is committed once a server applies it, or once a server that holds it becomes the
//! established leader (the leader's initial history counts as committed then, `zookeeper.md`, C.4).
//! Until then, what learners take from that history is held, not committed.

use super::expect::Expected;
use super::servers::PerServer;
use crate::base::{Epoch, ServerId, SessionId, Time, Xid, Zxid};
use crate::history::{Change, Event, Note, Role};
use std::collections::{BTreeMap, BTreeSet};

/// What a leader proposed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proposal {
    /// Whose request; the session itself when it is created or closed.
    pub session: SessionId,
    /// Which request.
    pub xid: Xid,
    /// The leader's wall clock.
    pub time_ms: i64,
    /// What it does.
    pub change: Change,
    /// The leader.
    pub by: ServerId,
    /// The last transaction in its tree then.
    pub upon: Zxid,
    /// The event of its `Proposed`.
    pub event: u64,
}

/// A digest of the tree, and who said so.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Seal {
    /// Of the tree.
    pub digest: u64,
    /// Whose tree.
    pub server: ServerId,
    /// The event that says so.
    pub event: u64,
}

/// A committed transaction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Txn {
    /// Its place in the order.
    pub zxid: Zxid,
    /// Of its bytes.
    pub hash: u64,
    /// What the leader said when it proposed it; `None` when nobody proposed these bytes.
    pub proposal: Option<Proposal>,
    /// The first digest that a server gave for the tree after it.
    pub seal: Option<Seal>,
    /// The event by which it is committed.
    pub event: u64,
    /// When.
    pub at: Time,
    /// The request that it carries out (see [`super::Requests::get`]).
    pub request: Option<usize>,
    /// What its request has to bring, by the model's own reckoning.
    pub expected: Expected,
    /// What does not fit between the leader's change and the model's state, in words.
    pub mismatch: Option<String>,
    /// An earlier transaction that carries the same session and xid.
    pub repeats: Option<Zxid>,
}

impl Txn {
    /// What it does; an error without a code when nobody proposed it.
    pub fn change(&self) -> &Change {
        self.proposal.as_ref().map_or(&Change::Error(None), |proposal| &proposal.change)
    }

    /// True when it changed something, or could have: not an error, not a refused multi.
    pub fn is_success(&self) -> bool {
        succeeds(self.change())
    }
}

fn succeeds(change: &Change) -> bool {
    match change {
        Change::Error(_) => false,
        Change::Multi(parts) => parts.is_empty() || parts.iter().any(succeeds),
        Change::CreateSession { .. } | Change::CloseSession { .. } | Change::Create { .. } => true,
        Change::Delete { .. } | Change::SetData { .. } | Change::Check { .. } => true,
        Change::SetAcl { .. } | Change::Pass { .. } | Change::Reconfig(_) => true,
    }
}

/// What is known of one server's tree.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Standing {
    /// The last transaction in its tree.
    pub position: Zxid,
    /// The digest of its tree there, as it last gave one.
    pub digest: Option<u64>,
    /// The event of the last change of either.
    pub event: u64,
    /// Whether it answers clients.
    pub serving: bool,
    /// Whom it follows, or tries to.
    follows: Option<ServerId>,
    /// The epoch whose initial history it last acknowledged.
    acked: Epoch,
    /// What it holds that was not known to be committed: zxid and hash, ascending.
    held: Vec<(Zxid, u64)>,
}

impl Standing {
    /// What it holds, in its log or its tree, that was not known to be committed when it took it
    /// in; ascending. Emptied by the next transaction that it applies.
    pub fn held(&self) -> &[(Zxid, u64)] {
        &self.held
    }
}

/// An epoch that came into force.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reign {
    /// Its leader.
    pub leader: ServerId,
    /// The event of its `Established`.
    pub event: u64,
    /// When.
    pub at: Time,
}

/// The proposals, the committed log, and where each server stands.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    proposals: BTreeMap<(Zxid, u64), Proposal>,
    closing: BTreeMap<SessionId, u64>,
    locals: BTreeSet<SessionId>,
    txns: Vec<Txn>,
    servers: PerServer<Standing>,
    reigns: BTreeMap<Epoch, Reign>,
}

impl Ledger {
    /// The committed log so far, ascending.
    pub fn txns(&self) -> &[Txn] {
        &self.txns
    }

    /// The last committed zxid; zero before the first.
    pub fn head(&self) -> Zxid {
        self.txns.last().map_or(Zxid::ZERO, |txn| txn.zxid)
    }

    /// The place of the last transaction up to and with `zxid`; `None` when there is none.
    pub fn place_up_to(&self, zxid: Zxid) -> Option<usize> {
        if self.head() <= zxid {
            return self.txns.len().checked_sub(1);
        }
        self.txns.partition_point(|txn| txn.zxid <= zxid).checked_sub(1)
    }

    /// The place of a committed transaction.
    pub fn place_of(&self, zxid: Zxid) -> Option<usize> {
        self.place_up_to(zxid).filter(|&place| self.txns[place].zxid == zxid)
    }

    /// A committed transaction.
    pub fn get(&self, zxid: Zxid) -> Option<&Txn> {
        self.place_of(zxid).map(|place| &self.txns[place])
    }

    /// The first committed transaction after `after`, up to and with `upto`.
    pub fn first_between(&self, after: Zxid, upto: Zxid) -> Option<&Txn> {
        let next = self.place_up_to(after).map_or(0, |place| place + 1);
        self.txns.get(next).filter(|txn| txn.zxid <= upto)
    }

    /// Where the servers stand.
    pub fn servers(&self) -> &PerServer<Standing> {
        &self.servers
    }

    /// The epochs that came into force. (When two leaders claim one, the first.)
    pub fn reigns(&self) -> &BTreeMap<Epoch, Reign> {
        &self.reigns
    }

    /// The event of the first proposal to close the session.
    pub fn close_proposed(&self, session: SessionId) -> Option<u64> {
        self.closing.get(&session).copied()
    }

    /// Whether the session began as one that only its server knows. A transaction that begins it may
    /// have made it one like the others since.
    pub fn began_local(&self, session: SessionId) -> bool {
        self.locals.contains(&session)
    }

    /// True when the tree at `zxid` is decided: a committed transaction, or the floor of an epoch
    /// that is in force.
    pub fn is_decided(&self, zxid: Zxid) -> bool {
        match zxid.counter() {
            0 => zxid == Zxid::ZERO || self.reigns.contains_key(&zxid.epoch()),
            _ => self.place_of(zxid).is_some(),
        }
    }

    pub(super) fn txn_mut(&mut self, place: usize) -> Option<&mut Txn> {
        self.txns.get_mut(place)
    }

    /// The server's process has ended.
    pub(super) fn crash(&mut self, server: ServerId) {
        self.servers.of(server).serving = false;
    }

    /// Takes a server's note in.
    pub fn observe(&mut self, event: &Event, server: ServerId, note: &Note) {
        match note {
            Note::Proposed { .. } => self.propose(event, server, note),
            Note::Applied { zxid, hash, digest } => {
                if self.is_tentative(server, *zxid) {
                    self.hold(server, (*zxid, *hash));
                } else {
                    self.apply(event, server, (*zxid, *hash));
                }
                self.stand(event, server, (*zxid, Some(*digest)));
            }
            Note::Replayed { zxid, hash, digest } => {
                self.hold(server, (*zxid, *hash));
                let standing = self.servers.of(server);
                standing.position = *zxid;
                standing.digest = Some(*digest);
            }
            Note::Established { epoch, last } => self.establish(event, server, (*epoch, *last)),
            Note::Serving { zxid, digest } => {
                self.stand(event, server, (*zxid, Some(*digest)));
                self.servers.of(server).serving = true;
            }
            Note::Recovered { zxid, digest, .. } => {
                self.stand(event, server, (*zxid, Some(*digest)));
            }
            Note::Installed { zxid, digest } => {
                self.inherit(server, *zxid);
                self.stand(event, server, (*zxid, Some(*digest)));
            }
            Note::Truncated { to } => {
                let standing = self.servers.of(server);
                standing.held.retain(|held| held.0 <= *to);
                standing.position = standing.position.min(*to);
            }
            Note::Loaded { zxid } => {
                let standing = self.servers.of(server);
                standing.held.retain(|held| held.0 <= *zxid);
                (standing.position, standing.digest) = (*zxid, None);
                standing.serving = false;
            }
            Note::Role(role) => {
                let standing = self.servers.of(server);
                standing.serving &= *role != Role::Looking;
                standing.follows = match role {
                    Role::Following(leader) | Role::Observing(leader) => Some(*leader),
                    Role::Looking | Role::Leading => None,
                };
            }
            Note::Stopped | Note::Failed { .. } => self.servers.of(server).serving = false,
            Note::AckedNewLeader { epoch, .. } => self.servers.of(server).acked = *epoch,
            Note::Epochs { .. } | Note::AckedEpoch { .. } => {}
            Note::Acked { .. } | Note::Committed { .. } | Note::Snapshot { .. } => {}
            Note::LocalSession { session } => drop(self.locals.insert(*session)),
            Note::Touched { .. } | Note::Expired { .. } | Note::Configured { .. } => {}
        }
    }

    /// What a learner takes from a would-be leader's initial history is not committed before that
    /// leader is established, also when the learner puts it into its tree before.
    fn is_tentative(&self, server: ServerId, zxid: Zxid) -> bool {
        let acked = self.servers.get(server).map_or(Epoch(0), |standing| standing.acked);
        zxid.epoch() < acked && !self.reigns.contains_key(&acked)
    }

    fn propose(&mut self, event: &Event, server: ServerId, note: &Note) {
        let Note::Proposed { zxid, session, xid, time_ms, hash, change } = note else { return };
        if matches!(change, Change::CloseSession { .. }) {
            self.closing.entry(*session).or_insert(event.index);
        }
        let proposal = Proposal {
            session: *session,
            xid: *xid,
            time_ms: *time_ms,
            change: change.clone(),
            by: server,
            upon: self.servers.of(server).position,
            event: event.index,
        };
        self.proposals.insert((*zxid, *hash), proposal);
    }

    /// An apply commits, and with it what this server holds of the same reign before it: leaders
    /// propose without gaps, and the tree has taken it in already.
    fn apply(&mut self, event: &Event, server: ServerId, (zxid, hash): (Zxid, u64)) {
        let held = std::mem::take(&mut self.servers.of(server).held);
        if zxid > self.head() {
            for (before, its_hash) in held {
                if before < zxid && before.epoch() == zxid.epoch() {
                    self.commit(event, before, its_hash);
                }
            }
            self.commit(event, zxid, hash);
        }
    }

    fn establish(&mut self, event: &Event, server: ServerId, (epoch, last): (Epoch, Zxid)) {
        let reign = Reign { leader: server, event: event.index, at: event.at };
        self.reigns.entry(epoch).or_insert(reign);
        for (zxid, hash) in self.servers.of(server).held.clone() {
            if zxid <= last {
                self.commit(event, zxid, hash);
            }
        }
        let standing = self.servers.of(server);
        let (position, digest) = (standing.position, standing.digest);
        self.seal(event, server, (position, digest));
    }

    /// Adds a transaction to the log, unless it would not be the last one.
    fn commit(&mut self, event: &Event, zxid: Zxid, hash: u64) {
        if zxid <= self.head() {
            return;
        }
        self.txns.push(Txn {
            zxid,
            hash,
            proposal: self.proposals.remove(&(zxid, hash)),
            seal: None,
            event: event.index,
            at: event.at,
            request: None,
            expected: Expected::Unjudged,
            mismatch: None,
            repeats: None,
        });
    }

    fn hold(&mut self, server: ServerId, (zxid, hash): (Zxid, u64)) {
        if self.get(zxid).is_some_and(|txn| txn.hash == hash) {
            return;
        }
        let held = &mut self.servers.of(server).held;
        held.retain(|it| it.0 < zxid);
        held.push((zxid, hash));
    }

    /// What the leader holds comes along with its tree.
    fn inherit(&mut self, server: ServerId, upto: Zxid) {
        let leader = self.servers.of(server).follows;
        let held = leader.and_then(|leader| self.servers.get(leader));
        let held = held.map(|leader| leader.held.clone()).unwrap_or_default();
        self.servers.of(server).held = held.into_iter().filter(|it| it.0 <= upto).collect();
    }

    fn stand(&mut self, event: &Event, server: ServerId, state: (Zxid, Option<u64>)) {
        let standing = self.servers.of(server);
        (standing.position, standing.digest) = state;
        standing.event = event.index;
        self.seal(event, server, state);
    }

    /// The first digest that is given for a committed transaction stays.
    fn seal(&mut self, event: &Event, server: ServerId, (zxid, digest): (Zxid, Option<u64>)) {
        let (Some(place), Some(digest)) = (self.place_of(zxid), digest) else { return };
        let seal = Seal { digest, server, event: event.index };
        self.txns[place].seal.get_or_insert(seal);
    }
}
