//! One server's part in the agreement, as a value: which role it has, and what each role does with
//! what arrives.

use super::council::Council;
use super::effect::{Attendant, Delivery, Effect, Found, Then, Ticket};
use super::election::{Election, Step};
use super::history::History;
use super::leader::Leader;
use super::learner::Learner;
use super::rules::{FastForward, Rules};
use super::vote::Vote;
use crate::base::{Epoch, Millis, ServerId, Time, Zxid};
use crate::history::{Note, Role};
use crate::wire::{Membership, Notification, Packet, PeerState, Proposal, ROUND_MAX};
use std::sync::Arc;

/// How often an observer tries each of the followers before it turns to the leader.
const MASTER_ROUNDS: usize = 3;

/// Who takes part, and how patient they are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// This server.
    pub id: ServerId,
    /// All who take part, as the server was started. A later configuration on its disk counts.
    pub ensemble: Membership,
    /// Whether the configuration can change: the first one then gets a version when it comes into
    /// force.
    pub reconfigures: bool,
    /// Whether observers are served by followers in the leader's place (`observerMasterPort`).
    pub observer_masters: bool,
    /// How many observers are sent the whole tree at a time.
    pub snap_syncs_max: usize,
    /// How many are sent what they lack otherwise at a time.
    pub diff_syncs_max: usize,
    /// The unit of the limits.
    pub tick: Millis,
    /// How many ticks a learner may take to connect and to catch up.
    pub init_limit_ticks: u64,
    /// How many ticks of silence are too many.
    pub sync_limit_ticks: u64,
    /// The longest wait before a vote is sent again.
    pub notification_max: Millis,
    /// How many proposals a leader remembers for learners that lack a little.
    pub commit_log_count: usize,
}

impl Settings {
    pub(super) fn init_limit(&self) -> Millis {
        Millis(self.tick.0 * self.init_limit_ticks)
    }

    pub(super) fn sync_limit(&self) -> Millis {
        Millis(self.tick.0 * self.sync_limit_ticks)
    }
}

/// What every role works with.
#[derive(Clone, Debug)]
pub(super) struct Common {
    pub settings: Settings,
    pub rules: Rules,
    pub council: Council,
    pub accepted: Epoch,
    pub current: Epoch,
    /// The latest epoch that a learner said it had promised to somebody. Not on disk: it only saves
    /// elections.
    pub promised_elsewhere: Epoch,
    pub history: History,
    /// Counts the roles that this server has had.
    pub role: u64,
    /// Its disk cannot be cut to what a leader asked for; it asks for the whole tree, as if it had
    /// nothing. What it has stays until that tree is there.
    pub claims_nothing: bool,
    /// It may have lost what it has acknowledged, all of it: it has no vote until a leader has
    /// brought it up to date.
    pub blank: bool,
    /// How many times it has chosen a follower to observe through.
    pub masters_tried: usize,
}

impl Common {
    pub fn ticket(&self, then: Then) -> Ticket {
        Ticket { role: self.role, then }
    }

    /// Whether a server may have a say: a member, or anybody where members may change.
    pub fn knows(&self, server: ServerId) -> bool {
        let is_member = |it: &Arc<Membership>| it.members.contains_key(&server);
        let Council { active, next } = &self.council;
        self.settings.reconfigures || [active].into_iter().chain(next).any(is_member)
    }

    /// Whom an observer tries next: one follower after the other, each observer beginning with another
    /// one. When all of them have failed so many times it is the leader's own turn, which is better
    /// than nobody.
    pub fn next_master(&mut self, leader: ServerId) -> ServerId {
        let voters = self.council.active.voters();
        let followers: Vec<ServerId> = voters.filter(|&it| it != leader).collect();
        let turn = self.masters_tried % (followers.len() * MASTER_ROUNDS + 1);
        self.masters_tried += 1;
        if turn == followers.len() * MASTER_ROUNDS {
            return leader;
        }
        followers[(turn + usize::from(self.settings.id.0)) % followers.len()]
    }

    pub fn own_vote(&self) -> Vote {
        if self.blank || !(self.rules.may_vote)(self.votes()) {
            return Vote::NONE;
        }
        Vote { peer_epoch: self.current, zxid: self.history.last(), leader: self.settings.id }
    }
}

