//! Requests in short forms, for the workloads.

use crate::base::{Data, ErrorCode, Stat, ZPath};
use crate::history::{Acls, Answer, CreateMode, Form, Op, Outcome, Proof};

/// Whichever version it has.
pub const ANY: i32 = -1;

/// A path that a workload is sure of.
pub fn path(text: &str) -> ZPath {
    ZPath::parse(text).expect("workloads name valid paths")
}

/// The znode of this name below.
pub fn below(parent: &ZPath, name: &str) -> ZPath {
    parent.child(name).expect("workloads, and the service, give valid names")
}

/// Creates a persistent znode.
pub fn create(path: &ZPath, data: impl Into<Data>) -> Op {
    create_as(CreateMode::Persistent, path, data)
}

/// Creates a znode.
pub fn create_as(mode: CreateMode, path: &ZPath, data: impl Into<Data>) -> Op {
    let (path, data, acls, form) = (path.clone(), data.into(), Acls::OPEN, Form::Second);
    Op::Create { path, data, mode, acls, form }
}

/// Deletes a znode.
pub fn delete(path: &ZPath, version: i32) -> Op {
    Op::Delete { path: path.clone(), version }
}

/// Sets data.
pub fn set(path: &ZPath, data: impl Into<Data>, version: i32) -> Op {
    Op::SetData { path: path.clone(), data: data.into(), version }
}

/// Checks a version, within a multi.
pub fn check(path: &ZPath, version: i32) -> Op {
    Op::Check { path: path.clone(), version }
}

/// Reads data, without a watch.
pub fn get(path: &ZPath) -> Op {
    Op::GetData { path: path.clone(), watch: false }
}

/// Reads the Stat, without a watch.
pub fn exists(path: &ZPath) -> Op {
    Op::Exists { path: path.clone(), watch: false }
}

/// Reads the children, without a watch.
pub fn children(path: &ZPath) -> Op {
    Op::GetChildren { path: path.clone(), watch: false, form: Form::Second }
}

/// The same in its first form, without a Stat in the answer.
pub fn without_stat(mut op: Op) -> Op {
    if let Op::Create { form, .. } | Op::GetChildren { form, .. } = &mut op {
        *form = Form::First;
    }
    op
}

/// Catches up with the leader.
pub fn sync(path: &ZPath) -> Op {
    Op::Sync { path: path.clone() }
}

/// Shows who the client is.
pub fn show(scheme: &str, secret: &str) -> Op {
    Op::AddAuth(Proof { scheme: scheme.to_owned(), secret: secret.to_owned() })
}

/// The same read, which also leaves a watch.
pub fn watching(mut read: Op) -> Op {
    if let Op::Exists { watch, .. } | Op::GetData { watch, .. } | Op::GetChildren { watch, .. } =
        &mut read
    {
        *watch = true;
    }
    read
}

/// The znode that a single request is about; `None` for those that are about several, or none.
pub fn subject(op: &Op) -> Option<&ZPath> {
    match op {
        Op::Create { path, .. } | Op::Delete { path, .. } | Op::SetData { path, .. } => Some(path),
        Op::Exists { path, .. } | Op::GetData { path, .. } => Some(path),
        Op::GetChildren { path, .. } | Op::Check { path, .. } | Op::Sync { path } => Some(path),
        Op::GetAcl { path } | Op::SetAcl { path, .. } => Some(path),
        Op::AddWatch { path, .. } | Op::RemoveWatches { path, .. } => Some(path),
        Op::CheckWatches { path, .. } | Op::GetAllChildrenNumber { path } => Some(path),
        Op::MultiRead(_) | Op::GetEphemerals { .. } | Op::WhoAmI => None,
        Op::Multi(_) | Op::Close | Op::AddAuth(_) | Op::Reconfig { .. } => None,
    }
}

/// The Stat that an answer brings of its znode.
pub fn stat_of(answer: &Answer) -> Option<&Stat> {
    let Answer::Ok { outcome, .. } = answer else { return None };
    match outcome {
        Outcome::Exists(stat) | Outcome::Set(stat) | Outcome::AclSet(stat) => Some(stat),
        Outcome::Acl { stat, .. } => Some(stat),
        Outcome::Data { stat, .. } => Some(stat),
        Outcome::Created { stat, .. } | Outcome::Children { stat, .. } => stat.as_ref(),
        Outcome::Deleted | Outcome::Multi(_) | Outcome::MultiRefused(_) => None,
        Outcome::Checked | Outcome::Synced | Outcome::Closed => None,
        Outcome::Authenticated | Outcome::Watching | Outcome::Removed => None,
        Outcome::Watched | Outcome::MultiRead(_) | Outcome::PartRefused(_) => None,
        Outcome::Ephemerals(_) | Outcome::Number(_) | Outcome::Identities(_) => None,
        Outcome::Reconfigured { .. } => None,
    }
}

/// Whether the service refused, and for this reason.
pub fn refused_for(answer: &Answer, reason: ErrorCode) -> bool {
    matches!(answer, Answer::Refused { code, .. } if *code == reason)
}
