//! Quotas: what is used, and what may be (`zookeeper.md`, A.9).
//!
//! What is used below a znode every server writes down for itself, without a transaction. Leaders
//! judge by what they have applied, so that requests on their way may pass a limit together.

use super::versions::Versions;
use crate::base::{Data, ErrorCode, ZPath, Zxid, parent_of};

/// Below it are the quotas.
const QUOTAS: &str = "/zookeeper/quota";
/// The znode with the limits, and the one that says what is used.
const LIMITS: &str = "/zookeeper_limits";
const STATS: &str = "/zookeeper_stats";

/// More znodes, and more bytes of data.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct More {
    pub(super) count: i64,
    pub(super) bytes: i64,
}

impl Versions {
    /// Whether so much more at `path` is within the limits that are nearest above it, by what was used
    /// after the transactions up to `applied`. `None` when that is not known: see [`Self::is_reckoned`].
    pub(super) fn within_quota(
        &self,
        path: &str,
        more: More,
        applied: Zxid,
    ) -> Option<Result<(), ErrorCode>> {
        let Some((target, limits)) = self.nearest_limits(path, applied) else {
            return Some(Ok(()));
        };
        if !self.is_reckoned(target) {
            return None;
        }
        let used = self.used_at(target, applied);
        let over = |name: &str, used: i64, more: i64| {
            let limit = limit_of(limits, name);
            more != 0 && limit.is_some_and(|limit| used.saturating_add(more) > limit)
        };
        let over = over("countHardLimit", used.count, more.count)
            || over("byteHardLimit", used.bytes, more.bytes);
        Some(if over { Err(ErrorCode::QuotaExceeded) } else { Ok(()) })
    }

    fn nearest_limits<'a>(&self, path: &'a str, zxid: Zxid) -> Option<(&'a str, &Data)> {
        let mut at = Some(path);
        while let Some(target) = at {
            if let Some(limits) = self.znode_at(&place_of(target, LIMITS), zxid) {
                return Some((target, &limits.data));
            }
            at = parent_of(target);
        }
        None
    }

    /// What a znode that says what is used says after the transactions up to `zxid`. `None` for other
    /// znodes; `Some(None)` when that is not known: nothing is followed without limits, others may
    /// have written into it, and see [`Self::is_reckoned`].
    pub(super) fn usage_shown_at(&self, path: &str, zxid: Zxid) -> Option<Option<Data>> {
        let target = path.strip_prefix(QUOTAS)?.strip_suffix(STATS)?;
        let target = if target.is_empty() { "/" } else { target };
        let limits = self.znode_at(&place_of(target, LIMITS), zxid);
        let untouched = self.znode_at(path, zxid).is_some_and(|it| it.version == 0);
        if limits.is_none() || !untouched || !self.is_reckoned(target) {
            return Some(None);
        }
        let More { count, bytes } = self.used_at(target, zxid);
        Some(Some(format!("count={count},bytes={bytes}").into()))
    }

    /// Whether what is used there is the same at every server, and known here. What is below limits within
    /// others is counted differently by servers that were started since; the system's own znodes are
    /// counted at the start only, with what each server has written into them.
    fn is_reckoned(&self, target: &str) -> bool {
        let of_system = target == "/" || target.starts_with("/zookeeper");
        !of_system && !self.has_limits_around(target)
    }

    /// Whether there ever were limits on a znode above or below.
    fn has_limits_around(&self, target: &str) -> bool {
        let of = |path: &ZPath| {
            let target = path.as_str().strip_prefix(QUOTAS)?.strip_suffix(LIMITS)?;
            Some(target.to_owned())
        };
        let is_above = |above: &str, below: &str| {
            below.strip_prefix(above).is_some_and(|rest| rest.starts_with('/'))
        };
        let mut all = self.places.keys().filter_map(of);
        all.any(|other| is_above(&other, target) || is_above(target, &other))
    }

    fn used_at(&self, target: &str, zxid: Zxid) -> More {
        let own = self.znode_at(target, zxid).map(|znode| znode.data.len());
        let below = self.below_at(target, zxid).map(|znode| znode.data.len());
        own.into_iter().chain(below).fold(More::default(), |used, bytes| More {
            count: used.count + 1,
            bytes: used.bytes + bytes as i64,
        })
    }
}

fn place_of(target: &str, what: &str) -> String {
    format!("{QUOTAS}{}{what}", if target == "/" { "" } else { target })
}

/// A number of `count=5,bytes=-1;countHardLimit=7`, of several the last; below 0 it is no limit.
fn limit_of(limits: &Data, name: &str) -> Option<i64> {
    let mut parts = limits.as_text()?.split([',', ';']).filter_map(|part| part.split_once('='));
    let number = parts.rfind(|(key, _)| *key == name)?.1;
    number.trim_end_matches('=').parse().ok().filter(|&limit| limit >= 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_read_as_servers_read_them() {
        let limits =
            Data::from("count=5,bytes=9=;countHardLimit=7;byteHardLimit=-1;countHardLimit=8");
        let of = |name| limit_of(&limits, name);
        assert_eq!((of("count"), of("bytes")), (Some(5), Some(9)));
        assert_eq!((of("countHardLimit"), of("byteHardLimit")), (Some(8), None));
        assert_eq!(limit_of(&Data::from("count=x;5"), "count"), None);
        assert_eq!(limit_of(&Data::NULL, "count"), None);
    }
}
