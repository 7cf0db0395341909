//! What a request has to bring, reckoned from what it asks and the state before it: the order of
//! failures of `zookeeper.md`, A.3, and the rules of multi, A.5.

use super::access::{may, settled};
use super::apply::{New, Stamp, created};
use super::quota::More;
use super::versions::Versions;
use super::znode::Znode;
use crate::base::{Data, ErrorCode, SessionId, ZPath, Zxid, parent_of, sequence_suffix};
use crate::history::{Acl, Acls, Change, Identity, Op, Outcome, Passing};

/// What a request has to bring.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Expected {
    /// It is done, with this outcome.
    Ok(Outcome),
    /// It is refused, with this code.
    Refused(ErrorCode),
    /// The model does not say: there is no request, or it is none that becomes a transaction.
    Unjudged,
}

/// Znodes that nobody deletes (`ZKDatabase.isSpecialPath`).
const SPECIAL: [&str; 4] = ["/", "/zookeeper", "/zookeeper/quota", "/zookeeper/config"];

/// The ensemble's own configuration: readable by all, written by none. Its content is set up by
/// each server for itself, so the model does not know it.
pub const CONFIG: &str = "/zookeeper/config";

/// The longest time to live, in milliseconds (`EphemeralType.TTL.maxValue`).
const TTL_MS_MAX: i64 = 0xff_ffff_ffff;

/// How something was asked for.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The transaction that it became.
    pub stamp: Stamp,
    /// All that whoever asks is.
    pub ids: &'a [Identity],
    /// The last transaction that the leader had applied; `None` where quotas are not enforced.
    pub quotas: Option<Zxid>,
}

/// What `op` brings, upon everything before its transaction.
pub fn expect(versions: &Versions, op: &Op, asked: Asked<'_>) -> Expected {
    let Asked { stamp, ids, quotas } = asked;
    let mut ahead = Ahead { versions, stamp, ids, quotas, unknown: false, edits: Vec::new() };
    let closed = |life: &super::Life| life.closed.is_some_and(|closed| closed < stamp.zxid);
    let closed = versions.session(stamp.session).is_some_and(closed);
    let expected = match op {
        Op::Close => Expected::Ok(Outcome::Closed),
        Op::Multi(parts) => ahead.multi(parts, closed),
        _ if closed => Expected::Refused(ErrorCode::SessionExpired),
        Op::Create { .. } | Op::Delete { .. } | Op::SetData { .. } | Op::SetAcl { .. } => {
            ahead.step(op).map_or_else(Expected::Refused, Expected::Ok)
        }
        Op::Exists { .. } | Op::GetData { .. } | Op::GetChildren { .. } => Expected::Unjudged,
        Op::Check { .. } | Op::Sync { .. } | Op::Reconfig { .. } => Expected::Unjudged,
        Op::AddAuth(_) | Op::GetAcl { .. } => Expected::Unjudged,
        Op::AddWatch { .. } | Op::RemoveWatches { .. } => Expected::Unjudged,
        Op::CheckWatches { .. } | Op::MultiRead(_) | Op::WhoAmI => Expected::Unjudged,
        Op::GetEphemerals { .. } | Op::GetAllChildrenNumber { .. } => Expected::Unjudged,
    };
    if ahead.unknown { Expected::Unjudged } else { expected }
}

/// The tree before the transaction, and what its earlier parts did to it.
struct Ahead<'a> {
    versions: &'a Versions,
    stamp: Stamp,
    ids: &'a [Identity],
    quotas: Option<Zxid>,
    /// It hangs on a quota of which the model does not know how much is used.
    unknown: bool,
    edits: Vec<(ZPath, Option<Znode>)>,
}

