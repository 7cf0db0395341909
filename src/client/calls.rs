//! Between what an application asks and learns, and the records on the wire.

use crate::base::{Data, ErrorCode, ServerId, Stat, ZPath, Zxid};
use crate::history::{
    self, Answer, CreateMode, Form, Identity, Members, Op, Outcome, Passing, Proof, Watching,
};
use crate::ops::{
    AddWatch, Auth, Check, CloseSession, Create, CreateTtl, Delete, Exists, GetAcl,
    GetAllChildrenNumber, GetChildren, GetData, GetEphemerals, Multi, MultiRead, MultiResult, Part,
    Read, Reconfig, RemoveWatches, Reply, Request, SetAcl, SetData, Sync, WhoAmI,
};
use crate::wire::{self, Acl, Malformed, Membership, Reader, ReplyHeader, opcode};

/// The request that an operation becomes.
pub(super) fn request(op: &Op) -> Request {
    if let Some(part) = op.misplaced() {
        panic!("`{part}` cannot be sent where it stands: {op}");
    }
    let text = ZPath::to_string;
    match op {
        Op::Create { .. } | Op::Delete { .. } | Op::SetData { .. } => alone(part(op)),
        Op::Exists { path, watch } => Request::Exists(Exists { path: text(path), watch: *watch }),
        Op::GetData { path, watch } => {
            Request::GetData(GetData { path: text(path), watch: *watch })
        }
        Op::GetChildren { path, watch, form } => {
            let asked = GetChildren { path: text(path), watch: *watch };
            match form {
                Form::First => Request::GetChildren(asked),
                Form::Second => Request::GetChildren2(asked),
            }
        }
        Op::Multi(parts) => Request::Multi(Multi { parts: parts.iter().map(part).collect() }),
        Op::Sync { path } => Request::Sync(Sync { path: text(path) }),
        Op::Reconfig { joining, leaving, whole, at } => {
            Request::Reconfig(reconfig(joining, leaving, *whole, *at))
        }
        Op::Close => Request::CloseSession(CloseSession),
        Op::AddAuth(proof) => Request::Auth(auth(proof)),
        Op::GetAcl { path } => Request::GetAcl(GetAcl { path: text(path) }),
        Op::SetAcl { path, acls, version } => Request::SetAcl(SetAcl {
            path: text(path),
            acls: acls.to_vec().iter().map(entry).collect(),
            version: *version,
        }),
        Op::AddWatch { path, recursive } => {
            Request::AddWatch(AddWatch { path: text(path), mode: i32::from(*recursive) })
        }
        Op::RemoveWatches { path, which } => {
            Request::RemoveWatches(RemoveWatches { path: text(path), kind: number_of(*which) })
        }
        Op::CheckWatches { path, which } => {
            Request::CheckWatches(RemoveWatches { path: text(path), kind: number_of(*which) })
        }
        Op::MultiRead(parts) => {
            Request::MultiRead(MultiRead { parts: parts.iter().map(read).collect() })
        }
        Op::GetEphemerals { prefix } => {
            Request::GetEphemerals(GetEphemerals { prefix: prefix.clone() })
        }
        Op::GetAllChildrenNumber { path } => {
            Request::GetAllChildrenNumber(GetAllChildrenNumber { path: text(path) })
        }
        Op::WhoAmI => Request::WhoAmI(WhoAmI),
        Op::Check { .. } => unreachable!("it would be misplaced"),
    }
}

