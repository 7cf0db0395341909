//! A znode's Stat, as clients see it (`Stat` in `zookeeper.jute`).

use super::{SessionId, Zxid};
use serde::{Deserialize, Serialize};

/// What the service says of a znode besides its data. Fields in wire order.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
pub struct Stat {
    /// The transaction that created the znode.
    pub czxid: Zxid,
    /// The transaction that last set its data (or created it).
    pub mzxid: Zxid,
    /// Wall clock of the leader at creation, in milliseconds.
    pub ctime: i64,
    /// Wall clock of the leader when the data was last set, in milliseconds.
    pub mtime: i64,
    /// How often the data was set.
    pub version: i32,
    /// How often children were created and deleted.
    pub cversion: i32,
    /// How often the ACL was set.
    pub aversion: i32,
    /// The session that an ephemeral znode lives with; 0 for the others.
    pub ephemeral_owner: SessionId,
    /// Length of the data in bytes; 0 for null.
    pub data_length: i32,
    /// Number of children.
    pub num_children: i32,
    /// The transaction that last created or deleted a child (or created the znode).
    pub pzxid: Zxid,
}
