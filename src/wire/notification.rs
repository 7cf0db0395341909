//! Election: the hello of a connection between two servers, and the votes (`FastLeaderElection`,
//! `QuorumCnxManager`).

use super::{Malformed, Membership, Reader, Writer};
use crate::base::{Epoch, ServerId, Zxid};
use std::sync::Arc;

/// The first number of a hello in its first version.
const HELLO_V1: i64 = -65536;
/// In its second version, which lists several addresses.
const HELLO_V2: i64 = -65535;
/// The largest message, in bytes (`PACKETMAXSIZE`).
const MESSAGE_MAX: usize = 512 * 1024;
/// Rounds are counted from 0 to this one, and no further: whoever has come so far stays there.
pub const ROUND_MAX: u64 = u64::MAX >> 2;

/// Who dials: the first bytes on an election connection.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hello {
    /// The dialler.
    pub server: ServerId,
    /// Its election address, `host:port`.
    pub address: String,
}

/// Bytes that are no hello.
pub type HelloError = Malformed;

impl Hello {
    /// Puts it into bytes.
    pub fn encode(&self, to: &mut Writer) {
        to.long(HELLO_V1).long(i64::from(self.server.0)).string(&self.address);
    }

    /// Reads one. The error is `short` while bytes are missing.
    pub fn decode(from: &mut Reader) -> Result<Hello, HelloError> {
        let version = from.long()?;
        if version != HELLO_V1 && version != HELLO_V2 {
            return Err(from.bad("an unknown version of the election protocol"));
        }
        let number = from.long()?;
        let server = u8::try_from(number).map_err(|_| from.bad("a server id over 255"))?;
        Ok(Hello { server: ServerId(server), address: from.string()? })
    }
}

/// State of a server, as its notifications say it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PeerState {
    /// In an election.
    Looking,
    /// Follows the leader that it names.
    Following,
    /// Leads.
    Leading,
    /// Follows without a vote.
    Observing,
}

/// What a server without a vote says in the place of leader, zxid and epoch (`Long.MIN_VALUE`).
const NOTHING: i64 = i64::MIN;

/// A server's vote, told to another.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Notification {
    /// The sender's state.
    pub state: PeerState,
    /// Whom it votes for, or follows; [`ServerId::NOBODY`] from one without a vote that looks for a
    /// leader.
    pub leader: ServerId,
    /// The last zxid of the one it votes for.
    pub zxid: Zxid,
    /// The round of the election (`electionEpoch`).
    pub round: u64,
    /// The current epoch of the one it votes for.
    pub peer_epoch: Epoch,
    /// The configuration that is in force for the sender; `None` from older servers.
    pub membership: Option<Arc<Membership>>,
}

impl Notification {
    /// Puts it into bytes, with its length in front.
    pub fn encode(&self, to: &mut Writer) {
        let text = self.membership.as_ref().map_or(String::new(), |it| it.to_string());
        to.int(44 + text.len() as i32).int(match self.state {
            PeerState::Looking => 0,
            PeerState::Following => 1,
            PeerState::Leading => 2,
            PeerState::Observing => 3,
        });
        let [leader, zxid, epoch] = match self.leader {
            ServerId::NOBODY => [NOTHING; 3],
            ServerId(id) => [id.into(), self.zxid.to_wire(), self.peer_epoch.0.into()],
        };
        to.long(leader).long(zxid).long(self.round as i64).long(epoch).int(2).string(&text);
    }

    /// Reads one, its length in front. The error is `short` while bytes are missing.
    ///
    /// The forms of 28 and 40 bytes, of older versions, are taken too.
    pub fn decode(from: &mut Reader) -> Result<Notification, Malformed> {
        let length = usize::try_from(from.int()?).map_err(|_| from.bad("a negative length"))?;
        if !(28..=MESSAGE_MAX).contains(&length) {
            return Err(from.bad("a notification of an impossible length"));
        }
        let rest = from.rest();
        from.skip(from.at() + length)?;
        Notification::decode_fields(&rest[..length]).map_err(|error| from.bad(error.what))
    }

    fn decode_fields(bytes: &[u8]) -> Result<Notification, Malformed> {
        let mut from = Reader::new(bytes);
        let state = match from.int()? {
            0 => PeerState::Looking,
            1 => PeerState::Following,
            2 => PeerState::Leading,
            3 => PeerState::Observing,
            _ => return Err(from.bad("an unknown server state")),
        };
        let leader = leader(&mut from)?;
        let (zxid, round) = (from.zxid()?, round(&mut from)?);
        let peer_epoch = match (leader, bytes.len()) {
            (_, ..40) => zxid.epoch(),
            (ServerId::NOBODY, _) => from.long().map(|_| Epoch(0))?,
            _ => epoch(&mut from)?,
        };
        let membership = match bytes.len() {
            ..44 => None,
            _ => from.int().and_then(|_| from.buffer())?.and_then(Membership::of_bytes),
        };
        let membership = membership.map(Arc::new);
        Ok(Notification { state, leader, zxid, round, peer_epoch, membership })
    }
}

fn leader(from: &mut Reader) -> Result<ServerId, Malformed> {
    let number = from.long()?;
    if number == NOTHING {
        return Ok(ServerId::NOBODY);
    }
    let id = u8::try_from(number).map_err(|_| from.bad("a server id over 255"))?;
    Ok(ServerId(id))
}

fn round(from: &mut Reader) -> Result<u64, Malformed> {
    let round = u64::try_from(from.long()?).ok().filter(|&it| it <= ROUND_MAX);
    round.ok_or_else(|| from.bad("a round that no election comes to"))
}

fn epoch(from: &mut Reader) -> Result<Epoch, Malformed> {
    let number = from.long()?;
    u32::try_from(number).map(Epoch).map_err(|_| from.bad("an epoch out of range"))
}
