//! A follower's or observer's side of discovery, synchronisation and broadcast (`Learner.java`,
//! `Follower.java`, `Observer.java`).
//!
//! Synchronisation is staging: what the leader sends is kept aside, and goes to log and tree in one
//! step when NEWLEADER says that it is complete.

use super::effect::{Attendant, Delivery, Effect, Then};
use super::observer_master::ObserverMaster;
use super::peer::{Common, Verdict};
use super::rules::{AckOrder, Opening};
use crate::base::{Epoch, Millis, ServerId, Time, Zxid};
use crate::history::{Note, Role};
use crate::wire::{LearnerInfo, Membership, Packet, PacketKind, Proposal};
use std::collections::VecDeque;
use std::sync::Arc;

/// How often a learner dials before it looks for another leader.
const DIALS_MAX: u32 = 5;
/// The wait between two of them (`leaderConnectDelayDuringRetryMs`).
const REDIAL: Millis = Millis(100);

/// How far a learner has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    /// Waits for the link; `None` while a dial is under way.
    Connecting { redial_at: Option<Time>, dials: u32 },
    /// Introduced itself; waits for the epoch.
    Discovery { dials: u32 },
    /// Writes the epoch down; then promises it.
    Promising,
    /// Waits for the leader's history.
    Synchronization,
    /// Its disk is being cut; packets wait.
    Truncating,
    /// Writes the leader's initial history down; then acknowledges it. Packets wait.
    Persisting,
    /// Holds the leader's initial history.
    Broadcast,
}

/// What the staged proposals follow.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Base {
    /// What this server has.
    Own,
    /// The leader's tree; `None` while its bytes are on the way.
    Snapshot { zxid: Zxid, body: Option<Vec<u8>> },
    /// Nothing: this server claimed to have nothing, and the leader has nothing either.
    Empty,
}

/// A follower or an observer, or one that tries to be.
#[derive(Clone, Debug)]
pub(super) struct Learner {
    pub leader: ServerId,
    /// To whom it is linked: the leader, or as an observer a follower in its place.
    pub master: ServerId,
    /// As a follower that is up to date: those who observe through it.
    observers: Option<ObserverMaster>,
    /// It is told what is committed, and of nothing before that; it acknowledges no proposal.
    observes: bool,
    phase: Phase,
    /// When the leader was last heard, or the phase began.
    heard: Time,
    epoch: Epoch,
    base: Base,
    staged: Vec<Proposal>,
    /// How many of the staged ones are committed.
    committed: usize,
    /// It told the leader that it has nothing, to get the whole tree.
    claims_nothing: bool,
    /// Packets that arrived while the disk was at work.
    waiting: VecDeque<Packet>,
    /// In force once the leader's epoch is.
    membership: Option<Arc<Membership>>,
    /// Acknowledged NEWLEADER before logging, wrongly; logged at UPTODATE.
    late: Vec<Proposal>,
    /// The last proposal that was acknowledged.
    acked: Zxid,
}

impl Learner {
    /// Begins with a dial.
    pub fn begin(
        now: Time,
        leader: ServerId,
        common: &mut Common,
        effects: &mut Vec<Effect>,
    ) -> Learner {
        let mut learner = Learner {
            leader,
            master: leader,
            observers: None,
            observes: common.observes(),
            phase: Phase::Connecting { redial_at: None, dials: 1 },
            heard: now,
            epoch: Epoch(0),
            base: Base::Own,
            staged: Vec::new(),
            committed: 0,
            claims_nothing: false,
            waiting: VecDeque::new(),
            membership: None,
            late: Vec::new(),
            acked: Zxid::ZERO,
        };
        learner.dial(common, effects);
        learner
    }

    /// Connects to the leader; an observer, where followers serve observers, to one of these first, and
    /// each time to another one.
    fn dial(&mut self, common: &mut Common, effects: &mut Vec<Effect>) {
        let through = self.observes && common.settings.observer_masters;
        self.master = if through { common.next_master(self.leader) } else { self.leader };
        effects.push(match self.master == self.leader {
            true => Effect::Dial(self.leader),
            false => Effect::DialMaster(self.master),
        });
    }

