//! Zab's decisions that history has shown to be easy to get wrong.

use super::sync::{self, SyncPlan, Window};
use crate::base::Zxid;

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
    /// Whether proposals that are in the log but not committed are put into the tree on the way
    /// into an election. Correct: [`FastForward::All`].
    pub fast_forward: fn() -> FastForward,
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

/// Proposals that are logged and not committed, on the way into an election.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FastForward {
    /// The tree takes them in, so that it holds what the log holds.
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
    };
}