fn part(op: &Op) -> Part {
    match op {
        Op::Create { path, data, mode, acls, form } => {
            let acls = acls.to_vec().iter().map(entry).collect();
            let (path, data, flags) = (path.to_string(), data.clone(), flags_of(*mode));
            let create = Create { path, data, acls, flags };
            match mode.passing() {
                None if *form == Form::First => Part::Create(create),
                None => Part::Create2(create),
                Some(Passing::Container) => Part::CreateContainer(create),
                Some(Passing::Ttl { ms }) => Part::CreateTtl(CreateTtl { create, ttl_ms: ms }),
            }
        }
        Op::Delete { path, version } => {
            Part::Delete(Delete { path: path.to_string(), version: *version })
        }
        Op::SetData { path, data, version } => Part::SetData(set_data(path, data, *version)),
        Op::Check { path, version } => {
            Part::Check(Check { path: path.to_string(), version: *version })
        }
        Op::Exists { .. }
        | Op::GetData { .. }
        | Op::GetChildren { .. }
        | Op::Multi(_)
        | Op::Sync { .. }
        | Op::AddAuth(_)
        | Op::GetAcl { .. }
        | Op::SetAcl { .. }
        | Op::AddWatch { .. }
        | Op::RemoveWatches { .. }
        | Op::CheckWatches { .. }
        | Op::MultiRead(_)
        | Op::GetEphemerals { .. }
        | Op::GetAllChildrenNumber { .. }
        | Op::WhoAmI
        | Op::Reconfig { .. }
        | Op::Close => unreachable!("it would be misplaced"),
    }
}

/// A question among several.
fn read(op: &Op) -> Read {
    match op {
        Op::GetData { path, watch: false } => {
            Read::Data(GetData { path: path.to_string(), watch: false })
        }
        Op::GetChildren { path, watch: false, form: Form::First } => {
            Read::Children(GetChildren { path: path.to_string(), watch: false })
        }
        _ => unreachable!("it would be misplaced"),
    }
}

/// The number of the kind (`CreateMode.java`).
fn flags_of(mode: CreateMode) -> i32 {
    match mode {
        CreateMode::Persistent => 0,
        CreateMode::Ephemeral => 1,
        CreateMode::PersistentSequential => 2,
        CreateMode::EphemeralSequential => 3,
        CreateMode::Container => 4,
        CreateMode::Ttl { .. } => 5,
        CreateMode::TtlSequential { .. } => 6,
    }
}

/// What stands in a multi, sent on its own.
fn alone(part: Part) -> Request {
    match part {
        Part::Create(it) => Request::Create(it),
        Part::Create2(it) => Request::Create2(it),
        Part::CreateContainer(it) => Request::CreateContainer(it),
        Part::CreateTtl(it) => Request::CreateTtl(it),
        Part::Delete(it) => Request::Delete(it),
        Part::SetData(it) => Request::SetData(it),
        Part::Check(it) => Request::Check(it),
    }
}

/// What shows a server who the client is.
pub(super) fn auth(proof: &Proof) -> Auth {
    let secret = proof.secret.clone().into_bytes();
    Auth { kind: 0, scheme: proof.scheme.clone(), proof: Some(secret) }
}

fn entry(acl: &history::Acl) -> Acl {
    Acl { perms: acl.perms, scheme: acl.scheme.clone(), id: acl.id.clone() }
}

fn number_of(which: Watching) -> i32 {
    match which {
        Watching::Children => 1,
        Watching::Data => 2,
        Watching::Any => 3,
        Watching::Persistent => 4,
        Watching::Recursive => 5,
    }
}

/// Servers are found by their names.
fn reconfig(joining: &Members, leaving: &[ServerId], whole: bool, at: Option<Zxid>) -> Reconfig {
    let members = Membership::named(&joining.voters, &joining.observers).members;
    let joining: Vec<String> =
        members.iter().map(|(id, it)| format!("server.{}={it}", id.0)).collect();
    let leaving: Vec<String> = leaving.iter().map(|id| id.0.to_string()).collect();
    let (joining, leaving) = (Some(joining.join(",")), Some(leaving.join(",")));
    let version = at.map_or(-1, Zxid::to_wire);
    match whole {
        true => Reconfig { joining: None, leaving: None, members: joining, version },
        false => Reconfig { joining, leaving, members: None, version },
    }
}

fn reconfigured(data: &Data) -> Option<Outcome> {
    let it = Membership::of_bytes(data.as_bytes()?)?;
    let (voters, observers) = (it.voters().collect(), it.observers().collect());
    Some(Outcome::Reconfigured { version: it.version, members: Members { voters, observers } })
}