    /// The role, as it is told.
    pub fn role(&self) -> Role {
        if self.observes { Role::Observing(self.leader) } else { Role::Following(self.leader) }
    }

    /// Whether disk or memory may be between two histories.
    pub fn is_synchronizing(&self) -> bool {
        matches!(self.phase, Phase::Truncating | Phase::Persisting)
    }

    /// Whether it holds the leader's initial history.
    pub fn is_synchronized(&self) -> bool {
        self.phase == Phase::Broadcast
    }

    /// How far it has come, in ZooKeeper's words (`ZabState`).
    pub fn zab_state(&self) -> &'static str {
        match self.phase {
            Phase::Connecting { .. } | Phase::Discovery { .. } | Phase::Promising => "discovery",
            Phase::Synchronization | Phase::Truncating | Phase::Persisting => "synchronization",
            Phase::Broadcast => "broadcast",
        }
    }

    pub fn deadline(&self, common: &Common) -> Time {
        let redial_at = match self.phase {
            Phase::Connecting { redial_at, .. } => redial_at.unwrap_or(Time::NEVER),
            _ => Time::NEVER,
        };
        let observers = self.observers.as_ref().map_or(Time::NEVER, ObserverMaster::deadline);
        redial_at.min(self.patience_ends(common)).min(observers)
    }

    fn patience_ends(&self, common: &Common) -> Time {
        match self.phase {
            Phase::Broadcast => self.heard + common.settings.sync_limit(),
            _ => self.heard + common.settings.init_limit(),
        }
    }

    pub fn tick(&mut self, now: Time, common: &mut Common, effects: &mut Vec<Effect>) -> Verdict {
        if self.patience_ends(common) <= now {
            return Verdict::Leave;
        }
        if let Some(observers) = &mut self.observers {
            observers.tick(now, common, effects);
        }
        if let Phase::Connecting { redial_at: Some(at), dials } = self.phase
            && at <= now
        {
            self.phase = Phase::Connecting { redial_at: None, dials: dials + 1 };
            self.dial(common, effects);
        }
        Verdict::Stay
    }

    pub fn linked(&mut self, now: Time, common: &Common, effects: &mut Vec<Effect>) {
        let Phase::Connecting { dials, .. } = self.phase else {
            unreachable!("a link is dialled once");
        };
        self.heard = now;
        self.phase = Phase::Discovery { dials };
        let version = common.council.active.version;
        let info = LearnerInfo { server: common.settings.id, version };
        effects.push(Effect::Send(self.master, info.packet(self.observes, common.accepted)));
    }

    /// No link, or no longer. A leader hangs up that has not yet heard that it leads: where a
    /// message takes no time, its followers are there before it is.
    pub fn unlinked(&mut self, now: Time, common: &Common) -> Verdict {
        match self.phase {
            Phase::Connecting { dials, .. } | Phase::Discovery { dials } if dials < DIALS_MAX => {
                self.phase = Phase::Connecting { redial_at: Some(now + REDIAL), dials };
                if self.patience_ends(common) > now { Verdict::Stay } else { Verdict::Leave }
            }
            _ => Verdict::Leave,
        }
    }

    /// A packet from the leader.
    pub fn received(
        &mut self,
        now: Time,
        packet: Packet,
        common: &mut Common,
        effects: &mut Vec<Effect>,
    ) -> Verdict {
        self.heard = now;
        match self.phase {
            _ if packet.kind == PacketKind::Ping => {
                effects.push(Effect::AnswerPing(packet));
                Verdict::Stay
            }
            Phase::Promising | Phase::Truncating | Phase::Persisting => {
                if (common.rules.keeps)(packet.kind) {
                    self.waiting.push_back(packet);
                }
                Verdict::Stay
            }
            Phase::Connecting { .. } => Verdict::Leave,
            Phase::Discovery { .. } => self.discover(packet, common, effects),
            Phase::Synchronization => self.synchronize(packet, common, effects),
            Phase::Broadcast => self.broadcast(packet, common, effects),
        }
    }

    /// The disk is done with something; goes on with the packets that waited for it.
    fn go_on(&mut self, now: Time, common: &mut Common, effects: &mut Vec<Effect>) -> Verdict {
        let waiting = std::mem::take(&mut self.waiting);
        for packet in waiting {
            match self.received(now, packet, common, effects) {
                Verdict::Stay => {}
                leaves => return leaves,
            }
        }
        Verdict::Stay
    }

    /// The leader proposes an epoch: promised once, never to two leaders (ZOOKEEPER-335).
    fn discover(
        &mut self,
        packet: Packet,
        common: &mut Common,
        effects: &mut Vec<Effect>,
    ) -> Verdict {
        if packet.kind != PacketKind::LeaderInfo {
            return Verdict::Leave;
        }
        self.epoch = packet.zxid().epoch();
        if self.epoch < common.accepted || !self.agrees_on_membership(&packet, common, effects) {
            return Verdict::Leave;
        }
        if self.epoch == common.accepted {
            let counts = (common.rules.promises_again)();
            self.promise(counts.then_some(common.current), common, effects);
            return Verdict::Stay;
        }
        self.phase = Phase::Promising;
        let then = common.ticket(Then::Promise);
        effects.push(Effect::Persist { accepted: self.epoch, current: common.current, then });
        Verdict::Stay
    }

    /// What is in force for the leader is in force here, and written down, before anything of the
    /// leader's history is: whoever finds a proposed configuration in its log knows the one before.
    /// A leader that lags behind has to look around first.
    fn agrees_on_membership(
        &mut self,
        packet: &Packet,
        common: &mut Common,
        effects: &mut Vec<Effect>,
    ) -> bool {
        if !common.settings.reconfigures {
            return true;
        }
        let Some(theirs) = LearnerInfo::leaders_membership(packet.data()) else { return true };
        if theirs.version < common.council.active.version {
            return false;
        }
        common.activate(&Arc::new(theirs), effects);
        common.observes() == self.observes
    }

    /// Tells what it has. `None` instead of the epoch when it promised this one before: then the
    /// answer does not count for the leader's quorum.
    fn promise(&mut self, current: Option<Epoch>, common: &Common, effects: &mut Vec<Effect>) {
        self.phase = Phase::Synchronization;
        // Only the leader that asked for an impossible cut may hear that there is nothing: another
        // one counts this promise, and has to know what it is up against.
        self.claims_nothing = common.blank || (common.claims_nothing && current.is_none());
        let last = if self.claims_nothing { Zxid::ZERO } else { common.history.last() };
        let epoch = current.map_or(-1, |epoch| epoch.0 as i32);
        let data = epoch.to_be_bytes().as_slice().into();
        effects.push(Effect::Send(self.master, Packet::with(PacketKind::AckEpoch, last, data)));
        effects.push(Effect::Note(Note::AckedEpoch { epoch: self.epoch }));
    }

    fn synchronize(
        &mut self,
        packet: Packet,
        common: &mut Common,
        effects: &mut Vec<Effect>,
    ) -> Verdict {
        match packet.kind {
            PacketKind::Diff if self.claims_nothing => self.base = Base::Empty,
            PacketKind::Diff => self.base = Base::Own,
            PacketKind::Trunc => {
                self.phase = Phase::Truncating;
                effects.push(Effect::Truncate(packet.zxid()));
            }
            PacketKind::Snap => self.base = Base::Snapshot { zxid: packet.zxid(), body: None },
            PacketKind::Proposal => return self.stage(packet, common),
            PacketKind::Commit => return self.commit_staged(packet.zxid()),
            PacketKind::NewLeader => return self.persist(&packet, common, effects),
            _ => return Verdict::Leave,
        }
        Verdict::Stay
    }

    /// The leader's tree.
    pub fn received_snapshot(&mut self, bytes: Vec<u8>) {
        if let Base::Snapshot { body, .. } = &mut self.base {
            *body = Some(bytes);
        }
    }

    fn staged_last(&self, common: &Common) -> Zxid {
        let base = match &self.base {
            Base::Own => common.history.last(),
            Base::Snapshot { zxid, .. } => *zxid,
            Base::Empty => Zxid::ZERO,
        };
        self.staged.last().map_or(base, |proposal| proposal.zxid)
    }

    fn stage(&mut self, packet: Packet, common: &Common) -> Verdict {
        let zxid = packet.zxid();
        if !(common.rules.follows)(self.staged_last(common), zxid) {
            return Verdict::Leave;
        }
        let Some(payload) = packet.data else { return Verdict::Leave };
        self.staged.push(Proposal { zxid, payload });
        Verdict::Stay
    }

    fn commit_staged(&mut self, zxid: Zxid) -> Verdict {
        let next = self.staged.get(self.committed);
        if next.is_none_or(|proposal| proposal.zxid != zxid) {
            return Verdict::Leave;
        }
        self.committed += 1;
        Verdict::Stay
    }

    /// NEWLEADER: what was staged goes to the disk, history first, `currentEpoch` last
    /// (ZOOKEEPER-3911, ZOOKEEPER-4643).
    fn persist(
        &mut self,
        packet: &Packet,
        common: &mut Common,
        effects: &mut Vec<Effect>,
    ) -> Verdict {
        let epoch = packet.zxid().epoch();
        if epoch != self.epoch {
            return Verdict::Leave;
        }
        self.membership = Membership::of_bytes(packet.data()).map(Arc::new);
        let proposed = self.staged.iter().rev().find_map(|it| Membership::brought_by(&it.payload));
        common.council.recover(None, self.membership.as_deref().cloned());
        common.council.propose(proposed);
        match std::mem::replace(&mut self.base, Base::Own) {
            Base::Own => {}
            Base::Snapshot { body: None, .. } => return Verdict::Leave,
            Base::Snapshot { zxid, body } => install(zxid, body, common, effects),
            Base::Empty => install(Zxid::ZERO, None, common, effects),
        }
        self.phase = Phase::Persisting;
        let staged = std::mem::take(&mut self.staged);
        if (common.rules.ack_order)() == AckOrder::AckFirst {
            self.late = staged;
        } else {
            staged.into_iter().for_each(|proposal| append(proposal, common, effects));
        }
        let then = common.ticket(Then::AckNewLeader);
        effects.push(Effect::Persist { accepted: common.accepted, current: epoch, then });
        Verdict::Stay
    }

    /// What was asked of the disk is there.
    pub fn done(
        &mut self,
        now: Time,
        then: Then,
        common: &mut Common,
        effects: &mut Vec<Effect>,
    ) -> Verdict {
        match then {
            Then::Promise => {
                common.accepted = self.epoch;
                note_epochs(common, effects);
                self.promise(Some(common.current), common, effects);
            }
            Then::AckNewLeader => self.ack_new_leader(common, effects),
            Then::ProposeEpoch | Then::Synchronize | Then::Look => {
                unreachable!("{then:?} is no learner's")
            }
        }
        self.heard = now;
        self.go_on(now, common, effects)
    }

    fn ack_new_leader(&mut self, common: &mut Common, effects: &mut Vec<Effect>) {
        common.current = self.epoch;
        (common.claims_nothing, common.blank) = (false, false);
        note_epochs(common, effects);
        self.phase = Phase::Broadcast;
        let last = self.late.last().map_or(common.history.last(), |proposal| proposal.zxid);
        let ack = Packet::bare(PacketKind::Ack, Zxid::floor_of(self.epoch));
        effects.push(Effect::Send(self.master, ack));
        effects.push(Effect::Note(Note::AckedNewLeader { epoch: self.epoch, last }));
        for _ in 0..self.committed {
            let late = if self.late.is_empty() { None } else { Some(self.late.remove(0)) };
            late.into_iter().for_each(|proposal| append(proposal, common, effects));
            deliver(Delivery::Synchronized, common, effects);
        }
        self.logged(common.history.last(), common, effects);
        if (common.rules.opening)() == Opening::Synchronized {
            effects.push(Effect::Serve(self.epoch));
        }
    }

    /// A truncation is done, and what is in memory was read from the disk.
    pub fn truncated(
        &mut self,
        now: Time,
        common: &mut Common,
        effects: &mut Vec<Effect>,
    ) -> Verdict {
        assert_eq!(self.phase, Phase::Truncating, "only a truncation reads the disk again");
        self.phase = Phase::Synchronization;
        self.go_on(now, common, effects)
    }

    fn broadcast(
        &mut self,
        packet: Packet,
        common: &mut Common,
        effects: &mut Vec<Effect>,
    ) -> Verdict {
        match packet.kind {
            PacketKind::Proposal if !self.observes => {
                return self.take_in(packet, common, effects);
            }
            PacketKind::Inform if self.observes => {
                if self.take_in(packet, common, effects) == Verdict::Leave {
                    return Verdict::Leave;
                }
                deliver(Delivery::Committed, common, effects);
            }
            PacketKind::Commit if !self.observes => {
                let Some(proposal) = self.commit(packet.zxid(), common, effects) else {
                    return Verdict::Leave;
                };
                if let Some(observers) = &mut self.observers {
                    observers.committed(&proposal, None, common, effects);
                    observers.synchronize(common, effects);
                }
            }
            PacketKind::CommitAndActivate if !self.observes => {
                let Some((heir, _)) = activation(packet.data()) else { return Verdict::Leave };
                let Some(committed) = self.commit(packet.zxid(), common, effects) else {
                    return Verdict::Leave;
                };
                if let Some(observers) = &self.observers {
                    observers.committed(&committed, Some(heir), common, effects);
                }
                return self.activate(heir, &committed, common, effects);
            }
            PacketKind::InformAndActivate if self.observes => {
                let Some((heir, payload)) = activation(packet.data()) else {
                    return Verdict::Leave;
                };
                let inform = Packet::with(PacketKind::Inform, packet.zxid(), payload.into());
                if self.take_in(inform, common, effects) == Verdict::Leave {
                    return Verdict::Leave;
                }
                let committed = deliver(Delivery::Committed, common, effects);
                return self.activate(heir, &committed, common, effects);
            }
            PacketKind::UpToDate => return self.up_to_date(common, effects),
            PacketKind::Sync => effects.push(Effect::Synced),
            PacketKind::Revalidate => effects.push(Effect::Revalidated(packet)),
            _ => return Verdict::Leave,
        }
        Verdict::Stay
    }

    /// The next one in the log is committed; `None` when it is another one.
    fn commit(
        &self,
        zxid: Zxid,
        common: &mut Common,
        effects: &mut Vec<Effect>,
    ) -> Option<Proposal> {
        common.history.pending().next().filter(|proposal| proposal.zxid == zxid)?;
        Some(deliver(Delivery::Committed, common, effects))
    }

    /// The configuration that was committed just now is in force. This server goes on as it is, unless
    /// its part in the ensemble is another one now, or another server leads.
    fn activate(
        &mut self,
        heir: ServerId,
        committed: &Proposal,
        common: &mut Common,
        effects: &mut Vec<Effect>,
    ) -> Verdict {
        let membership = Membership::brought_by(&committed.payload);
        let Some(membership) = membership else { return Verdict::Leave };
        common.activate(&Arc::new(membership), effects);
        if heir == self.leader && common.observes() == self.observes {
            if let Some(observers) = &mut self.observers {
                observers.synchronize(common, effects);
            }
            return Verdict::Stay;
        }
        Verdict::LeaveFor(heir)
    }

    /// The leader's epoch is in force, and with it the configuration that NEWLEADER named. When that
    /// one is without the leader, or has another part for this server, nothing goes on as it is.
    fn up_to_date(&mut self, common: &mut Common, effects: &mut Vec<Effect>) -> Verdict {
        self.log_late(common, effects);
        if let Some(membership) = self.membership.take() {
            common.activate(&membership, effects);
        }
        if !common.council.active.votes(self.leader) || common.observes() != self.observes {
            return Verdict::Leave;
        }
        let ack = Packet::bare(PacketKind::Ack, Zxid::floor_of(self.epoch));
        effects.push(Effect::Send(self.master, ack));
        effects.push(Effect::Serve(self.epoch));
        if common.settings.observer_masters && !self.observes {
            self.observers = Some(ObserverMaster::new(self.epoch));
        }
        Verdict::Stay
    }

    /// A packet from somebody who is not the leader.
    pub fn received_from(
        &mut self,
        now: Time,
        from: ServerId,
        packet: Packet,
        common: &Common,
        effects: &mut Vec<Effect>,
    ) {
        match &mut self.observers {
            Some(observers) => observers.received(now, from, packet, common, effects),
            None => effects.push(Effect::Hangup(from)),
        }
    }

    /// The link to somebody who is not the leader has ended.
    pub fn observer_unlinked(&mut self, observer: ServerId) {
        self.observers.iter_mut().for_each(|it| it.unlinked(observer));
    }

    /// Those who observe through it, or try to.
    pub fn attendance(&self) -> impl Iterator<Item = Attendant> {
        self.observers.iter().flat_map(ObserverMaster::attendance)
    }

    /// The next proposal goes to the log.
    fn take_in(
        &mut self,
        packet: Packet,
        common: &mut Common,
        effects: &mut Vec<Effect>,
    ) -> Verdict {
        self.log_late(common, effects);
        let zxid = packet.zxid();
        let Some(payload) = packet.data else { return Verdict::Leave };
        if !(common.rules.follows)(common.history.last(), zxid) {
            return Verdict::Leave;
        }
        common.council.propose(Membership::brought_by(&payload));
        append(Proposal { zxid, payload }, common, effects);
        Verdict::Stay
    }

    /// Logs what was acknowledged too early.
    fn log_late(&mut self, common: &mut Common, effects: &mut Vec<Effect>) {
        let late = std::mem::take(&mut self.late);
        late.into_iter().for_each(|proposal| append(proposal, common, effects));
    }

    /// Acknowledges what is on the disk, each proposal once and in order. None is acknowledged
    /// before NEWLEADER is (ZOOKEEPER-4685).
    pub fn logged(&mut self, zxid: Zxid, common: &Common, effects: &mut Vec<Effect>) {
        if self.phase != Phase::Broadcast {
            return;
        }
        let acked = self.acked;
        let mut last = None;
        let waiting = common.history.pending().map(|proposal| proposal.zxid);
        for zxid in waiting.filter(|&it| it > acked && it <= zxid) {
            effects.push(Effect::Send(self.master, Packet::bare(PacketKind::Ack, zxid)));
            last = Some(zxid);
        }
        if let Some(zxid) = last {
            effects.push(Effect::Note(Note::Acked { zxid }));
            self.acked = zxid;
        }
    }
}

