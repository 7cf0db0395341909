//! Quotas: how many znodes there are below one, and how many bytes they hold (`zookeeper.md`, A.9).
//!
//! The limits of `/a` are the data of `/zookeeper/quota/a/zookeeper_limits`. What is used is kept in
//! `/zookeeper/quota/a/zookeeper_stats` by every server for itself; nothing of `/zookeeper` counts in
//! the digest.

use super::Tree;
use crate::base::{Data, ZPath, parent_of};

/// Below it are the quotas.
const QUOTAS: &str = "/zookeeper/quota";
/// The name of the znode with the limits.
const LIMITS: &str = "/zookeeper_limits";
/// The name of the znode that says what is used.
const STATS: &str = "/zookeeper_stats";

/// What is used below a znode, itself included.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Usage {
    /// How many znodes.
    pub count: i64,
    /// How many bytes of data.
    pub bytes: i64,
}

/// What may be used; `None` for no limit. The soft limits are there to be read by people.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Limits {
    /// More znodes than these are worth a warning.
    pub count: Option<i64>,
    /// More bytes than these are worth a warning.
    pub bytes: Option<i64>,
    /// There may be so many znodes at the most.
    pub count_hard: Option<i64>,
    /// There may be so many bytes at the most.
    pub bytes_hard: Option<i64>,
}

impl Limits {
    /// Reads `count=5,bytes=-1;countHardLimit=7;byteHardLimit=-1`, in any order; what cannot be read
    /// is no limit (`StatsTrack.java`).
    fn parse(data: &Data) -> Limits {
        let mut limits = Limits::default();
        let parts = data.as_text().unwrap_or("").split([',', ';']);
        for (name, number) in parts.filter_map(|part| part.split_once('=')) {
            let number = number.trim_end_matches('=').parse().ok().filter(|&it: &i64| it >= 0);
            match name {
                "count" => limits.count = number,
                "bytes" => limits.bytes = number,
                "countHardLimit" => limits.count_hard = number,
                "byteHardLimit" => limits.bytes_hard = number,
                _ => {}
            }
        }
        limits
    }
}

/// The znode that a path of limits, or of what is used, is about; `None` for every other path.
fn target_of<'a>(path: &'a str, what: &str) -> Option<&'a str> {
    let target = path.strip_prefix(QUOTAS)?.strip_suffix(what)?;
    Some(if target.is_empty() { "/" } else { target })
}

fn place_of(target: &str, what: &str) -> String {
    let target = if target == "/" { "" } else { target };
    format!("{QUOTAS}{target}{what}")
}

impl Tree {
    /// The limits at or above `path` that are nearest to it, and what is used there.
    pub fn quota_of(&self, path: &str) -> Option<(Limits, Usage)> {
        let target = self.nearest_quota(path)?;
        let limits = Limits::parse(&self.get(&place_of(target.as_str(), LIMITS))?.data);
        Some((limits, self.quotas[target]))
    }

    /// Follows no quota that there is, for the mutant of ZOOKEEPER-1097.
    pub fn forget_quotas(&mut self) {
        self.quotas.clear();
    }

    fn nearest_quota(&self, path: &str) -> Option<&ZPath> {
        let mut at = Some(path).filter(|_| !self.quotas.is_empty());
        while let Some(path) = at {
            if let Some((target, _)) = self.quotas.get_key_value(path) {
                return Some(target);
            }
            at = parent_of(path);
        }
        None
    }

    /// A znode came, with so many bytes.
    pub(super) fn count_insert(&mut self, path: &str, bytes: usize) {
        if let Some(target) = target_of(path, LIMITS) {
            self.begin_quota(target);
        }
        if let Some(target) = target_of(path, STATS)
            && let Some(&usage) = self.quotas.get(target)
        {
            self.show_usage(target, usage);
        }
        self.use_quota(path, 1, bytes as i64);
    }

    /// A znode went, with so many bytes.
    pub(super) fn count_remove(&mut self, path: &str, bytes: usize) {
        if let Some(target) = target_of(path, LIMITS) {
            self.quotas.remove(target);
        }
        self.use_quota(path, -1, -(bytes as i64));
    }

    /// A znode has so many more bytes.
    pub(super) fn count_change(&mut self, path: &str, bytes: i64) {
        self.use_quota(path, 0, bytes);
    }

    /// Limits are set: what is used is counted once, and followed from then on.
    fn begin_quota(&mut self, target: &str) {
        let Ok(path) = ZPath::parse(target) else { return };
        let usage = self.used_below(target);
        self.quotas.insert(path, usage);
        self.show_usage(target, usage);
    }

    fn used_below(&self, path: &str) -> Usage {
        let mut usage = Usage::default();
        let mut left = vec![path.to_owned()];
        while let Some(path) = left.pop() {
            let Some(znode) = self.get(&path) else { continue };
            usage.count += 1;
            usage.bytes += znode.data.len() as i64;
            let base = if path == "/" { "" } else { &path };
            left.extend(znode.children.iter().map(|name| format!("{base}/{name}")));
        }
        usage
    }

    fn use_quota(&mut self, path: &str, count: i64, bytes: i64) {
        if self.quotas.is_empty() || path.starts_with("/zookeeper/") {
            return;
        }
        let Some(target) = self.nearest_quota(path).cloned() else { return };
        let usage = self.quotas.get_mut(&target).expect("it was just found");
        usage.count += count;
        usage.bytes += bytes;
        let usage = *usage;
        self.show_usage(target.as_str(), usage);
    }

    /// Not by a transaction: no version changes.
    fn show_usage(&mut self, target: &str, usage: Usage) {
        if let Some(znode) = self.znodes.get_mut(place_of(target, STATS).as_str()) {
            znode.data = format!("count={},bytes={}", usage.count, usage.bytes).into();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::ZPath;
    use crate::tree::Znode;

    fn put(tree: &mut Tree, path: &str, data: &str) {
        let znode = Znode { data: data.into(), ..Znode::default() };
        tree.insert(ZPath::parse(path).unwrap(), znode);
    }

    #[test]
    fn what_is_used_is_followed_from_the_limits_on() {
        let mut tree = Tree::new();
        for (path, data) in [("/a", "12"), ("/a/b", "345"), ("/x", "1")] {
            put(&mut tree, path, data);
        }
        assert_eq!(tree.quota_of("/a/b"), None);
        for (path, data) in [
            ("/zookeeper/quota/a", ""),
            ("/zookeeper/quota/a/zookeeper_limits", "count=-1,bytes=9=;countHardLimit=3"),
            ("/zookeeper/quota/a/zookeeper_stats", "count=0,bytes=0"),
        ] {
            put(&mut tree, path, data);
        }
        let stats = |tree: &Tree| {
            let znode = tree.get("/zookeeper/quota/a/zookeeper_stats").unwrap();
            znode.data.as_text().unwrap().to_owned()
        };
        assert_eq!(stats(&tree), "count=2,bytes=5", "as soon as there is a place for it");
        put(&mut tree, "/a/c", "6");
        let limits = Limits { bytes: Some(9), count_hard: Some(3), ..Limits::default() };
        assert_eq!(tree.quota_of("/a/new"), Some((limits, Usage { count: 3, bytes: 6 })));
        assert_eq!(tree.quota_of("/x"), None);
        assert_eq!(stats(&tree), "count=3,bytes=6");
    }
}
