//! A leader's side of discovery, synchronisation and broadcast (`Leader.java`,
//! `LearnerHandler.java`).

use super::council::Council;
use super::effect::{Attendant, Delivery, Effect, Then};
use super::handler::{self, Handler, Handlers, Stage, half, send_to, up_to_date};
use super::learner::note_epochs;
use super::peer::{Common, Verdict};
use super::quorum::has_quorum;
use super::rules::Rules;
use crate::base::{Epoch, ServerId, Time, Zxid};
use crate::history::Note;
use crate::wire::{LearnerInfo, Membership, Packet, PacketKind, Proposal};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// Nobody has accepted so many epochs of which this server has not heard. Whoever says so would use
/// up the numbers, of which there are only so many on the wire.
const EPOCHS_MISSED_MAX: u32 = 1 << 16;

/// How far the leadership has come.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Phase {
    /// Waits for a quorum to introduce itself.
    Discovery,
    /// Writes the new epoch down before it proposes it (ZOOKEEPER-1291).
    Proposing,
    /// Waits for a quorum's promises.
    Promises,
    /// Writes down that the epoch is the current one.
    Entering,
    /// Brings learners up to date; waits for a quorum that holds the initial history.
    Synchronization,
    /// A quorum follows.
    Broadcast,
}

/// A proposal on its way.
#[derive(Clone, Debug)]
struct Outstanding {
    zxid: Zxid,
    /// Whose quorums it needs: those when it was proposed.
    council: Council,
    /// Those who have it, each once.
    acks: Vec<ServerId>,
}

impl Outstanding {
    fn count(&mut self, server: ServerId) {
        if !self.acks.contains(&server) {
            self.acks.push(server);
        }
    }
}

/// A leader, or one that tries to be.
#[derive(Clone, Debug)]
pub(super) struct Leader {
    phase: Phase,
    since: Time,
    epoch: Epoch,
    /// Epoch and last zxid before this leadership: no follower may have more.
    summary: (Epoch, Zxid),
    learners: Handlers,
    /// The accepted epochs of those who introduced themselves, its own included.
    accepted: BTreeMap<ServerId, Epoch>,
    promised: BTreeSet<ServerId>,
    synced: BTreeSet<ServerId>,
    outstanding: VecDeque<Outstanding>,
    last_proposed: Zxid,
    ping_at: Time,
    check_at: Time,
}

impl Leader {
    /// Begins discovery. Alone it is a quorum by itself.
    pub fn begin(now: Time, common: &mut Common, effects: &mut Vec<Effect>) -> (Leader, Verdict) {
        let id = common.settings.id;
        let mut leader = Leader {
            phase: Phase::Discovery,
            since: now,
            epoch: Epoch(0),
            summary: (common.current, common.history.last()),
            learners: Handlers::new(),
            accepted: BTreeMap::from([(id, common.accepted)]),
            promised: BTreeSet::from([id]),
            synced: BTreeSet::from([id]),
            outstanding: VecDeque::new(),
            last_proposed: common.history.last(),
            ping_at: now + half(common.settings.tick),
            check_at: now + common.settings.tick,
        };
        let verdict = leader.propose_epoch(common, effects);
        (leader, verdict)
    }

    pub fn is_established(&self) -> bool {
        self.phase == Phase::Broadcast
    }

    pub fn last_proposed(&self) -> Zxid {
        self.last_proposed
    }

    /// Those who follow or observe it, or try to.
    pub fn attendance(&self) -> impl Iterator<Item = Attendant> {
        handler::attendance(&self.learners)
    }

    /// Since when it leads the epoch, once that is in force.
    pub fn established_at(&self) -> Option<Time> {
        self.is_established().then_some(self.since)
    }