/// What COMMITANDACTIVATE and INFORMANDACTIVATE carry: who leads next, and the transaction.
fn activation(data: &[u8]) -> Option<(ServerId, &[u8])> {
    let (heir, transaction) = data.split_first_chunk::<8>()?;
    let heir = u8::try_from(i64::from_be_bytes(*heir)).ok()?;
    Some((ServerId(heir), transaction))
}

fn append(proposal: Proposal, common: &mut Common, effects: &mut Vec<Effect>) {
    effects.push(Effect::Append(proposal.clone()));
    common.history.append(proposal);
}

fn deliver(why: Delivery, common: &mut Common, effects: &mut Vec<Effect>) -> Proposal {
    let proposal = common.history.deliver().expect("what is committed is pending");
    if !(common.rules.remembers)(why) {
        common.history.forget_last();
    }
    effects.push(Effect::Deliver { proposal: proposal.clone(), why });
    proposal
}

fn install(zxid: Zxid, body: Option<Vec<u8>>, common: &mut Common, effects: &mut Vec<Effect>) {
    let limit = common.settings.commit_log_count;
    common.history = super::History::new(zxid, Vec::new(), limit);
    effects.push(Effect::Install { zxid, body });
}

pub(super) fn note_epochs(common: &Common, effects: &mut Vec<Effect>) {
    let note = Note::Epochs { accepted: common.accepted, current: common.current };
    effects.push(Effect::Note(note));
}
