//! Whether what a read brought is what was there.

use super::expect::CONFIG;
use super::versions::Versions;
use crate::base::{ErrorCode, Stat, ZPath, Zxid};
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
            return Err(format!("{path} was not there"));
        };
        match (op, outcome) {
            (Op::Exists { .. }, Outcome::Exists(stat)) => same_stat(path, stat, &znode.stat()),
            (Op::GetData { .. }, Outcome::Data { data, stat }) => {
                same("data", path, data, &znode.data)?;
                same_stat(path, stat, &znode.stat())
            }
            (Op::GetChildren { .. }, Outcome::Children { children, stat }) => {
                self.check_children(path, children, zxid)?;
                same_stat(path, stat, &znode.stat())
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
        Err(format!("the children of {path} were {there:?}, not {names:?}"))
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
            ErrorCode::NoNode if there => Err(format!("{path} was there, not {code:?}")),
            ErrorCode::NoNode | ErrorCode::SessionExpired | ErrorCode::SessionMoved => Ok(()),
            _ => Err(format!("nothing at {path} was a reason for {code:?}")),
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
    Err(format!("the {what} of {path} was {there:?}, not {found:?}"))
}

/// In which fields two Stats differ, in words; `None` when they do not.
pub fn stat_difference(found: &Stat, due: &Stat) -> Option<String> {
    let number = |name: &str, found: i64, due: i64| {
        (found != due).then(|| format!("{name} {due}, not {found}"))
    };
    let zxid = |name: &str, found: Zxid, due: Zxid| {
        (found != due).then(|| format!("{name} {due}, not {found}"))
    };
    let fields = [
        zxid("czxid", found.czxid, due.czxid),
        zxid("mzxid", found.mzxid, due.mzxid),
        zxid("pzxid", found.pzxid, due.pzxid),
        number("ctime", found.ctime, due.ctime),
        number("mtime", found.mtime, due.mtime),
        number("version", found.version.into(), due.version.into()),
        number("cversion", found.cversion.into(), due.cversion.into()),
        number("aversion", found.aversion.into(), due.aversion.into()),
        number("ephemeralOwner", found.ephemeral_owner.0, due.ephemeral_owner.0),
        number("dataLength", found.data_length.into(), due.data_length.into()),
        number("numChildren", found.num_children.into(), due.num_children.into()),
    ];
    let fields: Vec<String> = fields.into_iter().flatten().collect();
    (!fields.is_empty()).then(|| fields.join(", "))
}

fn same_stat(path: &ZPath, found: &Stat, there: &Stat) -> Result<(), String> {
    if found == there {
        return Ok(());
    }
    let difference = stat_difference(found, there).unwrap_or_default();
    Err(format!("the Stat of {path} had {difference}"))
}
