//! The watches that a client waits for. They outlive its connections, not its session.

use crate::base::{ErrorCode, ZPath};
use crate::history::{Answer, Kind, Op, Watching};
use std::collections::BTreeSet;

/// At most so many bytes of paths go into one `setWatches`, so that it stays far below the limit of
/// a frame (ZOOKEEPER-706).
const BATCH_BYTES_MAX: usize = 128 * 1024;

/// Paths by what is watched (`ZKWatchManager.java`).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Watches {
    /// Data of znodes that were there.
    data: BTreeSet<ZPath>,
    /// Znodes that were not there.
    exist: BTreeSet<ZPath>,
    /// Children.
    child: BTreeSet<ZPath>,
    /// Watches that stay.
    persistent: BTreeSet<ZPath>,
    /// Watches that stay and reach below.
    recursive: BTreeSet<ZPath>,
}

/// What one `setWatches` asks for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Batch {
    pub(super) data: Vec<ZPath>,
    pub(super) exist: Vec<ZPath>,
    pub(super) child: Vec<ZPath>,
    pub(super) persistent: Vec<ZPath>,
    pub(super) recursive: Vec<ZPath>,
}

impl Watches {
    /// An operation was answered: it may have left a watch. Errors leave none, but for `exists` of
    /// a znode that is not there.
    pub(super) fn answered(&mut self, op: &Op, answer: &Answer) {
        match (op, answer) {
            (Op::AddWatch { path, recursive: false }, Answer::Ok { .. }) => {
                self.persistent.insert(path.clone());
            }
            (Op::AddWatch { path, recursive: true }, Answer::Ok { .. }) => {
                self.recursive.insert(path.clone());
            }
            (Op::RemoveWatches { path, which }, Answer::Ok { .. }) => self.remove(path, *which),
            _ => self.left_by(op, answer),
        }
    }

    fn remove(&mut self, path: &ZPath, which: Watching) {
        let any = which == Watching::Any;
        if any || which == Watching::Data {
            self.data.remove(path);
            self.exist.remove(path);
        }
        if any || which == Watching::Children {
            self.child.remove(path);
        }
        if any || which == Watching::Persistent {
            self.persistent.remove(path);
        }
        if any || which == Watching::Recursive {
            self.recursive.remove(path);
        }
    }

    fn left_by(&mut self, op: &Op, answer: &Answer) {
        let Some(path) = watched(op) else { return };
        let set = match (op, answer) {
            (Op::Exists { .. }, Answer::Refused { code: ErrorCode::NoNode, .. }) => &mut self.exist,
            (Op::GetChildren { .. }, Answer::Ok { .. }) => &mut self.child,
            (_, Answer::Ok { .. }) => &mut self.data,
            (_, Answer::Refused { .. } | Answer::Unknown(_)) => return,
        };
        set.insert(path.clone());
    }

    /// A watch spoke. Those that speak once will not speak again (`ZKWatchManager.materialize`).
    pub(super) fn told(&mut self, kind: Kind, path: &ZPath) {
        if kind != Kind::ChildrenChanged {
            self.data.remove(path);
            self.exist.remove(path);
        }
        if matches!(kind, Kind::Deleted | Kind::ChildrenChanged) {
            self.child.remove(path);
        }
    }

    /// All of them, in batches that fit a packet each; none when there is nothing to wait for.
    pub(super) fn batches(&self) -> Vec<Batch> {
        let mut batches = Vec::new();
        let mut room = 0;
        let kinds: [(_, Place); 5] = [
            (&self.data, |batch| &mut batch.data),
            (&self.exist, |batch| &mut batch.exist),
            (&self.child, |batch| &mut batch.child),
            (&self.persistent, |batch| &mut batch.persistent),
            (&self.recursive, |batch| &mut batch.recursive),
        ];
        for (paths, place) in kinds {
            for path in paths {
                let bytes = path.as_str().len();
                if batches.is_empty() || bytes > room {
                    batches.push(Batch::default());
                    room = BATCH_BYTES_MAX;
                }
                room = room.saturating_sub(bytes);
                place(batches.last_mut().expect("one was just made sure of")).push(path.clone());
            }
        }
        batches
    }
}

/// Where the paths of one kind of watch stand in a batch.
type Place = fn(&mut Batch) -> &mut Vec<ZPath>;

/// The path on which the operation leaves a watch, when all goes well.
fn watched(op: &Op) -> Option<&ZPath> {
    match op {
        Op::Exists { path, watch: true }
        | Op::GetData { path, watch: true }
        | Op::GetChildren { path, watch: true, .. } => Some(path),
        Op::Exists { .. } | Op::GetData { .. } | Op::GetChildren { .. } => None,
        Op::Create { .. } | Op::Delete { .. } | Op::SetData { .. } | Op::Multi(_) => None,
        Op::Check { .. } | Op::Sync { .. } | Op::Reconfig { .. } | Op::Close => None,
        Op::AddAuth(_) | Op::GetAcl { .. } | Op::SetAcl { .. } => None,
        Op::AddWatch { .. } | Op::RemoveWatches { .. } | Op::CheckWatches { .. } => None,
        Op::MultiRead(_) | Op::GetEphemerals { .. } => None,
        Op::GetAllChildrenNumber { .. } | Op::WhoAmI => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_stay_below_the_limit_and_lose_nothing() {
        let name = "x".repeat(1000);
        let path = |number| ZPath::parse(&format!("/{name}{number}")).unwrap();
        let mut watches = Watches::default();
        watches.data.extend((0..100).map(path));
        watches.exist.extend((100..200).map(path));
        watches.child.extend((0..100).map(path));
        watches.persistent.extend((0..50).map(path));
        watches.recursive.extend((0..50).map(path));
        let batches = watches.batches();
        assert_eq!(batches.len(), 4);
        let mut found = Watches::default();
        for batch in batches {
            let Batch { data, exist, child, persistent, recursive } = &batch;
            let paths = [data, exist, child, persistent, recursive].into_iter().flatten();
            let bytes: usize = paths.map(|path| path.as_str().len()).sum();
            assert!(bytes <= BATCH_BYTES_MAX, "{bytes} bytes");
            found.data.extend(batch.data);
            found.exist.extend(batch.exist);
            found.child.extend(batch.child);
            found.persistent.extend(batch.persistent);
            found.recursive.extend(batch.recursive);
        }
        assert_eq!(found, watches);
    }
}
