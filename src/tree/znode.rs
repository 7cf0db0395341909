//! One node of the tree.

use crate::base::{Data, SessionId, Stat, Zxid};
use crate::wire::Acls;
use std::collections::BTreeSet;

/// What stands in the place of an owner for a container.
const CONTAINER: u64 = 0x8000_0000_0000_0000;
/// The high byte of what stands there for a znode with a time to live; the time in milliseconds
/// fills the five low bytes.
const TTL: u64 = 0xff << 56;
/// The longest time to live, in milliseconds: some 35 years.
pub const TTL_MS_MAX: i64 = 0xff_ffff_ffff;

/// How long a znode stays (`EphemeralType.java`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Lifetime {
    /// Until it is deleted.
    #[default]
    Persistent,
    /// As long as the session that created it.
    Ephemeral,
    /// Until its last child is gone.
    Container,
    /// Until it was not set for so long and has no children.
    Ttl {
        /// In milliseconds, 1 to [`TTL_MS_MAX`].
        ms: i64,
    },
}

impl Lifetime {
    /// What the owner's place says of it.
    pub fn of_owner(owner: SessionId) -> Lifetime {
        match owner.0 as u64 {
            0 => Lifetime::Persistent,
            CONTAINER => Lifetime::Container,
            it if it & TTL == TTL => Lifetime::Ttl { ms: (it as i64) & TTL_MS_MAX },
            _ => Lifetime::Ephemeral,
        }
    }

    /// What stands in the owner's place; `session` creates the znode.
    pub fn owner(self, session: SessionId) -> SessionId {
        match self {
            Lifetime::Persistent => SessionId(0),
            Lifetime::Ephemeral => session,
            Lifetime::Container => SessionId(CONTAINER as i64),
            Lifetime::Ttl { ms } => SessionId((TTL | ms as u64) as i64),
        }
    }
}

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
    /// The session that it lives with, or how long it stays without one; see [`Lifetime`].
    pub owner: SessionId,
    /// Who may do what with it.
    pub acls: Acls,
    /// Names of the children.
    pub children: BTreeSet<Box<str>>,
    /// What it adds to the tree's digest.
    pub(super) digest: u64,
}

impl Znode {
    /// True when it lives with a session.
    pub fn is_ephemeral(&self) -> bool {
        self.lifetime() == Lifetime::Ephemeral
    }

    /// How long it stays.
    pub fn lifetime(&self) -> Lifetime {
        Lifetime::of_owner(self.owner)
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
            ephemeral_owner: if self.is_ephemeral() { self.owner } else { SessionId(0) },
            data_length: self.data.len() as i32,
            num_children,
            pzxid: self.pzxid,
        }
    }
}
