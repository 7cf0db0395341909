//! A znode in one version, and its Stat as clients see it.

use crate::base::{Data, SessionId, Stat, Zxid};
use crate::history::{Acls, Passing};

/// A znode after some transaction. Fields as in [`Stat`], but for `cversion`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Znode {
    /// Its data.
    pub data: Data,
    /// The transaction that created it.
    pub czxid: Zxid,
    /// The transaction that last set its data.
    pub mzxid: Zxid,
    /// The transaction that last changed its children.
    pub pzxid: Zxid,
    /// Leader's wall clock at creation.
    pub ctime: i64,
    /// Leader's wall clock when the data was last set.
    pub mtime: i64,
    /// How often the data was set.
    pub version: i32,
    /// How many children were ever created: the number that the next sequential child gets.
    pub created: i32,
    /// How often the access control list was set.
    pub aversion: i32,
    /// The session it lives with; 0 for none.
    pub owner: SessionId,
    /// How it goes by itself, if it does.
    pub passing: Option<Passing>,
    /// Who may do what with it.
    pub acls: Acls,
    /// How many children it has.
    pub children: i32,
}

impl Znode {
    /// What clients see: the wire's `cversion` counts creations and deletions of children, in
    /// Java's wrapping arithmetic (`DataNode.copyStat`: `2 * cversion - numChildren`).
    pub fn stat(&self) -> Stat {
        Stat {
            czxid: self.czxid,
            mzxid: self.mzxid,
            ctime: self.ctime,
            mtime: self.mtime,
            version: self.version,
            cversion: self.created.wrapping_mul(2).wrapping_sub(self.children),
            aversion: self.aversion,
            ephemeral_owner: self.owner,
            data_length: i32::try_from(self.data.len()).unwrap_or(i32::MAX),
            num_children: self.children,
            pzxid: self.pzxid,
        }
    }

    /// True when it lives with a session.
    pub fn is_ephemeral(&self) -> bool {
        self.owner != SessionId(0)
    }

    /// Whether it is time for it to go, when the leader's wall clock says `now_ms`: a container that
    /// has had a child, or a znode that was not set for its time to live; and without a child
    /// (`ContainerManager.getCandidates`).
    pub fn is_over(&self, now_ms: i64) -> bool {
        self.children == 0
            && match self.passing {
                None => false,
                Some(Passing::Container) => self.created != 0,
                Some(Passing::Ttl { ms }) => now_ms.saturating_sub(self.mtime) > ms,
            }
    }

    /// Takes note of a child that `zxid` created (`DataTree.createNode`).
    pub fn child_created(&mut self, zxid: Zxid) {
        self.created = self.created.wrapping_add(1);
        self.children += 1;
        self.pzxid = zxid;
    }

    /// Takes note of a child that `zxid` deleted (`DataTree.deleteNode`: only `pzxid` moves).
    pub fn child_deleted(&mut self, zxid: Zxid) {
        self.children -= 1;
        self.pzxid = zxid;
    }

    /// Takes new data that `zxid` set at `time_ms`.
    pub fn set(&mut self, data: Data, zxid: Zxid, time_ms: i64) {
        self.data = data;
        self.version = self.version.wrapping_add(1);
        self.mzxid = zxid;
        self.mtime = time_ms;
    }
}