/// What a server does with its part.
#[derive(Clone, Debug)]
enum State {
    /// Reads its disk.
    Loading,
    Looking(Election),
    Following(Learner),
    Leading(Leader),
    /// Left a role, and waits for its log to be on disk.
    Leaving,
}

/// What a role says after an input.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Verdict {
    /// Goes on.
    Stay,
    /// Cannot go on; the server has to look for a leader.
    Leave,
    /// The configuration has changed: this one is to lead. The server follows it, or leads, without
    /// an election; if that does not work out, it looks for a leader.
    LeaveFor(ServerId),
}

/// One server's part.
#[derive(Clone, Debug)]
pub struct Peer {
    common: Common,
    state: State,
    /// The logical clock of elections.
    round: u64,
    /// The vote of the last election.
    vote: Vote,
    /// Who leads next, when a configuration says so.
    heir: Option<ServerId>,
}

impl Peer {
    /// A server that has not read its disk; [`Peer::recovered`] begins its life.
    pub fn new(settings: Settings, rules: Rules) -> Peer {
        let history = History::new(Zxid::ZERO, Vec::new(), settings.commit_log_count);
        let council = Council::new(settings.ensemble.clone());
        let common = Common {
            settings,
            rules,
            council,
            accepted: Epoch(0),
            current: Epoch(0),
            promised_elsewhere: Epoch(0),
            history,
            role: 0,
            claims_nothing: false,
            blank: false,
            masters_tried: 0,
        };
        let vote = common.own_vote();
        Peer { common, state: State::Loading, round: 0, vote, heir: None }
    }

    /// The role, as it is told.
    pub fn role(&self) -> Role {
        match &self.state {
            State::Following(learner) => learner.role(),
            State::Leading(_) => Role::Leading,
            State::Loading | State::Looking(_) | State::Leaving => Role::Looking,
        }
    }

    /// Whether this server is one of those who decide.
    pub fn votes(&self) -> bool {
        self.common.votes()
    }

    /// The configuration in force, as far as this server knows.
    pub fn membership(&self) -> &Arc<Membership> {
        &self.common.council.active
    }

    /// The configurations whose voters decide: the one in force, and one that is on its way.
    pub fn memberships(&self) -> Vec<Arc<Membership>> {
        let Council { active, next } = &self.common.council;
        [active].into_iter().chain(next).cloned().collect()
    }

    /// As an established leader: whether a configuration is on its way.
    pub fn is_reconfiguring(&self) -> bool {
        self.common.council.next.is_some()
    }

    /// As an established leader: whether a quorum of that configuration is up to date, so that it
    /// could be brought into force.
    pub fn could_activate(&self, membership: &Membership) -> bool {
        match &self.state {
            State::Leading(leader) => leader.could_activate(membership, &self.common),
            _ => false,
        }
    }

    /// The epoch in force, as far as this server knows.
    pub fn epoch(&self) -> Epoch {
        self.common.current
    }

    /// The last proposal in its log.
    pub fn last(&self) -> Zxid {
        self.common.history.last()
    }

    /// As a leader: the last proposal that it has given out.
    pub fn last_proposed(&self) -> Option<Zxid> {
        match &self.state {
            State::Leading(leader) => Some(leader.last_proposed()),
            _ => None,
        }
    }

    /// As a leader: its learners, in the order of their ids; as a follower: those who observe through
    /// it.
    pub fn attendance(&self) -> impl Iterator<Item = Attendant> {
        let (leader, follower) = match &self.state {
            State::Leading(leader) => (Some(leader), None),
            State::Following(learner) => (None, Some(learner)),
            State::Loading | State::Looking(_) | State::Leaving => (None, None),
        };
        let of_follower = follower.into_iter().flat_map(Learner::attendance);
        leader.into_iter().flat_map(Leader::attendance).chain(of_follower)
    }

    /// As a learner: to whom it is linked, or tries to be.
    pub fn master(&self) -> Option<ServerId> {
        match &self.state {
            State::Following(learner) => Some(learner.master),
            _ => None,
        }
    }

    /// As an established leader: since when it is.
    pub fn established_at(&self) -> Option<Time> {
        match &self.state {
            State::Leading(leader) => leader.established_at(),
            _ => None,
        }
    }

