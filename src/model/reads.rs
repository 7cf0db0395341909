//! Whether what a read brought is what was there.

use super::access::{is_believed, masked, may};
use super::expect::CONFIG;
use super::requests::Request;
use super::versions::Versions;
use super::znode::Znode;
use crate::base::{Data, ErrorCode, SessionId, Stat, ZPath, Zxid};
use crate::history::{Acl, Acls, Answer, Identity, Op, Outcome};
use std::borrow::Cow;
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
        let ids = &request.ids;
        match (&request.op, outcome) {
            (Op::AddAuth(proof), _) if is_believed(proof) => Ok(()),
            (Op::AddAuth(_), _) => Err("nothing is shown by that".to_owned()),
            (Op::WhoAmI, Outcome::Identities(found)) => same_identities(found, ids),
            (Op::GetEphemerals { prefix }, Outcome::Ephemerals(found)) => {
                self.check_ephemerals((request.session, prefix), found, zxid)
            }
            (Op::MultiRead(parts), Outcome::MultiRead(outcomes)) => {
                if parts.len() != outcomes.len() {
                    return Err(format!("{} questions have {outcomes:?}", parts.len()));
                }
                parts.iter().zip(outcomes).try_for_each(|(part, outcome)| match outcome {
                    Outcome::PartRefused(code) => self.check_refusal_of(part, ids, *code, zxid),
                    outcome => self.check_read_of(part, ids, outcome, zxid),
                })
            }
            (op, outcome) => self.check_read_of(op, ids, outcome, zxid),
        }
    }

    /// The same for a question about one znode, also one among several.
    fn check_read_of(
        &self,
        op: &Op,
        ids: &[Identity],
        outcome: &Outcome,
        zxid: Zxid,
    ) -> Result<(), String> {
        let Some(path) = read_by(op) else {
            let asks = asks_of_no_znode(op);
            return if asks { Err(format!("{outcome:?} is no answer to it")) } else { Ok(()) };
        };
        if path.as_str() == CONFIG {
            return Ok(());
        }
        let Some(znode) = self.znode_at(path.as_str(), zxid) else {
            return Err(format!("{path} was not there"));
        };
        if !may_read(op, &znode.acls, ids) {
            return Err(format!("who asks may not read {path}, which is for {:?}", znode.acls));
        }
        let znode = match self.usage_shown_at(path.as_str(), zxid) {
            None => Cow::Borrowed(znode),
            Some(known) => {
                let data = known.or_else(|| data_told(outcome)).unwrap_or_default();
                Cow::Owned(Znode { data, ..znode.clone() })
            }
        };
        match (op, outcome) {
            (Op::GetAcl { .. }, Outcome::Acl { acls, stat }) => {
                let all = may(&znode.acls, Acl::ADMIN, ids);
                let due = if all { znode.acls.clone() } else { masked(&znode.acls) };
                same("ACL", path, acls, &due)?;
                same_stat(path, stat, &znode.stat())
            }
            (Op::Exists { .. }, Outcome::Exists(stat)) => same_stat(path, stat, &znode.stat()),
            (Op::GetData { .. }, Outcome::Data { data, stat }) => {
                same("data", path, data, &znode.data)?;
                same_stat(path, stat, &znode.stat())
            }
            (Op::GetChildren { form, .. }, Outcome::Children { children, stat })
                if form.is_second() == stat.is_some() =>
            {
                self.check_children(path, children, zxid)?;
                stat.map_or(Ok(()), |stat| same_stat(path, &stat, &znode.stat()))
            }
            (Op::GetAllChildrenNumber { .. }, Outcome::Number(found)) => {
                let there = self.below_at(path.as_str(), zxid).count() as u32;
                same("number of descendants", path, found, &there)
            }
            _ => Err(format!("{outcome:?} is no answer to it")),
        }
    }

    /// The znodes that are not for everybody and that an answered request reads after the
    /// transactions up to `zxid`, each with whether its client may, and whether it was let.
    pub fn accesses<'a>(
        &self,
        request: &'a Request,
        answer: &Answer,
        zxid: Zxid,
    ) -> Vec<(&'a ZPath, bool, bool)> {
        let mut all = Vec::new();
        let mut access = |op: &'a Op, refused: Option<ErrorCode>| {
            let Some(path) = read_by(op) else { return };
            let znode = self.znode_at(path.as_str(), zxid);
            let Some(znode) = znode.filter(|znode| !znode.acls.is_open()) else { return };
            if refused.is_none_or(|code| code == ErrorCode::NoAuth) {
                all.push((path, may_read(op, &znode.acls, &request.ids), refused.is_none()));
            }
        };
        match (&request.op, answer) {
            (Op::MultiRead(parts), Answer::Ok { outcome: Outcome::MultiRead(outcomes), .. }) => {
                for (part, outcome) in parts.iter().zip(outcomes) {
                    let refused =
                        if let Outcome::PartRefused(code) = outcome { Some(*code) } else { None };
                    access(part, refused);
                }
            }
            (op, Answer::Ok { .. }) => access(op, None),
            (op, Answer::Refused { code, .. }) => access(op, Some(*code)),
            (_, Answer::Unknown(_)) => {}
        }
        all
    }

    fn check_ephemerals(
        &self,
        (session, prefix): (SessionId, &str),
        found: &[ZPath],
        zxid: Zxid,
    ) -> Result<(), String> {
        let own = self.ephemerals_at(session, zxid).into_iter();
        let there: Vec<&ZPath> = own.filter(|path| path.as_str().starts_with(prefix)).collect();
        if there.iter().copied().eq(found) {
            return Ok(());
        }
        Err(format!("the session had the ephemeral znodes {there:?}, not {found:?}"))
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
        match &request.op {
            Op::AddAuth(proof) if code == ErrorCode::AuthFailed && !is_believed(proof) => Ok(()),
            op @ Op::AddAuth(_) => Err(format!("nothing was wrong with `{op}`")),
            op => self.check_refusal_of(op, &request.ids, code, zxid),
        }
    }

    /// The same for a question about one znode, also one among several.
    fn check_refusal_of(
        &self,
        op: &Op,
        ids: &[Identity],
        code: ErrorCode,
        zxid: Zxid,
    ) -> Result<(), String> {
        if matches!(code, ErrorCode::SessionExpired | ErrorCode::SessionMoved) {
            return Ok(());
        }
        let Some(path) = read_by(op) else {
            let asks = asks_of_no_znode(op);
            return if asks { Err(format!("there is no reason for {code:?}")) } else { Ok(()) };
        };
        match (code, self.znode_at(path.as_str(), zxid)) {
            (ErrorCode::NoNode, Some(_)) => Err(format!("{path} was there, not {code:?}")),
            (ErrorCode::NoAuth, Some(znode)) if may_read(op, &znode.acls, ids) => {
                Err(format!("who asks may read {path}, which is for {:?}", znode.acls))
            }
            (ErrorCode::NoAuth, Some(_)) | (ErrorCode::NoNode, None) => Ok(()),
            _ => Err(format!("nothing at {path} was a reason for {code:?}")),
        }
    }
}