impl Ahead<'_> {
    fn multi(&mut self, parts: &[Op], closed: bool) -> Expected {
        let mut outcomes = Vec::with_capacity(parts.len());
        for (place, part) in parts.iter().enumerate() {
            let whole = matches!(part, Op::Multi(_) | Op::Reconfig { .. } | Op::Close);
            let writes = Op::is_write(part) && !whole && !matches!(part, Op::SetAcl { .. });
            if !writes {
                return Expected::Unjudged;
            }
            let step = if closed { Err(ErrorCode::SessionExpired) } else { self.step(part) };
            match step {
                Ok(outcome) => outcomes.push(outcome),
                Err(code) => {
                    let mut codes = vec![None; place];
                    codes.push(Some(code));
                    codes.resize(parts.len(), Some(ErrorCode::RuntimeInconsistency));
                    return Expected::Ok(Outcome::MultiRefused(codes));
                }
            }
        }
        Expected::Ok(Outcome::Multi(outcomes))
    }

    fn step(&mut self, op: &Op) -> Result<Outcome, ErrorCode> {
        match op {
            Op::Create { .. } => self.create(op),
            Op::Delete { path, version } => self.delete(path, *version),
            Op::SetData { path, data, version } => self.set_data((path, *version), data),
            Op::Check { path, version } => {
                self.allowed(path.as_str(), Acl::READ)?;
                at_version(self.znode(path.as_str()), *version)?;
                Ok(Outcome::Checked)
            }
            Op::SetAcl { path, acls, version } => self.set_acl((path, *version), acls),
            Op::Exists { .. } | Op::GetData { .. } | Op::GetChildren { .. } | Op::Multi(_) => {
                Err(ErrorCode::Unimplemented)
            }
            Op::Sync { .. } | Op::Close | Op::AddAuth(_) => Err(ErrorCode::Unimplemented),
            Op::GetAcl { .. } | Op::AddWatch { .. } => Err(ErrorCode::Unimplemented),
            Op::RemoveWatches { .. } | Op::Reconfig { .. } => Err(ErrorCode::Unimplemented),
            Op::CheckWatches { .. } | Op::MultiRead(_) => Err(ErrorCode::Unimplemented),
            Op::GetEphemerals { .. } | Op::WhoAmI => Err(ErrorCode::Unimplemented),
            Op::GetAllChildrenNumber { .. } => Err(ErrorCode::Unimplemented),
        }
    }

    /// `PrepRequestProcessor.pRequest2TxnCreate`.
    fn create(&mut self, op: &Op) -> Result<Outcome, ErrorCode> {
        let Op::Create { path, data, mode, acls, form } = op else {
            return Err(ErrorCode::Unimplemented);
        };
        if let Some(Passing::Ttl { ms }) = mode.passing()
            && !(1..=TTL_MS_MAX).contains(&ms)
        {
            return Err(ErrorCode::BadArguments);
        }
        let acls = settled(acls, self.ids)?;
        let parent_path = parent_of(path.as_str()).unwrap_or("/");
        let parent = self.allowed(parent_path, Acl::CREATE)?.clone();
        let path = if mode.is_sequential() {
            let full = format!("{path}{}", sequence_suffix(parent.created));
            ZPath::parse(&full).map_err(|_| ErrorCode::BadArguments)?
        } else {
            path.clone()
        };
        if self.znode(path.as_str()).is_some() {
            return Err(ErrorCode::NodeExists);
        }
        if parent.is_ephemeral() {
            return Err(ErrorCode::NoChildrenForEphemerals);
        }
        self.within_quota(path.as_str(), More { count: 1, bytes: data.len() as i64 })?;
        let owner = if mode.is_ephemeral() { self.stamp.session } else { SessionId(0) };
        let (data, passing) = (data.clone(), mode.passing());
        let znode = created(self.stamp, New { data, owner, passing, acls });
        // Containers and znodes with a time to live have no form without.
        let stat = (form.is_second() || passing.is_some()).then(|| znode.stat());
        self.edit_parent(&path, |parent, zxid| parent.child_created(zxid));
        self.edits.push((path.clone(), Some(znode)));
        Ok(Outcome::Created { path, stat })
    }

    /// `PrepRequestProcessor.pRequest2Txn`, `delete`.
    fn delete(&mut self, path: &ZPath, version: i32) -> Result<Outcome, ErrorCode> {
        if SPECIAL.contains(&path.as_str()) {
            return Err(ErrorCode::BadArguments);
        }
        self.allowed(parent_of(path.as_str()).unwrap_or("/"), Acl::DELETE)?;
        let znode = at_version(self.znode(path.as_str()), version)?;
        if znode.children > 0 {
            return Err(ErrorCode::NotEmpty);
        }
        self.edit_parent(path, |parent, zxid| parent.child_deleted(zxid));
        self.edits.push((path.clone(), None));
        Ok(Outcome::Deleted)
    }

    /// `PrepRequestProcessor.pRequest2Txn`, `setData`.
    fn set_data(
        &mut self,
        (path, version): (&ZPath, i32),
        data: &Data,
    ) -> Result<Outcome, ErrorCode> {
        self.allowed(path.as_str(), Acl::WRITE)?;
        if let Some(applied) = self.quotas {
            let before = self.versions.znode_at(path.as_str(), applied);
            let bytes = data.len() as i64 - before.map_or(0, |znode| znode.data.len() as i64);
            self.within_quota(path.as_str(), More { count: 0, bytes })?;
        }
        let mut znode = at_version(self.znode(path.as_str()), version)?.clone();
        znode.set(data.clone(), self.stamp.zxid, self.stamp.time_ms);
        let stat = znode.stat();
        self.edits.push((path.clone(), Some(znode)));
        Ok(Outcome::Set(stat))
    }

    /// `PrepRequestProcessor.pRequest2Txn`, `setACL`.
    fn set_acl(
        &mut self,
        (path, version): (&ZPath, i32),
        acls: &Acls,
    ) -> Result<Outcome, ErrorCode> {
        let acls = settled(acls, self.ids)?;
        let mut znode = self.allowed(path.as_str(), Acl::ADMIN)?.clone();
        if version != -1 && version != znode.aversion {
            return Err(ErrorCode::BadVersion);
        }
        znode.aversion = znode.aversion.wrapping_add(1);
        znode.acls = acls;
        let stat = znode.stat();
        self.edits.push((path.clone(), Some(znode)));
        Ok(Outcome::AclSet(stat))
    }

    fn within_quota(&mut self, path: &str, more: More) -> Result<(), ErrorCode> {
        let Some(applied) = self.quotas else { return Ok(()) };
        let known = self.versions.within_quota(path, more, applied);
        self.unknown |= known.is_none();
        known.unwrap_or(Ok(()))
    }

    /// The znode, if it is there and gives the permission.
    fn allowed(&self, path: &str, perm: i32) -> Result<&Znode, ErrorCode> {
        let znode = self.znode(path).ok_or(ErrorCode::NoNode)?;
        if may(&znode.acls, perm, self.ids) { Ok(znode) } else { Err(ErrorCode::NoAuth) }
    }

    fn znode(&self, path: &str) -> Option<&Znode> {
        match self.edits.iter().rev().find(|edit| edit.0.as_str() == path) {
            Some((_, znode)) => znode.as_ref(),
            None => self.versions.znode_at(path, before(self.stamp.zxid)),
        }
    }

    fn edit_parent(&mut self, path: &ZPath, edit: impl Fn(&mut Znode, Zxid)) {
        let Some(parent_path) = path.parent() else { return };
        let Some(mut parent) = self.znode(parent_path.as_str()).cloned() else { return };
        edit(&mut parent, self.stamp.zxid);
        self.edits.push((parent_path, Some(parent)));
    }
}

