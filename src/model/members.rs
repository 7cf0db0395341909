//! A set of paths at every version: the children of a znode, the ephemerals of a session.

use crate::base::{ZPath, Zxid};
use std::collections::BTreeSet;

/// A set that remembers what it was.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Members {
    now: BTreeSet<ZPath>,
    /// In the order of their zxids; true when the path came in.
    changes: Vec<(Zxid, ZPath, bool)>,
}

impl Members {
    /// `path` comes in with the transaction `zxid`, which is the latest.
    pub fn add(&mut self, zxid: Zxid, path: ZPath) {
        if self.now.insert(path.clone()) {
            self.changes.push((zxid, path, true));
        }
    }

    /// `path` goes with the transaction `zxid`, which is the latest.
    pub fn remove(&mut self, zxid: Zxid, path: &ZPath) {
        if self.now.remove(path) {
            self.changes.push((zxid, path.clone(), false));
        }
    }

    /// The set after every transaction up to `zxid`, in ascending order.
    ///
    /// Costs the size of the set and the number of changes since.
    pub fn at(&self, zxid: Zxid) -> Vec<&ZPath> {
        let later = |change: &&(Zxid, ZPath, bool)| change.0 > zxid;
        let mut undo = self.changes.iter().rev().take_while(later).peekable();
        if undo.peek().is_none() {
            return self.now.iter().collect();
        }
        let mut then: BTreeSet<&ZPath> = self.now.iter().collect();
        for (_, path, came_in) in undo {
            if *came_in {
                then.remove(path);
            } else {
                then.insert(path);
            }
        }
        then.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Epoch;

    #[test]
    fn every_version_stays_readable() {
        let zxid = |counter| Zxid::new(Epoch(1), counter);
        let path = |text| ZPath::parse(text).unwrap();
        let mut members = Members::default();
        members.add(zxid(1), path("/b"));
        members.add(zxid(2), path("/a"));
        members.remove(zxid(4), &path("/b"));
        let at =
            |counter| members.at(zxid(counter)).iter().map(|it| it.as_str()).collect::<Vec<_>>();
        assert_eq!((at(0), at(1)), (vec![], vec!["/b"]));
        assert_eq!((at(3), at(4)), (vec!["/a", "/b"], vec!["/a"]));
    }
}