    /// How far it has come, in ZooKeeper's words (`ZabState`).
    pub fn zab_state(&self) -> &'static str {
        match self.phase {
            Phase::Discovery | Phase::Proposing | Phase::Promises | Phase::Entering => "discovery",
            Phase::Synchronization => "synchronization",
            Phase::Broadcast => "broadcast",
        }
    }

    pub fn deadline(&self, common: &Common) -> Time {
        let established_by = match self.phase {
            Phase::Broadcast => Time::NEVER,
            _ => self.since + common.settings.init_limit(),
        };
        self.ping_at.min(self.check_at).min(established_by)
    }

    /// Pings twice a tick; once a tick looks whether a quorum is still there.
    pub fn tick(&mut self, now: Time, common: &mut Common, effects: &mut Vec<Effect>) -> Verdict {
        let tick = common.settings.tick;
        if self.phase != Phase::Broadcast && self.since + common.settings.init_limit() <= now {
            return Verdict::Leave;
        }
        if self.ping_at <= now {
            self.ping_at = now + half(tick);
            let ping = Packet::bare(PacketKind::Ping, self.last_proposed);
            send_to(&self.learners, |_| true, &ping, effects);
        }
        if self.check_at > now {
            return Verdict::Stay;
        }
        self.check_at = now + tick;
        handler::drop_silent(&mut self.learners, now, &common.settings, effects);
        let here = |voter| voter == common.settings.id || self.learners.contains_key(&voter);
        let quorum = common.council.decides(common.rules.quorum, here);
        if self.phase == Phase::Broadcast && !quorum { Verdict::Leave } else { Verdict::Stay }
    }

    pub fn unlinked(&mut self, learner: ServerId) {
        self.learners.remove(&learner);
        if self.phase < Phase::Proposing {
            self.accepted.remove(&learner);
        }
    }

    /// A packet from a learner.
    pub fn received(
        &mut self,
        now: Time,
        from: ServerId,
        packet: Packet,
        common: &mut Common,
        effects: &mut Vec<Effect>,
    ) -> Verdict {
        if let PacketKind::FollowerInfo | PacketKind::ObserverInfo = packet.kind {
            let observes = packet.kind == PacketKind::ObserverInfo;
            let handler = Handler::new(Stage::Introduced, observes, Zxid::ZERO, now);
            self.learners.insert(from, handler);
            return self.introduced(from, &packet, common, effects);
        }
        let Some(learner) = self.learners.get_mut(&from) else {
            effects.push(Effect::Hangup(from));
            return Verdict::Stay;
        };
        learner.heard = now;
        // Before it serves clients it has nothing to ask for them.
        let serves = learner.stage == Stage::Synced;
        match packet.kind {
            PacketKind::AckEpoch => return self.promise(from, &packet, common, effects),
            PacketKind::Ack => return self.acked(from, packet.zxid(), common, effects),
            PacketKind::Request if serves => effects.push(Effect::Request(from, packet)),
            PacketKind::Revalidate if serves => effects.push(Effect::Revalidate(from, packet)),
            PacketKind::Ping => effects.push(Effect::Touched(from, packet)),
            _ => self.drop_learner(from, effects),
        }
        Verdict::Stay
    }

    fn drop_learner(&mut self, learner: ServerId, effects: &mut Vec<Effect>) {
        self.learners.remove(&learner);
        effects.push(Effect::Hangup(learner));
    }

    fn introduced(
        &mut self,
        from: ServerId,
        packet: &Packet,
        common: &mut Common,
        effects: &mut Vec<Effect>,
    ) -> Verdict {
        let info = LearnerInfo::decode(packet.data());
        if info.is_ok_and(|it| it.version > common.council.active.version) {
            // It has seen a configuration come into force that this server has not heard of.
            self.drop_learner(from, effects);
            return Verdict::Stay;
        }
        let accepted = packet.zxid().epoch();
        let plausible = common.accepted.max(self.epoch).0.saturating_add(EPOCHS_MISSED_MAX);
        if accepted.0 > plausible || (accepted > self.epoch && !common.knows(from)) {
            self.drop_learner(from, effects);
            return Verdict::Stay;
        }
        common.promised_elsewhere = common.promised_elsewhere.max(accepted);
        if self.phase != Phase::Discovery && accepted > self.epoch {
            // It has promised a later epoch to somebody who did not get it into force, and can
            // never follow this one. The next epoch is above both.
            return Verdict::Leave;
        }
        match self.phase {
            Phase::Discovery => {
                self.accepted.insert(from, accepted);
                return self.propose_epoch(common, effects);
            }
            Phase::Proposing => {}
            _ => self.tell_epoch(common, effects),
        }
        Verdict::Stay
    }

    /// A quorum is here: the new epoch is above all that any of them has accepted (ZOOKEEPER-1343),
    /// and above what others have, so that they can follow, too. Those who have no vote count for the
    /// epoch's number only, not for the quorum.
    fn propose_epoch(&mut self, common: &mut Common, effects: &mut Vec<Effect>) -> Verdict {
        let here = |voter| self.accepted.contains_key(&voter);
        if !common.council.decides(common.rules.epoch_quorum, here) {
            return Verdict::Stay;
        }
        let highest = self.accepted.values().fold(common.promised_elsewhere, |a, &b| a.max(b));
        let Some(epoch) = (common.rules.epoch_above)(highest) else { return Verdict::Leave };
        self.epoch = epoch;
        self.phase = Phase::Proposing;
        let then = common.ticket(Then::ProposeEpoch);
        effects.push(Effect::Persist { accepted: self.epoch, current: common.current, then });
        Verdict::Stay
    }

    fn tell_epoch(&mut self, common: &Common, effects: &mut Vec<Effect>) {
        let active = Some(&*common.council.active).filter(|it| it.version > Zxid::ZERO);
        for (&server, learner) in &mut self.learners {
            if learner.stage == Stage::Introduced {
                learner.stage = Stage::Told;
                learner.told = active.map_or(Zxid::ZERO, |it| it.version);
                effects.push(Effect::Send(server, LearnerInfo::leader_info(self.epoch, active)));
            }
        }
    }

    /// ACKEPOCH. Nobody who has more than this server may follow it.
    fn promise(
        &mut self,
        from: ServerId,
        packet: &Packet,
        common: &mut Common,
        effects: &mut Vec<Effect>,
    ) -> Verdict {
        let told = self.learners.get(&from).is_some_and(|it| it.stage == Stage::Told);
        let (Some((current, last)), true) = (handler::promise_of(packet), told) else {
            self.drop_learner(from, effects);
            return Verdict::Stay;
        };
        if let Some(current) = current {
            if (current, last) > self.summary && self.phase <= Phase::Entering {
                self.drop_learner(from, effects);
                return Verdict::Stay;
            }
            self.promised.insert(from);
        }
        if let Some(learner) = self.learners.get_mut(&from) {
            learner.stage = Stage::Promised { last };
        }
        match self.phase {
            Phase::Promises => self.enter_epoch(common, effects),
            Phase::Synchronization => self.synchronize(from, last, common, effects),
            Phase::Broadcast => return self.rejoin(from, last, common, effects),
            Phase::Discovery | Phase::Proposing | Phase::Entering => {}
        }
        Verdict::Stay
    }

    /// A learner comes while the epoch is in force. Its log may end with a proposal of this very
    /// epoch that is not yet committed: it has it on disk, so that counts as an acknowledgement; it
    /// is brought up to date once that proposal is committed. To have it cut off what it may have
    /// acknowledged before would take it from a quorum's disks.
    fn rejoin(
        &mut self,
        from: ServerId,
        last: Zxid,
        common: &mut Common,
        effects: &mut Vec<Effect>,
    ) -> Verdict {
        if !self.is_outstanding(last) {
            self.synchronize(from, last, common, effects);
            return Verdict::Stay;
        }
        for it in self.outstanding.iter_mut().take_while(|it| it.zxid <= last) {
            it.count(from);
        }
        self.commit(common, effects)
    }

    fn is_outstanding(&self, zxid: Zxid) -> bool {
        self.outstanding.binary_search_by_key(&zxid, |it| it.zxid).is_ok()
    }

    /// A quorum has promised: the epoch is the current one.
    fn enter_epoch(&mut self, common: &mut Common, effects: &mut Vec<Effect>) {
        let promised = |voter| self.promised.contains(&voter);
        if common.council.decides(common.rules.epoch_quorum, promised) {
            self.phase = Phase::Entering;
            let then = common.ticket(Then::Synchronize);
            effects.push(Effect::Persist { accepted: self.epoch, current: self.epoch, then });
        }
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
            Then::ProposeEpoch => {
                common.accepted = self.epoch;
                note_epochs(common, effects);
                self.phase = Phase::Promises;
                self.tell_epoch(common, effects);
                self.enter_epoch(common, effects);
            }
            Then::Synchronize => {
                common.current = self.epoch;
                note_epochs(common, effects);
                self.phase = Phase::Synchronization;
                if common.settings.reconfigures {
                    common.council.give_version(Zxid::floor_of(self.epoch));
                }
                for (server, last) in handler::promised(&self.learners) {
                    self.synchronize(server, last, common, effects);
                }
                return self.establish(now, common, effects);
            }
            Then::Promise | Then::AckNewLeader | Then::Look => {
                unreachable!("{then:?} is no leader's")
            }
        }
        Verdict::Stay
    }

    /// Sends a learner all that it lacks. One that was told of an older configuration than is in force
    /// by now has to come again, and so has an observer while too many are being sent something.
    fn synchronize(
        &mut self,
        to: ServerId,
        learner_last: Zxid,
        common: &Common,
        effects: &mut Vec<Effect>,
    ) {
        let plan = (common.rules.sync_plan)(&common.history.window(), learner_last);
        let learner = &self.learners[&to];
        let begins = handler::may_begin(&self.learners, (learner.observes, plan), &common.settings);
        if learner.told < common.council.active.version || !begins {
            return self.drop_learner(to, effects);
        }
        let membership = match self.phase {
            Phase::Broadcast => &common.council.active,
            _ => common.council.latest(),
        };
        let learner = (to, self.learners.get_mut(&to).expect("it is there"));
        handler::bring_up_to_date(learner, (self.epoch, membership, plan), common, effects);
    }

    /// ACK: of NEWLEADER, of UPTODATE, or of a proposal.
    fn acked(
        &mut self,
        from: ServerId,
        zxid: Zxid,
        common: &mut Common,
        effects: &mut Vec<Effect>,
    ) -> Verdict {
        let learner = self.learners.get_mut(&from).expect("the caller has looked");
        if learner.stage < Stage::Syncing {
            // It has nothing yet that it could acknowledge.
            self.drop_learner(from, effects);
            return Verdict::Stay;
        }
        if zxid != Zxid::floor_of(self.epoch) {
            self.count(from, zxid);
            return self.commit(common, effects);
        }
        if learner.stage != Stage::Syncing {
            return Verdict::Stay;
        }
        learner.stage = Stage::Synced;
        let heard = learner.heard;
        self.synced.insert(from);
        if self.phase != Phase::Broadcast {
            return self.establish(heard, common, effects);
        }
        up_to_date(from, effects);
        Verdict::Stay
    }

    /// A quorum holds the initial history: it is committed, and the epoch is in force, and so is a
    /// configuration that was on its way. A leader that is not in it has brought it to its end, and
    /// gives up.
    fn establish(&mut self, now: Time, common: &mut Common, effects: &mut Vec<Effect>) -> Verdict {
        assert_eq!(self.phase, Phase::Synchronization, "an epoch is established once");
        let synced = |voter| self.synced.contains(&voter);
        if !common.council.decides(common.rules.quorum, synced) {
            return Verdict::Stay;
        }
        self.phase = Phase::Broadcast;
        self.since = now;
        self.last_proposed = Zxid::floor_of(self.epoch);
        let last = common.history.last();
        effects.push(Effect::Note(Note::Established { epoch: self.epoch, last }));
        let latest = common.council.latest().clone();
        common.activate(&latest, effects);
        if common.votes() {
            effects.push(Effect::Serve(self.epoch));
        }
        for (&server, learner) in &self.learners {
            if learner.stage == Stage::Synced {
                up_to_date(server, effects);
            }
        }
        if common.votes() { Verdict::Stay } else { Verdict::Leave }
    }

    /// Gives a proposal its way to the disks of all.
    pub fn propose(&mut self, proposal: Proposal, common: &mut Common, effects: &mut Vec<Effect>) {
        let packet = Packet::with(PacketKind::Proposal, proposal.zxid, proposal.payload.clone());
        self.last_proposed = proposal.zxid;
        common.council.propose(Membership::brought_by(&proposal.payload));
        let council = common.council.clone();
        self.outstanding.push_back(Outstanding { zxid: proposal.zxid, council, acks: Vec::new() });
        effects.push(Effect::Append(proposal.clone()));
        common.history.append(proposal);
        let rules = common.rules;
        send_to(&self.learners, |it| !it.observes && it.gets_all(&rules), &packet, effects);
    }

    /// Its own disk has everything up to `zxid`: its own acknowledgement.
    pub fn logged(
        &mut self,
        zxid: Zxid,
        common: &mut Common,
        effects: &mut Vec<Effect>,
    ) -> Verdict {
        for it in self.outstanding.iter_mut().take_while(|it| it.zxid <= zxid) {
            it.count(common.settings.id);
        }
        self.commit(common, effects)
    }

    fn count(&mut self, from: ServerId, zxid: Zxid) {
        if let Ok(at) = self.outstanding.binary_search_by_key(&zxid, |it| it.zxid) {
            self.outstanding[at].count(from);
        }
    }

    /// Commits, in order, what a quorum has.
    fn commit(&mut self, common: &mut Common, effects: &mut Vec<Effect>) -> Verdict {
        let (quorum, rules) = (common.rules.quorum, common.rules);
        while let Some(first) = self
            .outstanding
            .pop_front_if(|it| it.council.decides(quorum, |voter| it.acks.contains(&voter)))
        {
            effects.push(Effect::Note(Note::Committed { zxid: first.zxid }));
            let proposal = common.history.deliver().expect("what is outstanding is pending");
            assert_eq!(proposal.zxid, first.zxid, "proposals are committed in order");
            match Membership::brought_by(&proposal.payload) {
                Some(membership) => {
                    let heir = self.heir(&membership, &first, common);
                    self.tell_activated(&proposal, heir, effects);
                    effects.push(Effect::Deliver { proposal, why: Delivery::Committed });
                    common.activate(&Arc::new(membership), effects);
                    if heir != common.settings.id {
                        return Verdict::LeaveFor(heir);
                    }
                }
                None => {
                    self.tell_committed(&proposal, &rules, effects);
                    effects.push(Effect::Deliver { proposal, why: Delivery::Committed });
                }
            }
        }
        for (server, last) in handler::promised(&self.learners) {
            if !self.is_outstanding(last) {
                self.synchronize(server, last, common, effects);
            }
        }
        Verdict::Stay
    }

    fn tell_committed(&self, proposal: &Proposal, rules: &Rules, effects: &mut Vec<Effect>) {
        let commit = Packet::bare(PacketKind::Commit, proposal.zxid);
        let whom = |it: &Handler| !it.observes && it.gets_all(rules);
        send_to(&self.learners, whom, &commit, effects);
        let inform = handler::inform(proposal);
        send_to(&self.learners, |it| it.observes && it.gets_all(rules), &inform, effects);
    }

    fn tell_activated(&self, proposal: &Proposal, heir: ServerId, effects: &mut Vec<Effect>) {
        let data = i64::from(heir.0).to_be_bytes();
        let commit = PacketKind::CommitAndActivate;
        let commit = Packet::with(commit, proposal.zxid, data.as_slice().into());
        send_to(&self.learners, |it| !it.observes, &commit, effects);
        let inform = handler::inform_and_activate(proposal, heir);
        send_to(&self.learners, |it| it.observes, &inform, effects);
    }

    /// Who leads under a new configuration: this server, if it has a vote there and is found where it
    /// was; otherwise the voter that has acknowledged most (`getDesignatedLeader`). Whoever it is,
    /// discovery looks at what it holds.
    fn heir(&self, next: &Membership, committed: &Outstanding, common: &Common) -> ServerId {
        let id = common.settings.id;
        let place = |membership: &Membership| {
            membership.members.get(&id).map(|it| (it.votes, it.quorum.clone()))
        };
        if next.votes(id) && place(next) == place(&common.council.active) {
            return id;
        }
        let acked =
            |voter: &ServerId| self.outstanding.iter().filter(|it| it.acks.contains(voter)).count();
        let candidates =
            next.voters().filter(|voter| committed.acks.contains(voter) && *voter != id);
        candidates.max_by_key(|voter| (acked(voter), *voter)).unwrap_or(id)
    }

    /// Whether a quorum of a configuration is up to date: itself, and followers. Observers would have
    /// to come as followers first; and one that the configuration in force has made an observer just
    /// now counts as one already, though it may not have heard of it.
    pub fn could_activate(&self, membership: &Membership, common: &Common) -> bool {
        let acknowledges = |voter: ServerId| {
            let synced = |it: &Handler| it.stage == Stage::Synced && !it.observes;
            self.learners.get(&voter).is_some_and(synced) && !common.council.active.observes(voter)
        };
        let follows = |voter| voter == common.settings.id || acknowledges(voter);
        has_quorum(common.rules.quorum, membership, follows)
    }
}