/// The greatest zxid below this one: what it denotes is everything before the transaction.
pub fn before(zxid: Zxid) -> Zxid {
    Zxid::from_wire(zxid.to_wire() - 1)
}

/// The znode, if it is there and at this version (−1 for any).
fn at_version(znode: Option<&Znode>, version: i32) -> Result<&Znode, ErrorCode> {
    let znode = znode.ok_or(ErrorCode::NoNode)?;
    if version == -1 || version == znode.version { Ok(znode) } else { Err(ErrorCode::BadVersion) }
}

/// What a request brings that was refused for the standing of its session, which only the leader
/// knows: whether it is closing (`SessionExpired`), or has moved (`SessionMoved`). `None` when the
/// change is no such refusal.
pub fn refused_by_session(change: &Change) -> Option<Expected> {
    match change {
        Change::Error(Some(code)) if is_of_session(*code) => Some(Expected::Refused(*code)),
        Change::Multi(parts) => {
            let code = |part: &Change| match part {
                Change::Error(code) => Some(*code),
                _ => None,
            };
            let codes: Vec<Option<ErrorCode>> = parts.iter().map(code).collect::<Option<_>>()?;
            let first = codes.iter().find_map(|code| *code)?;
            is_of_session(first).then_some(Expected::Ok(Outcome::MultiRefused(codes)))
        }
        _ => None,
    }
}

/// True for the codes that speak of the session and not of the request.
pub fn is_of_session(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::SessionExpired | ErrorCode::SessionMoved)
}