/// The znode that a question is about; `None` when it is about several, or about none.
fn read_by(op: &Op) -> Option<&ZPath> {
    match op {
        Op::Exists { path, .. } | Op::GetData { path, .. } => Some(path),
        Op::GetChildren { path, .. } | Op::GetAcl { path } => Some(path),
        Op::GetAllChildrenNumber { path } => Some(path),
        Op::Create { .. } | Op::Delete { .. } | Op::SetData { .. } | Op::SetAcl { .. } => None,
        Op::Multi(_) | Op::Check { .. } | Op::Sync { .. } | Op::Close | Op::AddAuth(_) => None,
        Op::AddWatch { .. } | Op::RemoveWatches { .. } | Op::Reconfig { .. } => None,
        Op::CheckWatches { .. } | Op::MultiRead(_) => None,
        Op::GetEphemerals { .. } | Op::WhoAmI => None,
    }
}

/// Whether it is a question all the same.
fn asks_of_no_znode(op: &Op) -> bool {
    matches!(op, Op::WhoAmI | Op::GetEphemerals { .. } | Op::MultiRead(_))
}

/// The data that an answer brings, or some of the length that it names.
fn data_told(outcome: &Outcome) -> Option<Data> {
    match outcome {
        Outcome::Data { data, .. } => Some(data.clone()),
        Outcome::Exists(stat)
        | Outcome::Acl { stat, .. }
        | Outcome::Children { stat: Some(stat), .. } => {
            Some(vec![0; usize::try_from(stat.data_length).ok()?].into())
        }
        _ => None,
    }
}

/// Who somebody is, in any order, without what is secret of it.
fn same_identities(found: &[Identity], ids: &[Identity]) -> Result<(), String> {
    let name = |it: &Identity| match &*it.scheme {
        "digest" => it.id.split(':').next().unwrap_or_default().to_owned(),
        _ => it.id.clone(),
    };
    let mut due: Vec<_> = ids.iter().map(|it| (it.scheme.clone(), name(it))).collect();
    let mut told: Vec<_> = found.iter().map(|it| (it.scheme.clone(), it.id.clone())).collect();
    due.sort_unstable();
    told.sort_unstable();
    if told == due { Ok(()) } else { Err(format!("the client was {due:?}, not {told:?}")) }
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
