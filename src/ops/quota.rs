//! Hard limits on how many znodes there are below one, and how many bytes they hold
//! (`ZooKeeperServer.checkQuota`).

use super::Preparation;
use crate::base::ErrorCode;
use crate::tree::Limits;

impl Preparation<'_> {
    /// Whether so many more bytes and znodes may come at `path`.
    pub(super) fn check_quota(&self, path: &str, bytes: i64, count: i64) -> Result<(), ErrorCode> {
        if !self.settings.enforces_quota {
            return Ok(());
        }
        let Some((limits, usage)) = self.tree.quota_of(path) else { return Ok(()) };
        let Limits { count_hard, bytes_hard, .. } = limits;
        // Whoever is over it already may not go down in steps that are too small, as in ZooKeeper.
        let over = |limit: Option<i64>, used: i64, more: i64| {
            more != 0 && limit.is_some_and(|limit| used + more > limit)
        };
        if over(count_hard, usage.count, count) || over(bytes_hard, usage.bytes, bytes) {
            return Err(ErrorCode::QuotaExceeded);
        }
        Ok(())
    }

    /// The same for new data of a znode that is there.
    pub(super) fn check_set_quota(&self, path: &str, bytes: i64) -> Result<(), ErrorCode> {
        let before = self.tree.get(path).map_or(0, |znode| znode.data.len() as i64);
        self.check_quota(path, bytes - before, 0)
    }
}
