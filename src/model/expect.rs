//! What a request has to bring, reckoned from what it asks and the state before it: the order of
//! failures of `zookeeper.md`, A.3, and the rules of multi, A.5.

use super::apply::{Stamp, created};
use super::versions::Versions;
use super::znode::Znode;
use crate::base::{Data, ErrorCode, SessionId, ZPath, Zxid, parent_of, sequence_suffix};
use crate::history::{Change, CreateMode, Op, Outcome};

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

/// What `op` brings as the transaction `stamp`, upon everything before it.
pub fn expect(versions: &Versions, op: &Op, stamp: Stamp) -> Expected {
    let mut ahead = Ahead { versions, stamp, edits: Vec::new() };
    let closed = |life: &super::Life| life.closed.is_some_and(|closed| closed < stamp.zxid);
    let closed = versions.session(stamp.session).is_some_and(closed);
    match op {
        Op::Close => Expected::Ok(Outcome::Closed),
        Op::Multi(parts) => ahead.multi(parts, closed),
        _ if closed => Expected::Refused(ErrorCode::SessionExpired),
        Op::Create { .. } | Op::Delete { .. } | Op::SetData { .. } => match ahead.step(op) {
            Ok(outcome) => Expected::Ok(outcome),
            Err(code) => Expected::Refused(code),
        },
        Op::Exists { .. } | Op::GetData { .. } | Op::GetChildren { .. } => Expected::Unjudged,
        Op::Check { .. } | Op::Sync { .. } => Expected::Unjudged,
    }
}

/// The tree before the transaction, and what its earlier parts did to it.
struct Ahead<'a> {
    versions: &'a Versions,
    stamp: Stamp,
    edits: Vec<(ZPath, Option<Znode>)>,
}

impl Ahead<'_> {
    fn multi(&mut self, parts: &[Op], closed: bool) -> Expected {
        let mut outcomes = Vec::with_capacity(parts.len());
        for (place, part) in parts.iter().enumerate() {
            let writes = Op::is_write(part) && !matches!(part, Op::Multi(_) | Op::Close);
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
            Op::Create { path, data, mode } => self.create(path, data, *mode),
            Op::Delete { path, version } => self.delete(path, *version),
            Op::SetData { path, data, version } => self.set_data((path, *version), data),
            Op::Check { path, version } => {
                at_version(self.znode(path.as_str()), *version)?;
                Ok(Outcome::Checked)
            }
            Op::Exists { .. } | Op::GetData { .. } | Op::GetChildren { .. } | Op::Multi(_) => {
                Err(ErrorCode::Unimplemented)
            }
            Op::Sync { .. } | Op::Close => Err(ErrorCode::Unimplemented),
        }
    }

    /// `PrepRequestProcessor.pRequest2TxnCreate`.
    fn create(
        &mut self,
        path: &ZPath,
        data: &Data,
        mode: CreateMode,
    ) -> Result<Outcome, ErrorCode> {
        let parent_path = parent_of(path.as_str()).unwrap_or("/");
        let parent = self.znode(parent_path).ok_or(ErrorCode::NoNode)?.clone();
        if parent_path == CONFIG {
            return Err(ErrorCode::NoAuth);
        }
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
        let owner = if mode.is_ephemeral() { self.stamp.session } else { SessionId(0) };
        let znode = created(self.stamp, data.clone(), owner);
        let stat = Some(znode.stat());
        self.edit_parent(&path, |parent, zxid| parent.child_created(zxid));
        self.edits.push((path.clone(), Some(znode)));
        Ok(Outcome::Created { path, stat })
    }

    /// `PrepRequestProcessor.pRequest2Txn`, `delete`.
    fn delete(&mut self, path: &ZPath, version: i32) -> Result<Outcome, ErrorCode> {
        if SPECIAL.contains(&path.as_str()) {
            return Err(ErrorCode::BadArguments);
        }
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
        if path.as_str() == CONFIG {
            return Err(ErrorCode::NoAuth);
        }
        let mut znode = at_version(self.znode(path.as_str()), version)?.clone();
        znode.set(data.clone(), self.stamp.zxid, self.stamp.time_ms);
        let stat = znode.stat();
        self.edits.push((path.clone(), Some(znode)));
        Ok(Outcome::Set(stat))
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
        Change::SetAcl { .. } => true,
        Change::Check { .. } | Change::Multi(_) | Change::Error(_) => true,
    }
}

/// Whether the leader's change does what the model expects of `op`.
pub fn agrees(op: &Op, expected: &Expected, change: &Change) -> bool {
    match (expected, change) {
        (Expected::Unjudged, _) => true,
        (Expected::Refused(code), Change::Error(found)) => *found == Some(*code),
        (Expected::Ok(outcome), change) => carries_out(op, outcome, change),
        (Expected::Refused(_), _) => false,
    }
}

fn carries_out(op: &Op, outcome: &Outcome, change: &Change) -> bool {
    match (op, outcome, change) {
        (
            Op::Create { data, mode, .. },
            Outcome::Created { path, .. },
            Change::Create { path: found, data: stored, ephemeral, parent_cversion: _ },
        ) => path == found && data == stored && mode.is_ephemeral() == *ephemeral,
        (Op::Delete { path, .. }, Outcome::Deleted, Change::Delete { path: found }) => {
            path == found
        }
        (
            Op::SetData { path, data, .. },
            Outcome::Set(stat),
            Change::SetData { path: found, data: stored, version },
        ) => path == found && data == stored && stat.version == *version,
        (Op::Check { path, .. }, Outcome::Checked, Change::Check { path: found }) => path == found,
        (Op::Close, Outcome::Closed, Change::CloseSession { .. }) => true,
        (Op::Multi(ops), Outcome::Multi(outcomes), Change::Multi(parts)) => {
            let mut each = ops.iter().zip(outcomes).zip(parts);
            parts.len() == ops.len() && each.all(|((op, it), part)| carries_out(op, it, part))
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
            parent_cversion: 1,
        };
        versions.apply(stamp(1), &Change::CreateSession { timeout_ms: 4000 }).unwrap();
        versions.apply(stamp(2), &change("/a", false)).unwrap();
        versions.apply(stamp(3), &change("/a/e", true)).unwrap();
        versions
    }

    fn create(path: &str, mode: CreateMode) -> Op {
        Op::Create { path: ZPath::parse(path).unwrap(), data: Data::NULL, mode }
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
            assert_eq!(expect(&versions(), &op, stamp(9)), Expected::Refused(code), "{op}");
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
        let done = expect(&versions(), &Op::Multi(ops.clone()), stamp(9));
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
        assert_eq!(expect(&versions(), &Op::Multi(failing), stamp(9)), refused);
    }

    #[test]
    fn a_closed_session_is_refused() {
        let mut versions = versions();
        versions.apply(stamp(4), &Change::CloseSession { paths: vec![] }).unwrap();
        let refused = Expected::Refused(ErrorCode::SessionExpired);
        assert_eq!(expect(&versions, &delete("/x", -1), stamp(9)), refused);
        assert_eq!(expect(&versions, &Op::Close, stamp(9)), Expected::Ok(Outcome::Closed));
    }
}