    /// How far its role has come, in ZooKeeper's words (`ZabState`, lower case).
    pub fn zab_state(&self) -> &'static str {
        match &self.state {
            State::Leading(leader) => leader.zab_state(),
            State::Following(learner) => learner.zab_state(),
            State::Loading | State::Looking(_) | State::Leaving => "election",
        }
    }

    /// As an established leader: whether nothing that it proposed waits to be committed.
    pub fn is_idle(&self) -> bool {
        self.common.history.pending().next().is_none()
    }

    /// When something happens by itself.
    pub fn deadline(&self) -> Time {
        match &self.state {
            State::Loading | State::Leaving => Time::NEVER,
            State::Looking(election) => election.deadline(),
            State::Following(learner) => learner.deadline(&self.common),
            State::Leading(leader) => leader.deadline(&self.common),
        }
    }

    /// The disk was read: at the start, after a truncation, or because what was in memory had to be
    /// forgotten.
    pub fn recovered(&mut self, now: Time, found: Found, effects: &mut Vec<Effect>) {
        (self.common.accepted, self.common.current) = (found.accepted, found.current);
        self.common.blank = found.blank;
        self.common.council.recover(found.active, found.proposed);
        let limit = self.common.settings.commit_log_count;
        self.common.history = History::new(found.last, found.recent, limit);
        match &mut self.state {
            State::Following(learner) => {
                let verdict = learner.truncated(now, &mut self.common, effects);
                self.follow(now, verdict, effects);
            }
            State::Loading | State::Looking(_) | State::Leading(_) | State::Leaving => {
                self.look(now, effects);
            }
        }
    }

    /// The disk cannot be cut there: what it keeps does not lead to that point.
    pub fn cannot_truncate(&mut self, now: Time, effects: &mut Vec<Effect>) {
        self.common.claims_nothing = true;
        self.follow(now, Verdict::Leave, effects);
    }

    /// Time has passed.
    pub fn tick(&mut self, now: Time, effects: &mut Vec<Effect>) {
        let verdict = match &mut self.state {
            State::Loading | State::Leaving => Verdict::Stay,
            State::Looking(election) => {
                let step = election.tick(now);
                self.elect(now, step, None, effects);
                Verdict::Stay
            }
            State::Following(learner) => learner.tick(now, &mut self.common, effects),
            State::Leading(leader) => leader.tick(now, &mut self.common, effects),
        };
        self.follow(now, verdict, effects);
    }

    /// Another server told its vote.
    pub fn notified(
        &mut self,
        now: Time,
        from: ServerId,
        notification: &Notification,
        effects: &mut Vec<Effect>,
    ) {
        if let (State::Looking(_), Some(newer)) = (&self.state, &notification.membership)
            && self.common.settings.reconfigures
            && newer.version > self.common.council.active.version
        {
            self.common.activate(newer, effects);
            return self.look(now, effects);
        }
        match &mut self.state {
            State::Looking(election) => {
                let step = election.notified(now, from, notification);
                self.elect(now, step, Some(from), effects);
            }
            State::Following(_) | State::Leading(_) => {
                if notification.state == PeerState::Looking {
                    effects.push(Effect::Notify(from, self.told_vote()));
                }
            }
            State::Loading | State::Leaving => {}
        }
    }

    /// Goes with every vote where there can be a new one.
    fn told_membership(&self) -> Option<Arc<Membership>> {
        self.common.settings.reconfigures.then(|| self.membership().clone())
    }

    /// What it tells a server that looks for a leader, once it has one.
    fn told_vote(&self) -> Notification {
        let state = match self.role() {
            Role::Looking => PeerState::Looking,
            Role::Following(_) => PeerState::Following,
            Role::Observing(_) => PeerState::Observing,
            Role::Leading => PeerState::Leading,
        };
        // Once an epoch is in force, all of its servers name it, whenever they came in.
        let vote = Vote { peer_epoch: self.vote.peer_epoch.max(self.common.current), ..self.vote };
        vote.notification(state, self.round, self.told_membership())
    }

    fn elect(&mut self, now: Time, step: Step, asker: Option<ServerId>, effects: &mut Vec<Effect>) {
        let State::Looking(election) = &self.state else { return };
        (self.round, self.vote) = (election.round, election.vote);
        let told = self.vote.notification(PeerState::Looking, self.round, self.told_membership());
        match step {
            Step::Wait => {}
            Step::Answer => effects.extend(asker.map(|asker| Effect::Notify(asker, told))),
            Step::Send => self.tell_all(&told, effects),
            Step::Decided => self.take_role(now, effects),
        }
    }

    fn tell_all(&self, told: &Notification, effects: &mut Vec<Effect>) {
        let id = self.common.settings.id;
        let others = self.common.council.voters().into_iter().filter(|&it| it != id);
        effects.extend(others.map(|to| Effect::Notify(to, told.clone())));
    }

    /// The election is over: lead, or follow.
    fn take_role(&mut self, now: Time, effects: &mut Vec<Effect>) {
        self.common.role += 1;
        let leader = self.vote.leader;
        let role = match leader == self.common.settings.id {
            true => Role::Leading,
            false if self.common.observes() => Role::Observing(leader),
            false => Role::Following(leader),
        };
        effects.push(Effect::Note(Note::Role(role)));
        self.fast_forward(effects);
        let verdict = if role == Role::Leading {
            let (leader, verdict) = Leader::begin(now, &mut self.common, effects);
            self.state = State::Leading(leader);
            verdict
        } else {
            let learner = Learner::begin(now, leader, &mut self.common, effects);
            self.state = State::Following(learner);
            Verdict::Stay
        };
        self.follow(now, verdict, effects);
    }

    /// A packet from the leader or from a learner.
    pub fn received(
        &mut self,
        now: Time,
        from: ServerId,
        packet: Packet,
        effects: &mut Vec<Effect>,
    ) {
        let verdict = match &mut self.state {
            State::Following(learner) if learner.master == from => {
                learner.received(now, packet, &mut self.common, effects)
            }
            State::Following(learner) => {
                learner.received_from(now, from, packet, &self.common, effects);
                Verdict::Stay
            }
            State::Leading(leader) => leader.received(now, from, packet, &mut self.common, effects),
            _ => {
                effects.push(Effect::Hangup(from));
                Verdict::Stay
            }
        };
        self.follow(now, verdict, effects);
    }

    /// The leader's whole tree, behind its SNAP packet.
    pub fn received_snapshot(&mut self, from: ServerId, body: Vec<u8>) {
        if let State::Following(learner) = &mut self.state
            && learner.master == from
        {
            learner.received_snapshot(body);
        }
    }

    /// The link that was dialled is there.
    pub fn linked(&mut self, now: Time, to: ServerId, effects: &mut Vec<Effect>) {
        match &mut self.state {
            State::Following(learner) if learner.master == to => {
                learner.linked(now, &self.common, effects);
            }
            _ => effects.push(Effect::Hangup(to)),
        }
    }

    /// A link has ended, or could not be made.
    pub fn unlinked(&mut self, now: Time, peer: ServerId, effects: &mut Vec<Effect>) {
        let verdict = match &mut self.state {
            State::Following(learner) if learner.master == peer => {
                learner.unlinked(now, &self.common)
            }
            State::Following(learner) => {
                learner.observer_unlinked(peer);
                Verdict::Stay
            }
            State::Leading(leader) => {
                leader.unlinked(peer);
                Verdict::Stay
            }
            _ => Verdict::Stay,
        };
        self.follow(now, verdict, effects);
    }

    /// What the ticket stands for is on the disk.
    pub fn done(&mut self, now: Time, ticket: Ticket, effects: &mut Vec<Effect>) {
        if ticket.role != self.common.role {
            return;
        }
        let verdict = match (&mut self.state, ticket.then) {
            (State::Following(learner), Then::Promise | Then::AckNewLeader) => {
                learner.done(now, ticket.then, &mut self.common, effects)
            }
            (State::Leading(leader), Then::ProposeEpoch | Then::Synchronize) => {
                leader.done(now, ticket.then, &mut self.common, effects)
            }
            (State::Leaving, Then::Look) => {
                if (self.common.rules.fast_forward)() == FastForward::None {
                    self.common.history.forget_pending();
                }
                match self.heir.take() {
                    Some(leader) => self.inherit(now, leader, effects),
                    None => self.look(now, effects),
                }
                Verdict::Stay
            }
            (_, then) => unreachable!("{then:?} belongs to another role"),
        };
        self.follow(now, verdict, effects);
    }

    /// Everything that was appended up to `zxid` is on the disk.
    pub fn logged(&mut self, now: Time, zxid: Zxid, effects: &mut Vec<Effect>) {
        let verdict = match &mut self.state {
            State::Following(learner) => {
                learner.logged(zxid, &self.common, effects);
                Verdict::Stay
            }
            State::Leading(leader) => leader.logged(zxid, &mut self.common, effects),
            State::Loading | State::Looking(_) | State::Leaving => Verdict::Stay,
        };
        self.follow(now, verdict, effects);
    }

    /// As an established leader: the place of the next proposal. `None` for others, and when the
    /// epoch's counter is used up.
    pub fn next_zxid(&self) -> Option<Zxid> {
        match &self.state {
            State::Leading(leader) if leader.is_established() => leader.last_proposed().next(),
            _ => None,
        }
    }

    /// As an established leader: proposes a transaction, at the place that [`Peer::next_zxid`]
    /// gave.
    pub fn propose(&mut self, proposal: Proposal, effects: &mut Vec<Effect>) {
        assert_eq!(self.next_zxid(), Some(proposal.zxid), "proposals have their places in order");
        if let State::Leading(leader) = &mut self.state {
            leader.propose(proposal, &mut self.common, effects);
        }
    }

    /// As a leader whose counter is used up: gives the role back (ZOOKEEPER-1277).
    pub fn resign(&mut self, now: Time, effects: &mut Vec<Effect>) {
        if matches!(self.state, State::Leading(_)) {
            self.follow(now, Verdict::Leave, effects);
        }
    }

    /// Leaves the role when it says so. What is in the log or on the way there has to be on disk
    /// before the server votes: its vote says what it holds.
    fn follow(&mut self, now: Time, verdict: Verdict, effects: &mut Vec<Effect>) {
        self.heir = match verdict {
            Verdict::Stay => return,
            Verdict::Leave => None,
            Verdict::LeaveFor(leader) => Some(leader),
        };
        let before = std::mem::replace(&mut self.state, State::Leaving);
        self.common.role += 1;
        effects.push(Effect::Stop);
        match before {
            State::Following(learner) if learner.is_synchronizing() => {
                self.state = State::Loading;
                effects.push(Effect::Reload);
            }
            State::Following(learner) if !learner.is_synchronized() => self.look(now, effects),
            State::Following(_) | State::Leading(_) => {
                let queue = (self.common.rules.log_queue)();
                let then = self.common.ticket(Then::Look);
                effects.push(Effect::Flush { queue, then });
            }
            State::Loading | State::Looking(_) | State::Leaving => {
                unreachable!("only a role can be left")
            }
        }
    }

    /// The tree takes in what the log holds, so that memory is what the vote has said (ZOOKEEPER-2845).
    ///
    /// ZooKeeper does it on the way into an election, where those who read without a leader would see
    /// what may never be committed.
    fn fast_forward(&mut self, effects: &mut Vec<Effect>) {
        while let Some(proposal) = self.common.history.deliver() {
            effects.push(Effect::Deliver { proposal, why: Delivery::Logged });
        }
    }

    /// The configuration that has come into force says who leads.
    fn inherit(&mut self, now: Time, leader: ServerId, effects: &mut Vec<Effect>) {
        if !self.common.council.active.votes(leader) {
            return self.look(now, effects);
        }
        let (peer_epoch, zxid) = (self.common.current, self.common.history.last());
        self.vote = Vote { peer_epoch, zxid, leader };
        self.take_role(now, effects);
    }

    /// Begins an election.
    fn look(&mut self, now: Time, effects: &mut Vec<Effect>) {
        self.common.role += 1;
        self.round = (self.round + 1).min(ROUND_MAX);
        self.heir = None;
        self.vote = self.common.own_vote();
        effects.push(Effect::Note(Note::Role(Role::Looking)));
        self.state = State::Looking(Election::begin(now, self.round, &self.common));
        let told = self.vote.notification(PeerState::Looking, self.round, self.told_membership());
        self.tell_all(&told, effects);
    }
}
