//! Records and bytes, both ways; no state.
//!
//! ZooKeeper's own forms: jute records for clients, quorum packets between learner and leader,
//! notifications for elections. Decoding never panics, whatever the bytes.

mod data;
mod endpoint;
mod frame;
mod jute;
mod membership;
mod notification;
mod packet;
mod session;

pub use data::{Acl, Acls, Identity, OPEN_ACL, encode_stat, read_acls, read_stat, write_acls};
pub use endpoint::Endpoint;
pub use frame::{FRAME_MAX, FrameError, Frames};
pub use jute::{Malformed, Reader, Writer};
pub use membership::{Member, Membership};
pub use notification::{Hello, HelloError, Notification, PeerState, ROUND_MAX};
pub use packet::{LearnerInfo, Packet, PacketKind, Proposal};
pub use session::{
    AUTH, ConnectRequest, ConnectResponse, EventKind, PING, ReplyHeader, RequestHeader,
    SET_WATCHES, SetWatches, WatcherEvent, opcode,
};
