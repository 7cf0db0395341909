//! Whether what a read brought is what was there.

use super::expect::CONFIG;
use super::versions::Versions;
use crate::base::{ErrorCode, ZPath, Zxid};
use crate::history::{Op, Outcome};
use std::fmt::Debug;

impl Versions {
    /// Whether `outcome` is what `op` has to bring after the transactions up to `zxid`. `Err` says
    /// in words what differs.
    ///
    /// Operations that do not read are always right here.
    pub fn check_read(&self, op: &Op, outcome: &Outcome, zxid: Zxid) -> Result<(), String> {
        let (Op::Exists { path, .. } | Op::GetData { path, .. } | Op::GetChildren { path, .. }) =
            op
        else {
            return Ok(());
        };
        if path.as_str() == CONFIG {
            return Ok(());
        }
        let Some(znode) = self.znode_at(path.as_str(), zxid) else {
            return Err(format!("{path} is not there after {zxid}"));
        };
        match (op, outcome) {
            (Op::Exists { .. }, Outcome::Exists(stat)) => same("Stat", path, stat, &znode.stat()),
            (Op::GetData { .. }, Outcome::Data { data, stat }) => {
                same("data", path, data, &znode.data)?;
                same("Stat", path, stat, &znode.stat())
            }
            (Op::GetChildren { .. }, Outcome::Children { children, stat }) => {
                self.check_children(path, children, zxid)?;
                same("Stat", path, stat, &znode.stat())
            }
            _ => Err(format!("{outcome:?} is no answer to it")),
        }
    }

    fn check_children(&self, path: &ZPath, names: &[String], zxid: Zxid) -> Result<(), String> {
        let there = self.children_at(path.as_str(), zxid);
        let same = there.iter().map(|child| child.name()).eq(names.iter().map(String::as_str));
        if same {
            return Ok(());
        }
        let there: Vec<&str> = there.iter().map(|child| child.name()).collect();
        Err(format!("the children of {path} are {there:?} there"))
    }

    /// Whether `op` had to be refused with `code` after the transactions up to `zxid`. `Err` says
    /// in words why not.
    pub fn check_refusal(&self, op: &Op, code: ErrorCode, zxid: Zxid) -> Result<(), String> {
        let (Op::Exists { path, .. } | Op::GetData { path, .. } | Op::GetChildren { path, .. }) =
            op
        else {
            return Ok(());
        };
        let there = self.znode_at(path.as_str(), zxid).is_some();
        match code {
            ErrorCode::NoNode if there => Err(format!("{path} is there after {zxid}")),
            ErrorCode::NoNode | ErrorCode::SessionExpired | ErrorCode::SessionMoved => Ok(()),
            _ => Err(format!("nothing at {path} is a reason for it")),
        }
    }
}

fn same<T: PartialEq + Debug>(
    what: &str,
    path: &ZPath,
    found: &T,
    there: &T,
) -> Result<(), String> {
    if found == there {
        return Ok(());
    }
    Err(format!("the {what} of {path} is {there:?} there, not {found:?}"))
}
