//! Messages between nodes, in plain words. They are no part of the history: a plan that is run
//! again with its messages recorded gives the same history, and these beside it.

use crate::base::{NodeId, Time};

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident $word:literal,)*) => {
        /// What a message is for.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum MessageKind { $($(#[$doc])* $name,)* }

        impl MessageKind {
            /// All of them.
            pub const ALL: &[MessageKind] = &[$(MessageKind::$name,)*];

            /// In a word.
            pub fn word(self) -> &'static str {
                match self { $(MessageKind::$name => $word,)* }
            }
        }
    };
}

kinds! {
    /// Hellos and votes.
    Election "election",
    /// From FOLLOWERINFO to UPTODATE, and the tree that follows a SNAP.
    Sync "sync",
    /// PROPOSAL.
    Proposal "proposal",
    /// ACK.
    Ack "ack",
    /// COMMIT, and INFORM to observers.
    Commit "commit",
    /// What a learner passes on to the leader, and the answers: REQUEST, REVALIDATE, SYNC.
    Forward "forward",
    /// Requests of clients, and replies to them.
    Client "client",
    /// Watcher events.
    Watch "watch",
    /// Signs of life, between any two.
    Ping "ping",
    /// SYN, FIN, RST.
    Connection "connection",
}

/// Bytes that one node handed to its kernel at once, and what became of them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Message {
    /// When they were sent.
    pub sent: Time,
    /// By whom.
    pub from: NodeId,
    /// To whom.
    pub to: NodeId,
    /// What for.
    pub kind: MessageKind,
    /// What they say.
    pub words: String,
    /// What became of them.
    pub fate: Fate,
}

/// What became of a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    /// Still on its way when the run ended.
    UnderWay,
    /// It arrived as a whole.
    Arrived {
        /// When its last byte did.
        at: Time,
        /// It had to wait at a cut, or the link was slower than links are.
        late: bool,
    },
    /// It never will arrive.
    Lost {
        /// When that was clear.
        at: Time,
        /// Why.
        why: Loss,
    },
}

/// Why a message was lost.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Loss {
    /// It met a cut, and its sender does not send it again.
    Cut,
    /// The receiver's machine has no power.
    NoPower,
    /// The receiver knows no such connection (any more).
    NoConnection,
}

impl Loss {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Loss::Cut => "it met a cut, and nobody sends it again",
            Loss::NoPower => "the machine has no power",
            Loss::NoConnection => "nobody knows the connection there",
        }
    }
}
