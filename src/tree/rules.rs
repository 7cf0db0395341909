//! The tree's decisions that history has shown to be easy to get wrong.

use super::{Part, Record};
use crate::base::Zxid;

/// What a parent remembers of its children.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Parent {
    /// How many children were ever created.
    pub cversion: i32,
    /// The transaction that last created or deleted one.
    pub pzxid: Zxid,
}

/// What a transaction says about a parent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Touch {
    /// It created a child; `cversion` is the count afterwards.
    Created {
        /// The count that the leader gave.
        cversion: i32,
        /// The transaction.
        zxid: Zxid,
    },
    /// It deleted a child.
    Deleted {
        /// The transaction.
        zxid: Zxid,
        /// Whether the child was there. It is not when the transaction is replayed over a fuzzy
        /// snapshot that already knows of it.
        existed: bool,
    },
}

/// How a record is taken back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Undo {
    /// It is what it was before.
    Restore,
    /// It is gone, and what outstanding transactions had said of the znode with it
    /// (ZOOKEEPER-1624).
    Forget,
}

/// The decisions, replaceable one by one.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// What a parent remembers after a transaction. Correct: [`parent_after`].
    pub parent_after: fn(Parent, Touch) -> Parent,
    /// What becomes of a record that a refused multi has changed. Correct: [`Undo::Restore`].
    pub undo: fn(Part) -> Undo,
    /// The number of a sequential znode, from its parent. Correct: [`number_of`].
    pub number: fn(&Record) -> i32,
    /// Which znodes go with a session. Correct: [`Closing::Listed`].
    pub closing: fn() -> Closing,
    /// Whether a create that meets its znode already there, because it is replayed over a fuzzy
    /// snapshot, sets that one's list. Correct: it does (ZOOKEEPER-3306, ZOOKEEPER-4846).
    pub sets_acls_again: fn() -> bool,
    /// Whether watches of several modes stand beside each other on one znode. Correct: they do
    /// (ZOOKEEPER-4466).
    pub modes_together: fn() -> bool,
    /// Whether a watch that reaches below speaks of lists of children, too. Correct: never; it speaks
    /// of the children themselves (ZOOKEEPER-4475).
    pub recursive_hears_lists: fn() -> bool,
    /// Whether a tree that was read from a snapshot follows what is used of its quotas. Correct: it does
    /// (ZOOKEEPER-1097).
    pub follows_quotas: fn() -> bool,
}

/// The znodes that a `closeSession` deletes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Closing {
    /// Those that the leader has listed.
    Listed,
    /// Those that the tree has of that session at this moment. When the transaction is replayed over
    /// a fuzzy snapshot, some may be gone already (ZOOKEEPER-3145).
    Owned,
}

impl Rules {
    /// The right ones.
    pub const CORRECT: Rules = Rules {
        parent_after,
        undo: |_| Undo::Restore,
        number: number_of,
        closing: || Closing::Listed,
        sets_acls_again: || true,
        modes_together: || true,
        recursive_hears_lists: || false,
        follows_quotas: || true,
    };
}

/// How many children were ever created: a number that was given out once never comes back.
pub fn number_of(parent: &Record) -> i32 {
    parent.cversion
}

/// Both numbers only go up: a snapshot is taken while transactions are applied, so that a replayed
/// transaction may be older than what the snapshot knows (ZOOKEEPER-3125, ZOOKEEPER-3249). "Up" for
/// the count is as on a clock face: behind `i32::MAX` comes `i32::MIN`.
pub fn parent_after(parent: Parent, touch: Touch) -> Parent {
    match touch {
        Touch::Created { cversion, zxid } => {
            let later = cversion.wrapping_sub(parent.cversion) > 0;
            let cversion = if later { cversion } else { parent.cversion };
            Parent { cversion, pzxid: parent.pzxid.max(zxid) }
        }
        Touch::Deleted { zxid, .. } => Parent { pzxid: parent.pzxid.max(zxid), ..parent },
    }
}
