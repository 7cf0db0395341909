//! Whether what a read brought is what was there.

use super::access::{is_believed, masked, may};
use super::expect::CONFIG;
use super::requests::Request;
use super::versions::Versions;
use crate::base::{ErrorCode, Stat, ZPath, Zxid};
use crate::history::{Acl, Acls, Identity, Op, Outcome};
use std::fmt::Debug;

impl Versions {
    /// Whether `outcome` is what the request has to bring after the transactions up to `zxid`. `Err`
    /// says in words what differs.
    ///
    /// Operations that do not read are always right here.
    pub fn check_read(
        &self,
        request: &Request,
        outcome: &Outcome,
        zxid: Zxid,
    ) -> Result<(), String> {
        let op = &request.op;
        if let Op::AddAuth(proof) = op {
            let right = is_believed(proof);
            return if right { Ok(()) } else { Err("nothing is shown by that".to_owned()) };
        }
        let Some(path) = read_by(op) else { return Ok(()) };
        if path.as_str() == CONFIG {
            return Ok(());
        }
        let Some(znode) = self.znode_at(path.as_str(), zxid) else {
            return Err(format!("{path} was not there"));
        };
        if !may_read(op, &znode.acls, &request.ids) {
            return Err(format!("who asks may not read {path}, which is for {:?}", znode.acls));
        }
        match (op, outcome) {
            (Op::GetAcl { .. }, Outcome::Acl { acls, stat }) => {
                let all = may(&znode.acls, Acl::ADMIN, &request.ids);
                let due = if all { znode.acls.clone() } else { masked(&znode.acls) };
                same("ACL", path, acls, &due)?;
                same_stat(path, stat, &znode.stat())
            }
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

    /// The znode that a request reads after the transactions up to `zxid`, and whether its client
    /// may; `None` when it is not there, or for everybody.
    pub fn may_read<'a>(&self, request: &'a Request, zxid: Zxid) -> Option<(&'a ZPath, bool)> {
        let path = read_by(&request.op)?;
        let znode = self.znode_at(path.as_str(), zxid).filter(|znode| !znode.acls.is_open())?;
        Some((path, may_read(&request.op, &znode.acls, &request.ids)))
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

    /// Whether the request had to be refused with `code` after the transactions up to `zxid`. `Err`
    /// says in words why not.
    pub fn check_refusal(
        &self,
        request: &Request,
        code: ErrorCode,
        zxid: Zxid,
    ) -> Result<(), String> {
        let op = &request.op;
        if let Op::AddAuth(proof) = op {
            let right = code == ErrorCode::AuthFailed && !is_believed(proof);
            return if right { Ok(()) } else { Err(format!("nothing was wrong with `{op}`")) };
        }
        let Some(path) = read_by(op) else { return Ok(()) };
        let znode = self.znode_at(path.as_str(), zxid);
        match (code, znode) {
            (ErrorCode::NoNode, Some(_)) => Err(format!("{path} was there, not {code:?}")),
            (ErrorCode::NoAuth, Some(znode)) if may_read(op, &znode.acls, &request.ids) => {
                Err(format!("who asks may read {path}, which is for {:?}", znode.acls))
            }
            (ErrorCode::NoAuth, Some(_)) | (ErrorCode::NoNode, None) => Ok(()),
            (ErrorCode::SessionExpired | ErrorCode::SessionMoved, _) => Ok(()),
            _ => Err(format!("nothing at {path} was a reason for {code:?}")),
        }
    }
}

/// The znode that a read is about.
fn read_by(op: &Op) -> Option<&ZPath> {
    match op {
        Op::Exists { path, .. } | Op::GetData { path, .. } => Some(path),
        Op::GetChildren { path, .. } | Op::GetAcl { path } => Some(path),
        Op::Create { .. } | Op::Delete { .. } | Op::SetData { .. } | Op::SetAcl { .. } => None,
        Op::Multi(_) | Op::Check { .. } | Op::Sync { .. } | Op::Close | Op::AddAuth(_) => None,
        Op::AddWatch { .. } | Op::RemoveWatches { .. } | Op::Reconfig { .. } => None,
    }
}

/// Who may read the data may see the rest, too; the list itself is also for those who may change it.
fn may_read(op: &Op, acls: &Acls, ids: &[Identity]) -> bool {
    let perms = if matches!(op, Op::GetAcl { .. }) { Acl::READ | Acl::ADMIN } else { Acl::READ };
    may(acls, perms, ids)
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
