//! Fast leader election (`FastLeaderElection.lookForLeader`): servers tell each other their votes
//! until a quorum has the same one. Safety does not depend on it: discovery checks again.
//!
//! An observer takes part without a vote: it asks the voters, hears their votes and learns who
//! leads. It proposes nobody of its own, and nobody counts it (ZOOKEEPER-764). A server that may have
//! lost its disk waits likewise until others have a leader.

use super::council::Council;
use super::peer::Common;
use super::rules::Rules;
use super::vote::Vote;
use crate::base::{Millis, ServerId, Time};
use crate::wire::{Notification, PeerState};
use std::collections::BTreeMap;

/// How long a quorum's vote has to stand before it counts (`finalizeWait`).
const FINALIZE: Millis = Millis(200);
/// The first wait before votes are sent again; it doubles up to a limit.
const RESEND_MIN: Millis = Millis(200);

/// One server's part in an election.
#[derive(Clone, Debug)]
pub(super) struct Election {
    id: ServerId,
    rules: Rules,
    council: Council,
    /// The logical clock: which election this is.
    pub round: u64,
    /// Whom this server votes for now.
    pub vote: Vote,
    /// Whom it would vote for if it were alone: itself, or nobody when it has no vote.
    own: Vote,
    /// Its vote does not count, not even with itself: only what a leader and its followers say does.
    blank: bool,
    /// Votes of this round.
    received: BTreeMap<ServerId, Vote>,
    /// What servers say that follow or lead already.
    established: BTreeMap<ServerId, (Vote, u64, PeerState)>,
    resend_at: Time,
    resend_after: Millis,
    resend_max: Millis,
    /// A quorum agrees on the vote; when no better one comes until then, it is decided.
    decide_at: Option<Time>,
}

/// What came of an input.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Step {
    /// Nothing to do.
    Wait,
    /// Tell everybody the vote.
    Send,
    /// Tell the sender the vote: it is in an older round, or has no vote itself.
    Answer,
    /// The election is over.
    Decided,
}

impl Election {
    /// Begins a new round with the server's own vote; the caller sends it.
    pub fn begin(now: Time, round: u64, common: &Common) -> Election {
        let own = common.own_vote();
        let mut election = Election {
            id: common.settings.id,
            rules: common.rules,
            council: common.council.clone(),
            round,
            vote: own,
            own,
            blank: common.blank,
            received: BTreeMap::new(),
            established: BTreeMap::new(),
            resend_at: now + RESEND_MIN,
            resend_after: RESEND_MIN,
            resend_max: common.settings.notification_max,
            decide_at: None,
        };
        election.count_own(now);
        election
    }

    /// When something happens by itself.
    pub fn deadline(&self) -> Time {
        self.decide_at.unwrap_or(Time::NEVER).min(self.resend_at)
    }

    /// Time has passed.
    pub fn tick(&mut self, now: Time) -> Step {
        if self.decide_at.is_some_and(|at| at <= now) {
            return Step::Decided;
        }
        if self.resend_at > now {
            return Step::Wait;
        }
        self.resend_after = Millis(self.resend_after.0 * 2).min(self.resend_max);
        self.resend_at = now + self.resend_after;
        Step::Send
    }

    /// Another server told its vote.
    pub fn notified(&mut self, now: Time, from: ServerId, notification: &Notification) -> Step {
        let looks = notification.state == PeerState::Looking;
        let may_vote = |id| (self.rules.may_vote)(self.council.votes(id));
        if !may_vote(from) {
            return if looks { Step::Answer } else { Step::Wait };
        }
        if !may_vote(notification.leader) {
            return Step::Wait;
        }
        match notification.state {
            PeerState::Looking => self.heard_looking(now, from, notification),
            PeerState::Following | PeerState::Leading => self.heard_settled(from, notification),
            PeerState::Observing => Step::Wait,
        }
    }

    fn heard_looking(&mut self, now: Time, from: ServerId, notification: &Notification) -> Step {
        let vote = Vote::of(notification);
        if self.blank {
            return Step::Wait;
        }
        if notification.round < self.round {
            return Step::Answer;
        }
        let mut step = Step::Wait;
        if notification.round > self.round {
            self.round = notification.round;
            self.received.clear();
            self.adopt(self.own.max(vote));
            step = Step::Send;
        } else if vote > self.vote {
            self.adopt(vote);
            step = Step::Send;
        }
        self.received.insert(from, vote);
        self.count_own(now);
        step
    }

    fn adopt(&mut self, vote: Vote) {
        self.vote = vote;
        self.decide_at = None;
    }

    /// Its own vote counts; once a quorum has the same one, the wait for a better one begins.
    fn count_own(&mut self, now: Time) {
        if self.blank {
            return;
        }
        self.received.insert(self.id, self.vote);
        let same = |voter| self.received.get(&voter) == Some(&self.vote);
        let agreed = self.council.decides(self.rules.quorum, same);
        self.decide_at = match self.decide_at {
            _ if !agreed => None,
            Some(at) => Some(at),
            None => Some(now + FINALIZE),
        };
    }

    /// There may be a leader already: a quorum says so, and so does the leader.
    fn heard_settled(&mut self, from: ServerId, notification: &Notification) -> Step {
        let vote = Vote::of(notification);
        let settled = (vote, notification.round, notification.state);
        self.established.insert(from, settled);
        let means_it = |voter: ServerId| {
            self.established.get(&voter).is_some_and(|(it, ..)| it.same_leadership(vote))
        };
        let settled = self.council.is_settled(self.rules.quorum, means_it);
        if !settled || !self.leader_says_so(notification) {
            return Step::Wait;
        }
        self.round = notification.round;
        self.vote = vote;
        Step::Decided
    }

    fn leader_says_so(&self, notification: &Notification) -> bool {
        if notification.leader == self.id {
            return notification.round == self.round;
        }
        let leader = self.established.get(&notification.leader);
        leader.is_some_and(|(.., state)| *state == PeerState::Leading)
    }
}
