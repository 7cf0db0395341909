//! What the agreement wants done, and what it is told: the words between one server's part in it and
//! the server around it.

use super::rules::LogQueue;
use crate::base::{Epoch, ServerId, Zxid};
use crate::history::Note;
use crate::wire::{Membership, Notification, Packet, Proposal};
use std::sync::Arc;

/// What has to happen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Effect {
    /// Tell a server this vote.
    Notify(ServerId, Notification),
    /// Connect to the leader's learner port; then [`super::Peer::linked`] or [`super::Peer::unlinked`].
    Dial(ServerId),
    /// Connect to that follower's port for observers; then the same.
    DialMaster(ServerId),
    /// End the link to that server.
    Hangup(ServerId),
    /// Send a packet over the link to that server.
    Send(ServerId, Packet),
    /// Send SNAP and the whole tree over the link to that learner.
    SendSnapshot(ServerId),
    /// Put a proposal at the end of the log; then, some time later, [`super::Peer::logged`].
    Append(Proposal),
    /// Write and sync what was appended, then the epochs that have changed; then [`super::Peer::done`].
    Persist {
        /// `acceptedEpoch`
        accepted: Epoch,
        /// `currentEpoch`
        current: Epoch,
        /// What to come back with.
        then: Ticket,
    },
    /// Remove everything behind this zxid from the disk and read the disk again; then
    /// [`super::Peer::recovered`], or [`super::Peer::cannot_truncate`].
    Truncate(Zxid),
    /// Replace everything by the leader's tree, in memory and on the disk.
    Install {
        /// What the tree holds.
        zxid: Zxid,
        /// The tree's bytes; `None` for the empty tree.
        body: Option<Vec<u8>>,
    },
    /// Put a proposal into the tree.
    Deliver {
        /// Which.
        proposal: Proposal,
        /// Why it may be there.
        why: Delivery,
    },
    /// Answer no client any more.
    Stop,
    /// Begin to answer clients.
    Serve(Epoch),
    /// Write and sync what was appended (or, wrongly, forget what is not yet written); then
    /// [`super::Peer::done`].
    Flush {
        /// Whether what waits is written.
        queue: LogQueue,
        /// What to come back with.
        then: Ticket,
    },
    /// Forget what is in memory and read the disk again; then [`super::Peer::recovered`].
    Reload,
    /// This configuration is in force: write it down, before anything that comes later.
    Activate(Arc<Membership>),
    /// A learner forwards a request (REQUEST's data).
    Request(ServerId, Packet),
    /// A learner asks after a session (REVALIDATE's data).
    Revalidate(ServerId, Packet),
    /// A learner lists the sessions that it heard from (PING's data).
    Touched(ServerId, Packet),
    /// The leader pings; it wants the list of sessions that this server heard from.
    AnswerPing(Packet),
    /// The leader has answered the oldest forwarded `sync`.
    Synced,
    /// The leader has answered the question after a session.
    Revalidated(Packet),
    /// A statement for the history.
    Note(Note),
}

/// What a server finds on its disk.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Found {
    /// `acceptedEpoch`
    pub accepted: Epoch,
    /// `currentEpoch`
    pub current: Epoch,
    /// The configuration in force, if one was written down.
    pub active: Option<Membership>,
    /// The last configuration in the history, committed or not.
    pub proposed: Option<Membership>,
    /// Where the history ends.
    pub last: Zxid,
    /// The end of the history.
    pub recent: Vec<Proposal>,
    /// Whether there is nothing where there may have been something.
    pub blank: bool,
}

/// Why a proposal goes into the tree.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Delivery {
    /// It is committed.
    Committed,
    /// It came while this learner was being brought up to date; it is committed when that is done.
    Synchronized,
    /// It is logged, and whether it is committed the next leader decides.
    Logged,
}

/// Who follows or observes a server, or tries to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Attendant {
    /// Who.
    pub server: ServerId,
    /// Whether it has come as an observer.
    pub observes: bool,
    /// Whether it holds the initial history, and hears of everything since.
    pub synced: bool,
}

/// What goes on once something is on the disk.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Then {
    /// As a learner: `acceptedEpoch` is there; promise the epoch.
    Promise,
    /// As a learner: the leader's initial history is there; acknowledge it.
    AckNewLeader,
    /// As a would-be leader: `acceptedEpoch` is there; propose the epoch.
    ProposeEpoch,
    /// As a would-be leader: `currentEpoch` is there; bring the learners up to date.
    Synchronize,
    /// The log is there; go into the election.
    Look,
}

/// A [`Then`] of one role; it means nothing once the server has another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ticket {
    /// Which of the server's roles, counted.
    pub(super) role: u64,
    /// What goes on.
    pub then: Then,
}
