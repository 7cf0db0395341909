//! One line of a history.

use super::{Action, Answer, Members, Note, Op, Proof, Told};
use crate::base::{ClientId, ServerId, SessionId, Time, Xid, ZPath, Zxid};
use core::net::IpAddr;
use serde::{Deserialize, Serialize};

/// Something that happened in a run.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Event {
    /// Its place in the history, from 0. Evidence names events by it.
    pub index: u64,
    /// When, in the world's true time (microseconds since the run began).
    pub at: Time,
    /// What.
    #[serde(flatten)]
    pub what: What,
}

/// What happened.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// Who takes part as the run begins. A history without this line is one in which everybody
    /// votes.
    Ensemble {
        /// Who is in it.
        #[serde(flatten)]
        members: Members,
        /// Where the clients are: by its address every connection is somebody from the start.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        addresses: Vec<(ClientId, IpAddr)>,
        /// Whether hard quotas are enforced.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        enforces_quotas: bool,
    },
    /// The run goes into its next phase.
    Phase(Phase),
    /// A client put a request on the wire. (Requests that wait for a connection are not yet in the
    /// history: the service cannot know of them.)
    Invoke {
        /// Who.
        client: ClientId,
        /// Numbers the client's requests over all its sessions, from 1.
        call: u64,
        /// In which session.
        session: SessionId,
        /// On which of the client's connections (counted from 1 over all its sessions).
        conn: u32,
        /// The request's number on the wire.
        xid: Xid,
        /// What it asks.
        op: Op,
    },
    /// A client learned what became of a request.
    Return {
        /// Who.
        client: ClientId,
        /// Which request.
        call: u64,
        /// What it learned.
        answer: Answer,
    },
    /// A client's connection or session changed.
    Connection {
        /// Whose.
        client: ClientId,
        /// Which of the client's connections.
        conn: u32,
        /// The session; 0 while none is established.
        session: SessionId,
        /// How.
        change: ConnectionChange,
    },
    /// A watch spoke to a client.
    Watch {
        /// To whom.
        client: ClientId,
        /// Over which of its connections.
        conn: u32,
        /// What it said.
        told: Told,
    },
    /// A client put a `setWatches` on the wire: the watches that it still waits for.
    Rearm {
        /// Who.
        client: ClientId,
        /// On which connection.
        conn: u32,
        /// The last zxid that it had seen (`relativeZxid`).
        since: Zxid,
        /// Watches on data of znodes that were there.
        data: Vec<ZPath>,
        /// Watches on znodes that were not there.
        exist: Vec<ZPath>,
        /// Watches on children.
        child: Vec<ZPath>,
        /// Watches that stay.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        persistent: Vec<ZPath>,
        /// Watches that stay and reach below.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        recursive: Vec<ZPath>,
    },
    /// A client showed on a new connection who it is, before anything else.
    Reauth {
        /// Who.
        client: ClientId,
        /// On which connection.
        conn: u32,
        /// All that it has shown in this session, in that order.
        proofs: Vec<Proof>,
    },
    /// The answer to the client's last `setWatches`.
    Rearmed {
        /// Who.
        client: ClientId,
        /// On which connection.
        conn: u32,
        /// The version of the tree that answered.
        zxid: Zxid,
    },
    /// A client's application says what it now takes for granted.
    Claim {
        /// Who.
        client: ClientId,
        /// What.
        claim: Claim,
    },
    /// A server says something of itself.
    Note {
        /// Which.
        server: ServerId,
        /// What.
        note: Note,
    },
    /// A server's disk says that its log would survive a crash up to this proposal. The disk's
    /// word, not the server's.
    Durable {
        /// Whose disk.
        server: ServerId,
        /// Up to which proposal, of those appended since the server last loaded its disk.
        zxid: Zxid,
    },
    /// A fault begins.
    FaultStarts {
        /// Which of the plan's faults.
        fault: u32,
        /// Its name.
        name: String,
    },
    /// A fault ends.
    FaultStops {
        /// Which of the plan's faults.
        fault: u32,
        /// Its name.
        name: String,
    },
    /// The nemesis does something.
    Act(Action),
}

/// The phases of a run (see `design.md`: safety is judged throughout, liveness after heal).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Until a leader serves.
    Start,
    /// Clients and faults.
    Load,
    /// Every fault has stopped, every server is up, clocks are true.
    Heal,
    /// Bounded time in which everything has to come to rest.
    Settle,
    /// Every client reads everything.
    Verify,
    /// The last event of a run that came to its end.
    End,
}

/// What changed in a client's standing.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConnectionChange {
    /// A server accepted the session, new or resumed, on this connection.
    Connected {
        /// Which server.
        server: ServerId,
        /// The negotiated session timeout.
        timeout_ms: u32,
        /// Whether the session was there before.
        resumed: bool,
        /// Whether the server has no leader, and only reads.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        read_only: bool,
    },
    /// The connection ended.
    Disconnected,
    /// The service said that the session has ended.
    Expired,
    /// The client has heard nothing for 4/3 of the timeout and gives the session up by itself
    /// (ZOOKEEPER-4508). The service may close it later.
    GaveUp,
    /// The session was closed as the client asked.
    Closed,
    /// The service did not believe who the client says it is; the client gives its session up.
    AuthFailed,
    /// The client's process ended without a word; its session is left behind.
    Vanished,
}

/// What an application takes for granted, for the checkers of recipes.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Claim {
    /// It holds the lock.
    Acquired {
        /// The lock: the parent of the contenders' znodes.
        lock: ZPath,
        /// Its own contender.
        znode: ZPath,
        /// The fencing number: the contender's czxid.
        fence: Zxid,
        /// The version of the tree in which it saw itself first.
        seen: Zxid,
    },
    /// It is about to give the lock back.
    Released {
        /// The lock.
        lock: ZPath,
        /// Its own contender.
        znode: ZPath,
    },
}