fn set_data(path: &ZPath, data: &Data, version: i32) -> SetData {
    SetData { path: path.to_string(), data: data.clone(), version }
}

/// What the reply to `op` says; `body` is what follows the header.
///
/// Errors when the bytes are no reply to this operation.
pub(super) fn answer(op: &Op, header: ReplyHeader, body: &mut Reader) -> Result<Answer, Malformed> {
    let zxid = Zxid::from_wire(header.zxid);
    if header.error != 0 {
        let code = ErrorCode::from_wire(header.error);
        let code = code.ok_or_else(|| body.bad("an unknown error's number"))?;
        return Ok(Answer::Refused { zxid, code });
    }
    let reply = Reply::decode(opcode_of(op), body)?;
    if !body.is_done() {
        return Err(body.bad("bytes behind a reply"));
    }
    let outcome = outcome(op, reply).ok_or_else(|| body.bad("a reply that does not fit"))?;
    Ok(Answer::Ok { zxid, outcome })
}

/// The number of the request that [`request`] makes, without making it.
fn opcode_of(op: &Op) -> i32 {
    match op {
        Op::Create { mode, form, .. } => match mode.passing() {
            None if *form == Form::First => opcode::CREATE,
            None => opcode::CREATE2,
            Some(Passing::Container) => opcode::CREATE_CONTAINER,
            Some(Passing::Ttl { .. }) => opcode::CREATE_TTL,
        },
        Op::Delete { .. } => opcode::DELETE,
        Op::Exists { .. } => opcode::EXISTS,
        Op::GetData { .. } => opcode::GET_DATA,
        Op::SetData { .. } => opcode::SET_DATA,
        Op::GetChildren { form: Form::First, .. } => opcode::GET_CHILDREN,
        Op::GetChildren { form: Form::Second, .. } => opcode::GET_CHILDREN2,
        Op::Multi(_) => opcode::MULTI,
        Op::Check { .. } => opcode::CHECK,
        Op::Sync { .. } => opcode::SYNC,
        Op::Reconfig { .. } => opcode::RECONFIG,
        Op::Close => opcode::CLOSE_SESSION,
        Op::AddAuth(_) => opcode::AUTH,
        Op::GetAcl { .. } => opcode::GET_ACL,
        Op::SetAcl { .. } => opcode::SET_ACL,
        Op::AddWatch { .. } => opcode::ADD_WATCH,
        Op::RemoveWatches { .. } => opcode::REMOVE_WATCHES,
        Op::CheckWatches { .. } => opcode::CHECK_WATCHES,
        Op::MultiRead(_) => opcode::MULTI_READ,
        Op::GetEphemerals { .. } => opcode::GET_EPHEMERALS,
        Op::GetAllChildrenNumber { .. } => opcode::GET_ALL_CHILDREN_NUMBER,
        Op::WhoAmI => opcode::WHO_AM_I,
    }
}

