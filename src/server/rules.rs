//! The decisions of a whole server that history has shown to be easy to get wrong: those of its
//! parts, and those about sessions.

use super::observer_master::Via;
use super::passing::{Candidate, is_over};
use crate::base::{ErrorCode, Millis, Xid, Zxid};
use crate::zab::Delivery;
use crate::{storage, tree, zab};

/// The decisions, replaceable one by one.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// The tree's.
    pub tree: tree::Rules,
    /// The agreement's.
    pub zab: zab::Rules,
    /// The storage's.
    pub storage: storage::Rules,
    /// Whether the leader takes a request of a session. Correct: [`admit`].
    pub admit: fn(SessionState) -> Result<(), ErrorCode>,
    /// Whether a follower that serves observers hands on a request that comes through the second one,
    /// of a session that is served through the first one. Correct: if they are the same.
    pub hands_on: fn(Via, Via) -> bool,
    /// What the leader does with a session that is past its time. Correct: [`Standing::Closing`]:
    /// it stays known, and nothing revives it (ZOOKEEPER-1496).
    pub expired: fn() -> Standing,
    /// Whether a learner tells the leader which sessions it has heard of. Correct: with every ping.
    pub tells_touches: fn() -> bool,
    /// Which zxid a reply carries. Correct: [`reply_zxid`].
    pub reply_zxid: fn(Progress) -> Zxid,
    /// Whether a transaction changes the table of sessions. Correct: always, however it came
    /// (ZOOKEEPER-1367).
    pub changes_sessions: fn(Delivery) -> bool,
    /// Whether a container, or a znode with a time to live, goes now. Correct: [`is_over`].
    pub passes: fn(Candidate) -> bool,
    /// How long after the last sign of life, at least, the leader gives a session up; `None` for
    /// never. Correct: the timeout.
    pub patience: fn(timeout: Millis) -> Option<Millis>,
    /// Whether a watch that a client asks for again, and that has nothing to tell, is there again.
    /// Correct: it is.
    pub rearms: fn() -> bool,
    /// When a read is answered from the tree. Correct: [`Reads::InTurn`].
    pub reads: fn() -> Reads,
    /// Whether a request that waits is answered by a transaction of its session. Correct:
    /// [`answers`] (ZOOKEEPER-2684).
    pub answers: fn(Match) -> bool,
    /// What a snapshot that begins says to hold. Correct: what the tree holds (ZOOKEEPER-1090).
    pub snapshot_name: fn(Progress) -> Zxid,
    /// Whether a snapshot has the table of sessions as it is after the transaction that it is named
    /// after. Correct: it has (ZOOKEEPER-3144).
    pub snapshot_has_last_session: fn() -> bool,
    /// Whether a snapshot may begin behind a transaction that came like this. Correct: only
    /// [`Delivery::Committed`]; it could not be made to forget anything (ZOOKEEPER-1549).
    pub may_snapshot: fn(Delivery) -> bool,
    /// Whether a server without a leader may serve reads from its tree. Correct: when it knows that all
    /// that the tree holds is committed.
    pub reads_alone: fn(Held) -> bool,
}

/// What the tree of a server without a leader holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Held {
    /// The last transaction in it.
    pub tree: Zxid,
    /// The last one of which the server knows that it is committed; `None` before it has had a leader.
    pub committed: Option<Zxid>,
}

/// When a read is answered from the tree.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reads {
    /// Behind everything that its client asked before.
    InTurn,
    /// As soon as it is there, whatever is before it; it only waits to be sent.
    OnArrival,
}

/// What the leader knows of a session when a request of it arrives.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct SessionState {
    /// It is in the leader's table.
    pub known: bool,
    /// It is not, and may be one that only another server knows.
    pub local: bool,
    /// Its close has been proposed.
    pub closing: bool,
    /// The request came through another connection than the one that has the session now.
    pub moved: bool,
}

/// What becomes of a session that is past its time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// It is marked as closing until it is closed.
    Closing,
    /// It is forgotten at once; a sign of life before the close is applied brings it back.
    Forgotten,
}

/// How far a server is when it answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Progress {
    /// The last transaction in its tree: what the answer was read from.
    pub processed: Zxid,
    /// The last one that it has heard of.
    pub proposed: Zxid,
}

impl Rules {
    /// The right ones.
    pub const CORRECT: Rules = Rules {
        tree: tree::Rules::CORRECT,
        zab: zab::Rules::CORRECT,
        storage: storage::Rules::CORRECT,
        admit,
        hands_on: |served, via| served == via,
        expired: || Standing::Closing,
        tells_touches: || true,
        reply_zxid,
        changes_sessions: |_| true,
        passes: is_over,
        patience: Some,
        rearms: || true,
        reads: || Reads::InTurn,
        answers,
        snapshot_name: |progress| progress.processed,
        snapshot_has_last_session: || true,
        may_snapshot: |why| why == Delivery::Committed,
        reads_alone: |held| held.committed.is_some_and(|last| held.tree <= last),
    };
}

/// A request of a session that has ended or is about to end is refused (ZOOKEEPER-1208); so is one
/// that comes through a connection that the client has left (`checkSession`).
pub fn admit(session: SessionState) -> Result<(), ErrorCode> {
    if !session.known && session.local {
        return Ok(());
    }
    if !session.known || session.closing {
        return Err(ErrorCode::SessionExpired);
    }
    if session.moved { Err(ErrorCode::SessionMoved) } else { Ok(()) }
}

/// A request that waits, and a transaction of its session.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Match {
    /// The number of the request.
    pub waiting: Xid,
    /// What was proposed before its connection had the session, it cannot have asked for.
    pub since: Zxid,
    /// The number that the transaction carries.
    pub xid: Xid,
    /// The transaction's own place.
    pub zxid: Zxid,
}

/// The numbers are the same; and it is no transaction that an earlier connection has asked for, whose
/// numbers may be the same, too.
pub fn answers(it: Match) -> bool {
    it.waiting == it.xid && it.since < it.zxid
}

/// The version of the tree that answered (ZOOKEEPER-1412).
pub fn reply_zxid(progress: Progress) -> Zxid {
    progress.processed
}
