//! One node of the tree.

use crate::base::{Data, SessionId, Stat, Zxid};
use std::collections::BTreeSet;

/// A znode as the tree keeps it (`StatPersisted` and data).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Znode {
    /// Its data.
    pub data: Data,
    /// See [`Stat`].
    pub czxid: Zxid,
    /// See [`Stat`].
    pub mzxid: Zxid,
    /// See [`Stat`].
    pub pzxid: Zxid,
    /// See [`Stat`].
    pub ctime: i64,
    /// See [`Stat`].
    pub mtime: i64,
    /// See [`Stat`].
    pub version: i32,
    /// How many children were ever created. On the wire deletions count as well.
    pub cversion: i32,
    /// See [`Stat`].
    pub aversion: i32,
    /// The session that it lives with; 0 for none.
    pub owner: SessionId,
    /// Names of the children.
    pub children: BTreeSet<Box<str>>,
    /// What it adds to the tree's digest.
    pub(super) digest: u64,
}

impl Znode {
    /// True when it lives with a session.
    pub fn is_ephemeral(&self) -> bool {
        self.owner != SessionId(0)
    }

    /// What clients see of it. The wire's cversion counts creations and deletions of children; the
    /// arithmetic wraps, as in Java.
    pub fn stat(&self) -> Stat {
        let num_children = self.children.len() as i32;
        Stat {
            czxid: self.czxid,
            mzxid: self.mzxid,
            ctime: self.ctime,
            mtime: self.mtime,
            version: self.version,
            cversion: self.cversion.wrapping_mul(2).wrapping_sub(num_children),
            aversion: self.aversion,
            ephemeral_owner: self.owner,
            data_length: self.data.len() as i32,
            num_children,
            pzxid: self.pzxid,
        }
    }
}
