//! The tree's decisions that history has shown to be easy to get wrong.

use super::Part;
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
}

impl Rules {
    /// The right ones.
    pub const CORRECT: Rules = Rules { parent_after, undo: |_| Undo::Restore };
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
