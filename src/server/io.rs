//! What goes into a server and what comes out of it. Each prints as one line.

use super::measures::Measures;
use crate::base::{ConnId, ServerId, Time};
use crate::history::Note;
use crate::storage::{DiskOp, Image};
use crate::wire::{Endpoint, Member, Membership};
use core::net::SocketAddr;
use std::fmt;
use std::sync::Arc;

/// The ports that a server listens on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Port {
    /// For clients (2181).
    Client,
    /// For clients, over TLS. What arrives is deciphered.
    Secure,
    /// For learners, while it leads (2888).
    Learner,
    /// For observers, while it follows (`observerMasterPort`).
    Observers,
    /// For elections (3888).
    Election,
}

impl Port {
    /// Where a member listens for other servers; a voter for observers on a port that is the same for
    /// all of them.
    pub fn of_servers(
        of: &Member,
        for_observers: Option<u16>,
    ) -> impl Iterator<Item = (Port, Endpoint)> {
        let always = [(Port::Learner, of.quorum.clone()), (Port::Election, of.election.clone())];
        let observers = for_observers
            .filter(|_| of.votes)
            .map(|port| (Port::Observers, Endpoint { host: of.quorum.host.clone(), port }));
        always.into_iter().chain(observers)
    }

    /// Where a member listens, as far as it is configured.
    pub fn endpoints(
        of: &Member,
        for_observers: Option<u16>,
    ) -> impl Iterator<Item = (Port, Endpoint)> {
        let clients = of.client.clone().map(|at| (Port::Client, at));
        Port::of_servers(of, for_observers).chain(clients)
    }
}

/// What a server's clocks say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Now {
    /// The monotonic clock: for everything that is measured.
    pub time: Time,
    /// The wall clock, in milliseconds since 1970: for `ctime`, `mtime` and session ids only.
    pub wall_ms: i64,
}

/// Something that happens to a server.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Input {
    /// The process begins.
    Start,
    /// Somebody connected. The id is odd, and new.
    Accepted {
        /// The connection.
        conn: ConnId,
        /// To which port.
        port: Port,
        /// From where, as the system says.
        from: SocketAddr,
    },
    /// A connection that was dialled is there.
    Connected {
        /// The connection.
        conn: ConnId,
    },
    /// A connection that was dialled could not be made.
    ConnectFailed {
        /// The connection.
        conn: ConnId,
    },
    /// Bytes arrived, in any pieces.
    Bytes {
        /// The connection.
        conn: ConnId,
        /// The next bytes of its stream.
        bytes: Vec<u8>,
    },
    /// What was sent over a connection before [`Effect::Flush`] is on its way.
    Flushed {
        /// The connection.
        conn: ConnId,
    },
    /// The other side ended a connection, or the network did.
    Closed {
        /// The connection.
        conn: ConnId,
    },
    /// The disk has executed everything up to this barrier.
    DiskDone {
        /// The barrier's word.
        token: u64,
    },
    /// All that is on the disk.
    Loaded {
        /// Every file.
        image: Image,
    },
    /// What whoever asked with [`Effect::Measure`] wants to know.
    Measured {
        /// The connection.
        conn: ConnId,
        /// As it is now.
        measures: Measures,
    },
    /// The disk could not do something. What was not synced may be lost, whatever is tried now, so
    /// that the server ends itself and acknowledges nothing more (ZOOKEEPER-2247).
    DiskFailed {
        /// Which file, and what the system said.
        reason: String,
    },
    /// Somebody wants the process to end in order.
    Stop,
    /// Time has passed.
    Tick,
}

/// Something that a server wants done. Doing it never waits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Effect {
    /// Connect to another server. The id is even, and new.
    Dial {
        /// The connection to be.
        conn: ConnId,
        /// To whom.
        to: ServerId,
        /// To which of its ports.
        port: Port,
    },
    /// Send bytes.
    Send {
        /// Over which connection.
        conn: ConnId,
        /// The next bytes of its stream.
        bytes: Vec<u8>,
    },
    /// Say with [`Input::Flushed`] when everything that was sent over a connection is on its way.
    Flush {
        /// Over which.
        conn: ConnId,
    },
    /// End a connection, behind what was sent.
    Close {
        /// Which.
        conn: ConnId,
    },
    /// Bring no more bytes of a client's connection for now. What is on its way may still come.
    Pause {
        /// Which.
        conn: ConnId,
    },
    /// Bring the bytes of a paused connection again.
    Resume {
        /// Which.
        conn: ConnId,
    },
    /// Have the disk do something, behind everything before it.
    Disk(DiskOp),
    /// Bring all that is on the disk, as [`Input::Loaded`]. Nothing is under way there.
    ReadDisk,
    /// Say with [`Input::Measured`] what the server cannot know by itself.
    Measure {
        /// Who wants to know.
        conn: ConnId,
    },
    /// These servers are there, and there: for whoever makes connections. What was said of others
    /// before stays true.
    Members(Arc<Membership>),
    /// Listen there, and no longer where it was before: the configuration says so.
    Listen {
        /// On which port.
        port: Port,
        /// Where.
        at: Endpoint,
    },
    /// Somebody who is no member says to be this server, and to be found there for elections
    /// (`host:port`).
    Stranger {
        /// Who.
        server: ServerId,
        /// Where.
        election: String,
    },
    /// A statement for the history.
    Note(Note),
    /// End the process.
    Halt,
}

impl fmt::Display for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Input::Start => f.write_str("start"),
            Input::Accepted { conn, port, from } => {
                write!(f, "accepted {conn} {port:?} from {from}")
            }
            Input::Connected { conn } => write!(f, "connected {conn}"),
            Input::ConnectFailed { conn } => write!(f, "connect failed {conn}"),
            Input::Bytes { conn, bytes } => write!(f, "bytes {conn} {}", Hex(bytes)),
            Input::Flushed { conn } => write!(f, "flushed {conn}"),
            Input::Closed { conn } => write!(f, "closed {conn}"),
            Input::DiskDone { token } => write!(f, "disk done {token}"),
            Input::Loaded { image } => write!(f, "loaded {} files", image.len()),
            Input::Measured { conn, measures } => write!(f, "measured {conn} {measures:?}"),
            Input::DiskFailed { reason } => write!(f, "disk failed: {reason}"),
            Input::Stop => f.write_str("stop"),
            Input::Tick => f.write_str("tick"),
        }
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Effect::Dial { conn, to, port } => write!(f, "dial {conn} {to} {port:?}"),
            Effect::Send { conn, bytes } => write!(f, "send {conn} {}", Hex(bytes)),
            Effect::Flush { conn } => write!(f, "flush {conn}"),
            Effect::Close { conn } => write!(f, "close {conn}"),
            Effect::Pause { conn } => write!(f, "pause {conn}"),
            Effect::Resume { conn } => write!(f, "resume {conn}"),
            Effect::Disk(op) => write!(f, "disk {op}"),
            Effect::ReadDisk => f.write_str("read disk"),
            Effect::Measure { conn } => write!(f, "measure {conn}"),
            Effect::Members(members) => {
                write!(f, "members {}", members.to_string().replace('\n', " "))
            }
            Effect::Listen { port, at } => write!(f, "listen {port:?} at {at}"),
            Effect::Stranger { server, election } => write!(f, "stranger {server} at {election}"),
            Effect::Note(note) => write!(f, "note {note:?}"),
            Effect::Halt => f.write_str("halt"),
        }
    }
}

/// Bytes as hex digits.
struct Hex<'a>(&'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