/// Whether the change can be of this request at all. The transactions that begin and end sessions
/// carry no client's xid, but for the close that a client asks for.
pub fn may_carry_out(op: &Op, change: &Change) -> bool {
    match change {
        Change::CreateSession { .. } => false,
        Change::CloseSession { .. } => *op == Op::Close,
        Change::Create { .. } | Change::Delete { .. } | Change::SetData { .. } => true,
        Change::SetAcl { .. } | Change::Reconfig(_) => true,
        // Nobody but the leader does that.
        Change::Pass { .. } => false,
        Change::Check { .. } | Change::Multi(_) | Change::Error(_) => true,
    }
}

/// Whether the leader's change does what the model expects of `op`, asked for by somebody who is all
/// of `ids`.
pub fn agrees(op: &Op, expected: &Expected, change: &Change, ids: &[Identity]) -> bool {
    match (expected, change) {
        (Expected::Unjudged, _) => true,
        (Expected::Refused(code), Change::Error(found)) => *found == Some(*code),
        (Expected::Ok(outcome), change) => carries_out(op, outcome, change, ids),
        (Expected::Refused(_), _) => false,
    }
}

fn carries_out(op: &Op, outcome: &Outcome, change: &Change, ids: &[Identity]) -> bool {
    let is_given = |asked: &Acls, given: &Acls| settled(asked, ids).as_ref() == Ok(given);
    match (op, outcome, change) {
        (
            Op::Create { data, mode, acls, .. },
            Outcome::Created { path, .. },
            Change::Create { path: found, data: stored, ephemeral, passing, acls: given, .. },
        ) => {
            let kind = (mode.is_ephemeral(), mode.passing()) == (*ephemeral, *passing);
            path == found && data == stored && kind && is_given(acls, given)
        }
        (
            Op::SetAcl { path, acls, .. },
            Outcome::AclSet(stat),
            Change::SetAcl { path: found, acls: given, version },
        ) => path == found && stat.aversion == *version && is_given(acls, given),
        (Op::Delete { path, .. }, Outcome::Deleted, Change::Delete { path: found }) => {
            path == found
        }
        (
            Op::SetData { path, data, .. },
            Outcome::Set(stat),
            Change::SetData { path: found, data: stored, version },
        ) => path == found && data == stored && stat.version == *version,
        (Op::Check { path, .. }, Outcome::Checked, Change::Check { path: found }) => path == found,
        (Op::Reconfig { .. }, Outcome::Reconfigured { members, .. }, Change::Reconfig(found)) => {
            members == found
        }
        (Op::Close, Outcome::Closed, Change::CloseSession { .. }) => true,
        (Op::Multi(ops), Outcome::Multi(outcomes), Change::Multi(parts)) => {
            let mut each = ops.iter().zip(outcomes).zip(parts);
            parts.len() == ops.len() && each.all(|((op, it), part)| carries_out(op, it, part, ids))
        }
        (Op::Multi(_), Outcome::MultiRefused(codes), Change::Multi(parts)) => {
            let same =
                |(code, part): (&_, &Change)| matches!(part, Change::Error(it) if it == code);
            codes.len() == parts.len() && codes.iter().zip(parts).all(same)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Epoch;
    use crate::history::{CreateMode, Form};

    fn stamp(counter: u32) -> Stamp {
        Stamp { zxid: Zxid::new(Epoch(1), counter), session: SessionId(7), time_ms: 5 }
    }

    /// `/a` with the child `/a/e`, which is ephemeral.
    fn versions() -> Versions {
        let mut versions = Versions::default();
        let change = |path: &str, ephemeral| Change::Create {
            path: ZPath::parse(path).unwrap(),
            data: Data::NULL,
            ephemeral,
            passing: None,
            acls: Acls::OPEN,
            parent_cversion: 1,
        };
        versions.apply(stamp(1), &Change::CreateSession { timeout_ms: 4000 }).unwrap();
        versions.apply(stamp(2), &change("/a", false)).unwrap();
        versions.apply(stamp(3), &change("/a/e", true)).unwrap();
        versions
    }

    fn asked(ids: &[Identity]) -> Asked<'_> {
        Asked { stamp: stamp(9), ids, quotas: None }
    }

    fn create(path: &str, mode: CreateMode) -> Op {
        let path = ZPath::parse(path).unwrap();
        Op::Create { path, data: Data::NULL, mode, acls: Acls::OPEN, form: Form::Second }
    }

    fn delete(path: &str, version: i32) -> Op {
        Op::Delete { path: ZPath::parse(path).unwrap(), version }
    }

    #[test]
    fn the_first_failure_counts() {
        use ErrorCode::{BadArguments, BadVersion, NoChildrenForEphemerals, NoNode};
        use ErrorCode::{NodeExists, NotEmpty};
        let table = [
            (create("/x/y", CreateMode::Persistent), NoNode),
            (create("/a", CreateMode::Ephemeral), NodeExists),
            (create("/", CreateMode::Persistent), NodeExists),
            (create("/a/e/x", CreateMode::PersistentSequential), NoChildrenForEphemerals),
            (delete("/zookeeper/quota", 9), BadArguments),
            (delete("/x", -1), NoNode),
            (delete("/a", 3), BadVersion),
            (delete("/a", 0), NotEmpty),
        ];
        for (op, code) in table {
            assert_eq!(expect(&versions(), &op, asked(&[])), Expected::Refused(code), "{op}");
        }
    }

    #[test]
    fn parts_of_a_multi_see_the_earlier_ones() {
        let ops = vec![
            delete("/a/e", -1),
            create("/a/s-", CreateMode::PersistentSequential),
            create("/a/s-", CreateMode::PersistentSequential),
            delete("/a/s-0000000001", 0),
        ];
        let done = expect(&versions(), &Op::Multi(ops.clone()), asked(&[]));
        let Expected::Ok(Outcome::Multi(outcomes)) = done else { panic!("{done:?}") };
        let path = |place: usize| match &outcomes[place] {
            Outcome::Created { path, .. } => path.as_str(),
            other => panic!("{other:?}"),
        };
        assert_eq!((path(1), path(2)), ("/a/s-0000000001", "/a/s-0000000002"));
        let failing = [ops, vec![delete("/a", -1), delete("/a", -1)]].concat();
        let codes = [None, None, None, None, Some(ErrorCode::NotEmpty)];
        let codes = [&codes[..], &[Some(ErrorCode::RuntimeInconsistency)]].concat();
        let refused = Expected::Ok(Outcome::MultiRefused(codes));
        assert_eq!(expect(&versions(), &Op::Multi(failing), asked(&[])), refused);
    }

    #[test]
    fn lists_decide_who_may() {
        use ErrorCode::{BadVersion, InvalidAcl, NoAuth};
        let ann = Identity { scheme: "digest".to_owned(), id: "ann:x".to_owned() };
        let list = |text: &str| Acls::from(vec![text.parse::<Acl>().unwrap()]);
        let a = || ZPath::parse("/a").unwrap();
        let set_acl = |text, version| Op::SetAcl { path: a(), acls: list(text), version };
        let check = |version| Op::Multi(vec![Op::Check { path: a(), version }]);
        let mut versions = versions();
        let change = Change::SetAcl { path: a(), acls: list("digest:ann:x:ca"), version: 1 };
        versions.apply(stamp(4), &change).unwrap();
        let codes = |code| Expected::Ok(Outcome::MultiRefused(vec![Some(code)]));
        for (op, code) in [
            (create("/a/x", CreateMode::Persistent), NoAuth),
            (delete("/a/x", -1), NoAuth),
            (set_acl("auth::cdrwa", -1), InvalidAcl),
            (set_acl("world:anyone:r", 9), NoAuth),
        ] {
            assert_eq!(expect(&versions, &op, asked(&[])), Expected::Refused(code), "{op}");
        }
        assert_eq!(expect(&versions, &check(9), asked(&[])), codes(NoAuth));
        let ann = [ann];
        let done = expect(&versions, &create("/a/x", CreateMode::Persistent), asked(&ann));
        assert!(matches!(done, Expected::Ok(_)), "{done:?}");
        let late = expect(&versions, &set_acl("auth::r", 0), asked(&ann));
        assert_eq!(late, Expected::Refused(BadVersion));
    }

    #[test]
    fn a_closed_session_is_refused() {
        let mut versions = versions();
        versions.apply(stamp(4), &Change::CloseSession { paths: vec![] }).unwrap();
        let refused = Expected::Refused(ErrorCode::SessionExpired);
        assert_eq!(expect(&versions, &delete("/x", -1), asked(&[])), refused);
        assert_eq!(expect(&versions, &Op::Close, asked(&[])), Expected::Ok(Outcome::Closed));
    }
}
