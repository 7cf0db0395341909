//! What every module shares: ids, paths, time, chance, and the few words that both the wire and the
//! history use.

mod bytes;
mod error_code;
mod hash;
mod ids;
mod path;
mod range;
mod rng;
mod stat;
mod streams;
mod time;

pub use bytes::Data;
pub use error_code::ErrorCode;
pub use hash::{Digest, hash_of};
pub use ids::{ClientId, ConnId, Epoch, NodeId, ServerId, SessionId, Xid, Zxid};
pub use path::{PathError, ZPath, parent_of, sequence_suffix};
pub use range::Range;
pub use rng::{Ratio, Rng};
pub use stat::Stat;
pub use streams::{Redraw, Stream, Streams};
pub use time::{Millis, Time};
