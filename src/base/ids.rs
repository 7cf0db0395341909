//! Ids, each a type of its own. All are `Copy`, ordered, and print in the form that people read.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// A transaction id: 32 bits of epoch, then 32 bits of counter. Shown as `epoch:counter`.
///
/// Ordered as the service orders transactions: every zxid of a later epoch is greater than every
/// zxid of an earlier one. On the wire an `i64` (`ZxidUtils.java`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Zxid(u64);

impl Zxid {
    /// Before every transaction.
    pub const ZERO: Zxid = Zxid(0);
    /// After every transaction.
    pub const MAX: Zxid = Zxid(i64::MAX as u64);

    /// The zxid with this epoch and counter.
    pub fn new(epoch: Epoch, counter: u32) -> Zxid {
        Zxid(u64::from(epoch.0) << 32 | u64::from(counter))
    }

    /// `epoch:0`: denotes everything before the epoch's first transaction.
    pub fn floor_of(epoch: Epoch) -> Zxid {
        Zxid::new(epoch, 0)
    }

    /// As on the wire and on disk. Negative numbers are no zxids and become zero.
    pub fn from_wire(number: i64) -> Zxid {
        Zxid(u64::try_from(number).unwrap_or(0))
    }

    /// As on the wire and on disk.
    pub fn to_wire(self) -> i64 {
        self.0 as i64
    }

    /// The leader's reign in which the transaction was proposed.
    pub fn epoch(self) -> Epoch {
        Epoch((self.0 >> 32) as u32)
    }

    /// The transaction's number within its epoch, from 1; 0 for the epoch's floor.
    pub fn counter(self) -> u32 {
        self.0 as u32
    }

    /// The zxid after this one in the same epoch; `None` when the counter is used up and the
    /// leader has to step down to open a new epoch (ZOOKEEPER-1277).
    pub fn next(self) -> Option<Zxid> {
        let counter = self.counter().checked_add(1)?;
        Some(Zxid::new(self.epoch(), counter))
    }
}

impl fmt::Display for Zxid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.epoch().0, self.counter())
    }
}

impl FromStr for Zxid {
    type Err = String;
    fn from_str(text: &str) -> Result<Zxid, String> {
        let bad = || format!("`{text}` is no zxid; expected `epoch:counter`, for example `3:17`");
        let (epoch, counter) = text.split_once(':').ok_or_else(bad)?;
        let epoch = epoch.parse().map_err(|_| bad())?;
        Ok(Zxid::new(Epoch(epoch), counter.parse().map_err(|_| bad())?))
    }
}

/// A leader's reign. Grows with every election that ends in an established leader.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Epoch(pub u32);

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// One server of the ensemble (`sid`, `myid`), from 1. Shown as `s1`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServerId(pub u8);

impl ServerId {
    /// No server has this id.
    pub const NOBODY: ServerId = ServerId(0);

    /// The number in `myid` or behind `server.`: 1 to 254, as ZooKeeper has it where znodes may have
    /// a time to live.
    pub fn of_config(text: &str) -> Option<ServerId> {
        text.parse().ok().filter(|id| (1..=254).contains(id)).map(ServerId)
    }
}

/// One simulated client process, from 1. Shown as `c1`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientId(pub u32);

/// A server or a client: whatever has a network address.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NodeId {
    /// A member of the ensemble.
    Server(ServerId),
    /// A client process.
    Client(ClientId),
}

impl From<ServerId> for NodeId {
    fn from(server: ServerId) -> NodeId {
        NodeId::Server(server)
    }
}

impl From<ClientId> for NodeId {
    fn from(client: ClientId) -> NodeId {
        NodeId::Client(client)
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NodeId::Server(server) => server.fmt(f),
            NodeId::Client(client) => client.fmt(f),
        }
    }
}

impl FromStr for NodeId {
    type Err = String;
    fn from_str(text: &str) -> Result<NodeId, String> {
        let server = text.parse().map(NodeId::Server);
        server
            .or_else(|_: String| text.parse().map(NodeId::Client))
            .map_err(|_: String| format!("`{text}` is no node; expected `s1` or `c1`"))
    }
}

/// Number of a request within its session's stream; negative ones are reserved by the protocol.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Xid(pub i32);

impl fmt::Display for Xid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// One TCP connection, as one side of it numbers them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ConnId(pub u64);

impl fmt::Display for ConnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "k{}", self.0)
    }
}

/// A session: a client's standing with the ensemble. Shown in hex, as ZooKeeper's tools do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SessionId(pub i64);

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.0)
    }
}

impl FromStr for SessionId {
    type Err = String;
    fn from_str(text: &str) -> Result<SessionId, String> {
        let digits = text.strip_prefix("0x").unwrap_or("");
        u64::from_str_radix(digits, 16)
            .map(|number| SessionId(number as i64))
            .map_err(|_| format!("`{text}` is no session id; expected hex, for example `0x1a`"))
    }
}

/// `Display`, `FromStr` and the text form in files, for an id that is a letter and a number.
macro_rules! lettered {
    ($type:ident, $number:ty, $letter:literal) => {
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}{}", $letter, self.0)
            }
        }

        impl FromStr for $type {
            type Err = String;
            fn from_str(text: &str) -> Result<$type, String> {
                let number = text.strip_prefix($letter).and_then(|it| it.parse::<$number>().ok());
                number
                    .map($type)
                    .ok_or_else(|| format!("`{text}` is no id; expected `{}1`", $letter))
            }
        }
    };
}
lettered!(ServerId, u8, "s");
lettered!(ClientId, u32, "c");

/// In files an id is its text; `Debug` is the text, too.
macro_rules! as_text {
    ($($type:ty),*) => {$(
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<$type, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}
as_text!(Zxid, ServerId, ClientId, NodeId, SessionId);

macro_rules! debug_is_display {
    ($($type:ty),*) => {$(
        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    )*};
}
debug_is_display!(Zxid, Epoch, ServerId, ClientId, NodeId, SessionId, Xid, ConnId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zxids_are_ordered_by_epoch_then_counter() {
        assert!(Zxid::new(Epoch(2), 0) > Zxid::new(Epoch(1), u32::MAX));
        assert_eq!(Zxid::new(Epoch(1), u32::MAX).next(), None);
        assert_eq!("3:17".parse::<Zxid>().unwrap().to_string(), "3:17");
        assert!("3".parse::<Zxid>().is_err());
    }

    #[test]
    fn ids_print_and_parse() {
        assert_eq!("s3".parse::<NodeId>(), Ok(NodeId::Server(ServerId(3))));
        assert_eq!("c12".parse::<NodeId>(), Ok(NodeId::Client(ClientId(12))));
        let negative = SessionId(-2);
        assert_eq!(negative.to_string().parse::<SessionId>(), Ok(negative));
    }
}