/// `None` when the reply is one to another question.
fn outcome(op: &Op, reply: Reply) -> Option<Outcome> {
    Some(match (op, reply) {
        (Op::Create { .. }, Reply::Created { path, stat }) => created(&path, stat)?,
        (Op::Delete { .. }, Reply::Deleted) => Outcome::Deleted,
        (Op::Exists { .. }, Reply::Stat(stat)) => Outcome::Exists(stat),
        (Op::GetData { .. }, Reply::Data { data, stat }) => Outcome::Data { data, stat },
        (Op::SetData { .. }, Reply::Stat(stat)) => Outcome::Set(stat),
        (Op::GetChildren { .. }, Reply::Children { mut children, stat }) => {
            children.sort_unstable();
            Outcome::Children { children, stat }
        }
        (Op::Multi(parts), Reply::Multi(results)) => multi_outcome(parts, &results)?,
        (Op::Sync { .. }, Reply::Synced { .. }) => Outcome::Synced,
        (Op::Reconfig { .. }, Reply::Data { data, .. }) => reconfigured(&data)?,
        (Op::Close, Reply::Empty) => Outcome::Closed,
        (Op::AddAuth(_), Reply::Empty) => Outcome::Authenticated,
        (Op::GetAcl { .. }, Reply::Acl { acls, stat }) => {
            let entry = |it: Acl| history::Acl::new(&it.scheme, it.id, it.perms);
            Outcome::Acl { acls: acls.into_iter().map(entry).collect::<Vec<_>>().into(), stat }
        }
        (Op::SetAcl { .. }, Reply::Stat(stat)) => Outcome::AclSet(stat),
        (Op::AddWatch { .. }, Reply::Watching(_)) => Outcome::Watching,
        (Op::RemoveWatches { .. }, Reply::Empty) => Outcome::Removed,
        (Op::CheckWatches { .. }, Reply::Empty) => Outcome::Watched,
        (Op::MultiRead(parts), Reply::MultiRead(results)) => read_outcomes(parts, results)?,
        (Op::GetEphemerals { .. }, Reply::Paths(paths)) => {
            let paths = paths.iter().map(|path| ZPath::parse(path).ok());
            let mut paths: Vec<ZPath> = paths.collect::<Option<_>>()?;
            paths.sort_unstable();
            Outcome::Ephemerals(paths)
        }
        (Op::GetAllChildrenNumber { .. }, Reply::Number(number)) => {
            Outcome::Number(u32::try_from(number).ok()?)
        }
        (Op::WhoAmI, Reply::Identities(all)) => {
            let identity = |it: wire::Identity| Identity { scheme: it.scheme, id: it.id };
            Outcome::Identities(all.into_iter().map(identity).collect())
        }
        _ => return None,
    })
}

/// Each question's own.
fn read_outcomes(parts: &[Op], results: Vec<Result<Reply, i32>>) -> Option<Outcome> {
    if parts.len() != results.len() {
        return None;
    }
    let each = parts.iter().zip(results).map(|(part, result)| match result {
        Ok(reply) => outcome(part, reply),
        Err(number) => ErrorCode::from_wire(number).map(Outcome::PartRefused),
    });
    each.collect::<Option<_>>().map(Outcome::MultiRead)
}

fn created(path: &str, stat: Option<Stat>) -> Option<Outcome> {
    Some(Outcome::Created { path: ZPath::parse(path).ok()?, stat })
}

/// The header of a multi's reply has no error even when nothing was done: the results say it
/// (`MultiResponse.java`).
fn multi_outcome(parts: &[Op], results: &[MultiResult]) -> Option<Outcome> {
    if parts.len() != results.len() {
        return None;
    }
    if results.iter().any(|result| matches!(result, MultiResult::Error(_))) {
        let errors = results.iter().map(part_error).collect::<Option<_>>()?;
        return Some(Outcome::MultiRefused(errors));
    }
    let outcomes = parts.iter().zip(results).map(|(part, result)| part_outcome(part, result));
    outcomes.collect::<Option<_>>().map(Outcome::Multi)
}

/// The outer `None` when the result is no error, or one with a number that nobody uses.
fn part_error(result: &MultiResult) -> Option<Option<ErrorCode>> {
    match result {
        MultiResult::Error(0) => Some(None),
        MultiResult::Error(number) => ErrorCode::from_wire(*number).map(Some),
        MultiResult::Created { .. } | MultiResult::Deleted => None,
        MultiResult::Set(_) | MultiResult::Checked => None,
    }
}

fn part_outcome(part: &Op, result: &MultiResult) -> Option<Outcome> {
    Some(match (part, result) {
        (Op::Create { .. }, MultiResult::Created { path, stat }) => created(path, *stat)?,
        (Op::Delete { .. }, MultiResult::Deleted) => Outcome::Deleted,
        (Op::SetData { .. }, MultiResult::Set(stat)) => Outcome::Set(*stat),
        (Op::Check { .. }, MultiResult::Checked) => Outcome::Checked,
        _ => return None,
    })
}
