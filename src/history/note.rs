//! What a server says of itself, and what its disk says of it.

use super::{Acls, Members};
use crate::base::{Data, Epoch, ErrorCode, ServerId, SessionId, Xid, ZPath, Zxid};
use serde::{Deserialize, Serialize};

/// A server's own statement. Times in notes are the server's own clock, which may be off.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Note {
    /// Took on a role. A server that starts says `Looking` first.
    Role(Role),
    /// Both epoch files as they are now on stable storage.
    Epochs {
        /// The highest epoch that it promised to follow.
        accepted: Epoch,
        /// The epoch whose initial history it holds.
        current: Epoch,
    },
    /// As a follower: told the would-be leader that it promises this epoch (ACKEPOCH).
    AckedEpoch {
        /// The epoch.
        epoch: Epoch,
    },
    /// As a follower: told the leader that it holds its initial history (ACK of NEWLEADER).
    AckedNewLeader {
        /// The leader's epoch.
        epoch: Epoch,
        /// The last transaction of the history that it says it holds.
        last: Zxid,
    },
    /// As a leader: a quorum holds its initial history; its epoch is in force.
    ///
    /// Whatever this server holds up to `last` is committed from now on.
    Established {
        /// The epoch.
        epoch: Epoch,
        /// The last transaction of the initial history.
        last: Zxid,
    },
    /// Begins to answer clients, with this state.
    Serving {
        /// The last transaction in the tree.
        zxid: Zxid,
        /// Digest of the tree.
        digest: u64,
    },
    /// No longer answers clients.
    Stopped,
    /// As a leader: gave a request its place in the order.
    Proposed {
        /// The place.
        zxid: Zxid,
        /// Whose request; the closed or created session itself for those.
        session: SessionId,
        /// Which request of that session.
        xid: Xid,
        /// Leader's wall clock in milliseconds: `ctime` and `mtime` come from it.
        time_ms: i64,
        /// Of the transaction's bytes.
        hash: u64,
        /// What it will do.
        change: Change,
    },
    /// As a follower: told the leader that it has this proposal, and all before it, on disk.
    Acked {
        /// The proposal.
        zxid: Zxid,
    },
    /// A configuration has come into force, as far as this server knows.
    Configured {
        /// The transaction that brought it; the floor of an epoch for the first one.
        version: Zxid,
        /// Who is in it.
        members: Members,
    },
    /// As a leader: a quorum has this proposal.
    Committed {
        /// The proposal.
        zxid: Zxid,
    },
    /// Put a committed transaction into its tree.
    Applied {
        /// The transaction.
        zxid: Zxid,
        /// Of the transaction's bytes.
        hash: u64,
        /// Of the tree afterwards.
        digest: u64,
    },
    /// Put a logged transaction into its tree that may or may not be committed: while recovering,
    /// or on the way into an election.
    Replayed {
        /// The transaction.
        zxid: Zxid,
        /// Of the transaction's bytes.
        hash: u64,
        /// Of the tree afterwards.
        digest: u64,
    },
    /// Removed everything behind this zxid from its log and its tree, as the leader said.
    Truncated {
        /// The last transaction that stays.
        to: Zxid,
    },
    /// Replaced its tree by the leader's.
    Installed {
        /// The last transaction in it.
        zxid: Zxid,
        /// Digest of the tree.
        digest: u64,
    },
    /// Began to read its disk, at the start or after it had to forget what was in memory: the tree
    /// holds a snapshot now, and what follows in the log comes as `Replayed`.
    Loaded {
        /// The last transaction in the snapshot (by its name); 0:0 without one.
        zxid: Zxid,
    },
    /// Done reading the disk.
    Recovered {
        /// The last transaction in the tree.
        zxid: Zxid,
        /// Digest of the tree.
        digest: u64,
        /// Number of sessions in the tree's table.
        sessions: u32,
    },
    /// The disk cannot be read, or cannot be relied upon any more; the server ends itself.
    Failed {
        /// Why, in words.
        reason: String,
    },
    /// A snapshot of the tree is on stable storage.
    Snapshot {
        /// Its name: what was applied when it began.
        zxid: Zxid,
    },
    /// As a leader: heard from a session, directly or through a learner.
    Touched {
        /// Which.
        session: SessionId,
        /// When, in microseconds of its own clock.
        at: u64,
    },
    /// As a leader: took a session for dead and proposes to close it.
    Expired {
        /// Which.
        session: SessionId,
        /// When, in microseconds of its own clock.
        at: u64,
    },
    /// Began a session that no other server knows, and no transaction tells of.
    LocalSession {
        /// Which.
        session: SessionId,
    },
}

/// A server's state (`QuorumPeer.ServerState`).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// In an election.
    Looking,
    /// Follows this server, or tries to.
    Following(ServerId),
    /// Follows this server without a vote, or tries to.
    Observing(ServerId),
    /// Leads, or tries to.
    Leading,
}

/// What a transaction does to the tree (ZooKeeper's txn records, in plain words).
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Begins the session.
    CreateSession {
        /// The negotiated timeout.
        timeout_ms: u32,
    },
    /// Ends the session and deletes what lived with it.
    CloseSession {
        /// The ephemeral znodes of the session.
        paths: Vec<ZPath>,
    },
    /// Creates a znode.
    Create {
        /// The whole path.
        path: ZPath,
        /// Its data.
        data: Data,
        /// Whether it lives with the session.
        ephemeral: bool,
        /// Whether it goes by itself, and how.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        passing: Option<Passing>,
        /// Who may do what with it.
        #[serde(default, skip_serializing_if = "Acls::is_open")]
        acls: Acls,
        /// The parent's count of created children afterwards.
        parent_cversion: i32,
    },
    /// Deletes a znode.
    Delete {
        /// Which.
        path: ZPath,
    },
    /// Deletes a znode that goes by itself, as nobody but the leader has asked
    /// (`deleteContainer`).
    Pass {
        /// Which.
        path: ZPath,
    },
    /// Sets a znode's data.
    SetData {
        /// Which.
        path: ZPath,
        /// The data.
        data: Data,
        /// The version afterwards.
        version: i32,
    },
    /// Sets a znode's access control list.
    SetAcl {
        /// Of which.
        path: ZPath,
        /// The list; `auth` stands in none.
        #[serde(default, skip_serializing_if = "Acls::is_open")]
        acls: Acls,
        /// The version of the list afterwards.
        version: i32,
    },
    /// Brings a configuration of the ensemble.
    Reconfig(Members),
    /// The version was right.
    Check {
        /// Of which.
        path: ZPath,
    },
    /// All of these, at once. When it failed, every part is an `Error` (0 for the parts before the
    /// one that failed).
    Multi(Vec<Change>),
    /// Nothing: the request was refused, and has its place in the order all the same.
    Error(Option<ErrorCode>),
}

impl Change {
    /// Whether it creates a znode that lives with the session.
    pub fn is_ephemeral(&self) -> bool {
        match self {
            Change::Create { ephemeral, .. } => *ephemeral,
            Change::Multi(parts) => parts.iter().any(Change::is_ephemeral),
            _ => false,
        }
    }
}

/// When a znode goes by itself (`ContainerManager`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Passing {
    /// Once it has had a child and has none.
    Container,
    /// Once it has no child and was not set for so long.
    Ttl {
        /// In milliseconds.
        ms: i64,
    },
}
