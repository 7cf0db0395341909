//! Zab's decisions that history has shown to be easy to get wrong.

use super::effect::Delivery;
use super::history;
use super::quorum::{Tally, is_majority};
use super::sync::{self, SyncPlan, Window};
use crate::base::{Epoch, Zxid};
use crate::wire::PacketKind;

/// The decisions, replaceable one by one.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// How to bring a learner's history to the leader's. Correct: [`sync::plan`].
    pub sync_plan: fn(&Window, Zxid) -> SyncPlan,
    /// What a learner does first when the leader's initial history is complete. Correct:
    /// [`AckOrder::LogFirst`].
    pub ack_order: fn() -> AckOrder,
    /// What happens to proposals that are not yet written when a server leaves its role. Correct:
    /// [`LogQueue::Write`].
    pub log_queue: fn() -> LogQueue,
    /// Whether proposals that are in the log but not committed are kept for the next election, and put
    /// into the tree when it is over. Correct: [`FastForward::All`].
    pub fast_forward: fn() -> FastForward,
    /// Whether those who say yes are enough: to commit, to establish an epoch, to go on leading.
    /// Correct: [`is_majority`].
    pub quorum: fn(Tally) -> bool,
    /// Whether those who came are enough to begin an epoch. Correct: [`is_majority`].
    pub epoch_quorum: fn(Tally) -> bool,
    /// Whether a server's vote counts, and whether it may be voted for, given whether it is a
    /// participant. Correct: participants only (ZOOKEEPER-764).
    pub may_vote: fn(bool) -> bool,
    /// The epoch that a new leader proposes, given the highest one that anybody has accepted; `None`
    /// when there is none. Correct: [`epoch_above`].
    pub epoch_above: fn(Epoch) -> Option<Epoch>,
    /// Whether a promise of an epoch that was promised before counts again. Correct: never; it may
    /// have been given to another leader (ZOOKEEPER-335).
    pub promises_again: fn() -> bool,
    /// Whether the second proposal may stand right behind the first. Correct: [`history::follows`].
    pub follows: fn(Zxid, Zxid) -> bool,
    /// Whether a proposal that goes into the tree is remembered for learners that lack a little.
    /// Correct: always, however it came (ZOOKEEPER-4925).
    pub remembers: fn(Delivery) -> bool,
    /// Whether a learner that is being brought up to date gets what is proposed meanwhile. Correct:
    /// yes, so that nothing falls between (ZOOKEEPER-962).
    pub forwards_early: fn() -> bool,
    /// Where NEWLEADER stands. Correct: [`Announcement::Last`].
    pub announcement: fn() -> Announcement,
    /// Whether a packet that comes while a learner's disk is at work is looked at afterwards. Correct:
    /// every one (ZOOKEEPER-1551).
    pub keeps: fn(PacketKind) -> bool,
    /// When a follower begins to serve clients. Correct: [`Opening::UpToDate`].
    pub opening: fn() -> Opening,
}

/// NEWLEADER among what brings a learner up to date.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Announcement {
    /// Behind all of it: whoever acknowledges NEWLEADER has it.
    Last,
    /// In front of it (ZOOKEEPER-3104).
    First,
}

/// When a learner begins to serve.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Opening {
    /// At UPTODATE: a quorum holds the history.
    UpToDate,
    /// As soon as it holds the history itself; a quorum need not.
    Synchronized,
}

/// The acknowledgement of NEWLEADER and the logging of what came before it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AckOrder {
    /// Log, sync, then acknowledge.
    LogFirst,
    /// Acknowledge, and log when the leader says UPTODATE (ZOOKEEPER-3911).
    AckFirst,
}

/// Proposals that wait for the batch before them to be synced.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LogQueue {
    /// They are written before the server goes on.
    Write,
    /// They are forgotten, although some of them may be in the tree already (ZOOKEEPER-4712).
    Forget,
}

/// What becomes of proposals that are logged and not committed when a server loses its leader.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FastForward {
    /// The vote counts them, and the tree takes them in when the election is over: it holds what the log
    /// holds.
    All,
    /// The tree stays behind the log, and the vote with it (ZOOKEEPER-2845).
    None,
}

impl Rules {
    /// The right ones.
    pub const CORRECT: Rules = Rules {
        sync_plan: sync::plan,
        ack_order: || AckOrder::LogFirst,
        log_queue: || LogQueue::Write,
        fast_forward: || FastForward::All,
        quorum: is_majority,
        epoch_quorum: is_majority,
        may_vote: |participant| participant,
        epoch_above,
        promises_again: || false,
        follows: history::follows,
        remembers: |_| true,
        forwards_early: || true,
        announcement: || Announcement::Last,
        keeps: |_| true,
        opening: || Opening::UpToDate,
    };
}

/// The next one: a new leader's epoch is above all that were ever promised (ZOOKEEPER-1343).
pub fn epoch_above(highest: Epoch) -> Option<Epoch> {
    highest.0.checked_add(1).map(Epoch)
}
