//! Learner and leader: quorum packets, one behind the other without frames (`QuorumPacket`).

use super::{Identity, Malformed, Membership, Reader, Writer};
use crate::base::{Epoch, ServerId, Zxid};
use std::fmt;
use std::sync::Arc;

/// The version of the learner protocol that we speak (`Learner.java`).
const PROTOCOL: i32 = 0x10000;

macro_rules! kinds {
    ($($(#[$doc:meta])* $number:literal $name:ident,)*) => {
        /// Type of a packet, named as in `Leader.java`.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
        pub enum PacketKind { $($(#[$doc])* $name,)* }

        impl PacketKind {
            /// The number on the wire.
            pub fn to_wire(self) -> i32 {
                match self { $(PacketKind::$name => $number,)* }
            }

            /// The type with this number.
            pub fn from_wire(number: i32) -> Option<PacketKind> {
                match number { $($number => Some(PacketKind::$name),)* _ => None }
            }
        }
    };
}

kinds! {
    /// A learner forwards a client's request: session, xid, opcode, body.
    1 Request,
    /// The leader proposes a transaction.
    2 Proposal,
    /// A learner has it on stable storage; also of NEWLEADER and UPTODATE.
    3 Ack,
    /// The leader says that a quorum has it.
    4 Commit,
    /// A sign of life; the learner's answer lists the sessions that it heard from.
    5 Ping,
    /// Is this session still there? And the answer.
    6 Revalidate,
    /// The answer to a forwarded `sync`.
    7 Sync,
    /// The leader tells an observer what is committed, with the transaction itself.
    8 Inform,
    /// COMMIT of a new configuration, which is in force now; names the leader-to-be.
    9 CommitAndActivate,
    /// The leader's initial history is complete.
    10 NewLeader,
    /// A follower introduces itself.
    11 FollowerInfo,
    /// A quorum follows: serve clients.
    12 UpToDate,
    /// What the learner lacks follows.
    13 Diff,
    /// The learner has to forget everything behind this zxid.
    14 Trunc,
    /// The whole tree follows.
    15 Snap,
    /// An observer introduces itself.
    16 ObserverInfo,
    /// The leader proposes an epoch.
    17 LeaderInfo,
    /// The learner promises the epoch.
    18 AckEpoch,
    /// INFORM of a new configuration, which is in force now; names the leader-to-be.
    19 InformAndActivate,
}

/// One packet. What `zxid` and `data` mean depends on the kind (`zookeeper.md`, E.4).
#[derive(Clone, PartialEq, Eq)]
pub struct Packet {
    /// Which kind.
    pub kind: PacketKind,
    /// −1 where it means nothing.
    pub zxid: i64,
    /// Shared, because a leader sends the same proposal to many.
    pub data: Option<Arc<[u8]>>,
    /// Of a REQUEST: who the client has shown itself to be.
    pub authinfo: Vec<Identity>,
}

impl Packet {
    /// A packet with a zxid and no data.
    pub fn bare(kind: PacketKind, zxid: Zxid) -> Packet {
        Packet::of(kind, zxid.to_wire(), None)
    }

    /// A packet with a zxid and data.
    pub fn with(kind: PacketKind, zxid: Zxid, data: Arc<[u8]>) -> Packet {
        Packet::of(kind, zxid.to_wire(), Some(data))
    }

    /// A packet in whose place for a zxid stands `zxid`, be it one or not.
    pub fn of(kind: PacketKind, zxid: i64, data: Option<Arc<[u8]>>) -> Packet {
        Packet { kind, zxid, data, authinfo: Vec::new() }
    }

    /// The zxid; zero where it means nothing.
    pub fn zxid(&self) -> Zxid {
        Zxid::from_wire(self.zxid)
    }

    /// The data; empty when there are none.
    pub fn data(&self) -> &[u8] {
        self.data.as_deref().unwrap_or_default()
    }

    /// Puts it into bytes.
    pub fn encode(&self, to: &mut Writer) {
        to.int(self.kind.to_wire()).long(self.zxid).buffer(self.data.as_deref());
        to.count(self.authinfo.len());
        self.authinfo.iter().for_each(|it| it.encode(to));
    }

    /// Reads one. The error is `short` while bytes are missing.
    pub fn decode(from: &mut Reader) -> Result<Packet, Malformed> {
        let kind = from.int()?;
        let kind = PacketKind::from_wire(kind).ok_or_else(|| from.bad("an unknown packet type"))?;
        let zxid = from.long()?;
        let data = from.buffer()?.map(Arc::from);
        let count = from.count(8)?;
        let authinfo = (0..count).map(|_| Identity::decode(from)).collect::<Result<_, _>>()?;
        Ok(Packet { kind, zxid, data, authinfo })
    }
}

impl fmt::Display for Packet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.kind)?;
        if self.zxid >= 0 {
            write!(f, " {}", self.zxid())?;
        }
        match &self.data {
            Some(data) => write!(f, " ({} bytes)", data.len()),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Packet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A transaction on its way: its place in the order, and its bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Proposal {
    /// Its place; the bytes hold it too.
    pub zxid: Zxid,
    /// Shared by all who log, send and apply it.
    pub payload: Arc<[u8]>,
}

impl fmt::Debug for Proposal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} bytes)", self.zxid, self.payload.len())
    }
}

/// How a learner introduces itself: the data of FOLLOWERINFO and OBSERVERINFO.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LearnerInfo {
    /// Who.
    pub server: ServerId,
    /// The version of the configuration that is in force for it.
    pub version: Zxid,
}

impl LearnerInfo {
    /// The packet, with the epoch that the learner has accepted.
    pub fn packet(self, observes: bool, accepted: Epoch) -> Packet {
        let kind = if observes { PacketKind::ObserverInfo } else { PacketKind::FollowerInfo };
        let mut data = Writer::new();
        data.long(i64::from(self.server.0)).int(PROTOCOL).zxid(self.version);
        Packet::with(kind, Zxid::floor_of(accepted), data.into_bytes().into())
    }

    /// Reads the data of a FOLLOWERINFO or OBSERVERINFO.
    pub fn decode(data: &[u8]) -> Result<LearnerInfo, Malformed> {
        let mut from = Reader::new(data);
        let number = from.long()?;
        let server = u8::try_from(number).map_err(|_| from.bad("a server id over 255"))?;
        // Servers before 3.5 say neither their protocol nor a version.
        let version = match from.is_done() {
            true => Zxid::ZERO,
            false => from.int().and_then(|_| from.zxid())?,
        };
        Ok(LearnerInfo { server: ServerId(server), version })
    }

    /// The leader's answer, which proposes an epoch. Behind what ZooKeeper says there stands the
    /// configuration that is in force for the leader, where there can be a new one; servers that do
    /// not expect it read over it.
    pub fn leader_info(epoch: Epoch, membership: Option<&Membership>) -> Packet {
        let mut data = PROTOCOL.to_be_bytes().to_vec();
        data.extend(membership.iter().flat_map(|it| it.to_string().into_bytes()));
        Packet::with(PacketKind::LeaderInfo, Zxid::floor_of(epoch), data.into())
    }

    /// The configuration in a LEADERINFO, if there is one.
    pub fn leaders_membership(data: &[u8]) -> Option<Membership> {
        Membership::of_bytes(data.get(4..)?)
    }
}
