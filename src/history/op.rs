//! What a client asks, and what it learns.

use super::{Acls, Identity, Members, Passing, Proof};
use crate::base::{Data, ErrorCode, ServerId, Stat, ZPath, Zxid};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A client's request.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// Creates a znode. For a sequential one the server adds the number to `path`.
    Create {
        /// Where; without the number of a sequential znode.
        path: ZPath,
        /// With what data.
        data: Data,
        /// Which kind.
        mode: CreateMode,
        /// Who may do what with it.
        #[serde(default, skip_serializing_if = "Acls::is_open")]
        acls: Acls,
        /// How it is answered. Containers and znodes with a time to live have one form only.
        #[serde(default, skip_serializing_if = "Form::is_second")]
        form: Form,
    },
    /// Deletes a znode without children.
    Delete {
        /// Which.
        path: ZPath,
        /// Only at this version; −1 for any.
        version: i32,
    },
    /// Asks for a znode's Stat.
    Exists {
        /// Which.
        path: ZPath,
        /// Leaves a watch, also when the znode does not exist.
        watch: bool,
    },
    /// Asks for data and Stat.
    GetData {
        /// Of which.
        path: ZPath,
        /// Leaves a data watch.
        watch: bool,
    },
    /// Replaces the data.
    SetData {
        /// Of which.
        path: ZPath,
        /// The new data.
        data: Data,
        /// Only at this version; −1 for any.
        version: i32,
    },
    /// Asks for the children's names.
    GetChildren {
        /// Of which.
        path: ZPath,
        /// Leaves a child watch.
        watch: bool,
        /// How it is answered.
        #[serde(default, skip_serializing_if = "Form::is_second")]
        form: Form,
    },
    /// All or nothing: creates, deletes, sets and checks.
    Multi(Vec<Op>),
    /// Within a multi: fails unless the znode is at this version.
    Check {
        /// Which.
        path: ZPath,
        /// The version; −1 for any.
        version: i32,
    },
    /// Brings the server up to what the leader has committed.
    Sync {
        /// Ignored by the service, sent all the same.
        path: ZPath,
    },
    /// Gives the ensemble other members.
    Reconfig {
        /// Those who come in, or get another part.
        joining: Members,
        /// Those who go.
        leaving: Vec<ServerId>,
        /// Those who come in are all that there are from then on.
        whole: bool,
        /// Only when this configuration is in force.
        at: Option<Zxid>,
    },
    /// Ends the session.
    Close,
    /// Shows who the client is, from now on and on later connections of the session, too. Sent at
    /// once and answered at once, also before what was asked earlier.
    AddAuth(Proof),
    /// Asks for the access control list and the Stat.
    GetAcl {
        /// Of which.
        path: ZPath,
    },
    /// Replaces the access control list.
    SetAcl {
        /// Of which.
        path: ZPath,
        /// The new list.
        acls: Acls,
        /// Only at this version of the list; −1 for any.
        version: i32,
    },
    /// Leaves a watch that stays.
    AddWatch {
        /// On which; it need not exist.
        path: ZPath,
        /// Also on everything below, and then on no list of children.
        recursive: bool,
    },
    /// Takes watches away.
    RemoveWatches {
        /// On which.
        path: ZPath,
        /// Which of them.
        which: Watching,
    },
    /// Asks whether there are such watches.
    CheckWatches {
        /// On which.
        path: ZPath,
        /// Which of them.
        which: Watching,
    },
    /// Several questions for data and for names of children (these in their first form), answered at
    /// one version of the tree, each for itself. They leave no watches.
    MultiRead(Vec<Op>),
    /// Asks which ephemeral znodes the session has.
    GetEphemerals {
        /// Only those whose path begins with these letters; empty for all.
        prefix: String,
    },
    /// Asks how many znodes are below one, at any depth.
    GetAllChildrenNumber {
        /// Below which.
        path: ZPath,
    },
    /// Asks who the server takes the client for.
    WhoAmI,
}

/// Two forms that an operation has had in the protocol's history.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// Without a Stat in the answer: `create`, `getChildren`.
    First,
    /// With one: `create2`, `getChildren2`.
    #[default]
    Second,
}

impl Form {
    /// Whether the answer brings a Stat.
    pub fn is_second(&self) -> bool {
        *self == Form::Second
    }
}

impl Op {
    /// What of it no client can send, because it does not belong where it stands: a check on its own,
    /// a question in a multi, a write among several questions. `None` when all is in its place.
    pub fn misplaced(&self) -> Option<&Op> {
        match self {
            Op::Check { .. } => Some(self),
            Op::Multi(parts) => parts.iter().find(|part| {
                let writes = matches!(part, Op::Create { .. } | Op::Delete { .. });
                !writes && !matches!(part, Op::SetData { .. } | Op::Check { .. })
            }),
            Op::MultiRead(parts) => parts.iter().find(|part| match part {
                Op::GetData { watch, .. } => *watch,
                Op::GetChildren { watch, form, .. } => *watch || form.is_second(),
                _ => true,
            }),
            _ => None,
        }
    }

    /// True when the operation becomes a transaction.
    pub fn is_write(&self) -> bool {
        match self {
            Op::Create { .. } | Op::Delete { .. } | Op::SetData { .. } => true,
            Op::SetAcl { .. } | Op::Multi(_) | Op::Check { .. } => true,
            Op::Reconfig { .. } | Op::Close => true,
            Op::Exists { .. } | Op::GetData { .. } | Op::GetChildren { .. } => false,
            Op::GetAcl { .. } | Op::Sync { .. } | Op::AddAuth(_) => false,
            Op::AddWatch { .. } | Op::RemoveWatches { .. } | Op::CheckWatches { .. } => false,
            Op::MultiRead(_) | Op::GetEphemerals { .. } => false,
            Op::GetAllChildrenNumber { .. } | Op::WhoAmI => false,
        }
    }
}

/// The kinds of znodes that a create asks for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CreateMode {
    /// Stays until deleted.
    Persistent,
    /// Lives with the session that created it.
    Ephemeral,
    /// Persistent, with a number at the end of its name.
    PersistentSequential,
    /// Ephemeral, with a number at the end of its name.
    EphemeralSequential,
    /// Goes by itself some time after its last child.
    Container,
    /// Goes by itself when it has no child and was not set for so long.
    Ttl {
        /// In milliseconds, from 1.
        ms: i64,
    },
    /// The same, with a number at the end of its name.
    TtlSequential {
        /// In milliseconds, from 1.
        ms: i64,
    },
}

impl CreateMode {
    /// True for the kinds that live with a session.
    pub fn is_ephemeral(self) -> bool {
        matches!(self, CreateMode::Ephemeral | CreateMode::EphemeralSequential)
    }

    /// True for the kinds that get a number.
    pub fn is_sequential(self) -> bool {
        match self {
            CreateMode::PersistentSequential | CreateMode::EphemeralSequential => true,
            CreateMode::TtlSequential { .. } => true,
            CreateMode::Persistent | CreateMode::Ephemeral => false,
            CreateMode::Container | CreateMode::Ttl { .. } => false,
        }
    }

    /// How it goes by itself, if it does.
    pub fn passing(self) -> Option<Passing> {
        match self {
            CreateMode::Container => Some(Passing::Container),
            CreateMode::Ttl { ms } | CreateMode::TtlSequential { ms } => Some(Passing::Ttl { ms }),
            CreateMode::Persistent | CreateMode::PersistentSequential => None,
            CreateMode::Ephemeral | CreateMode::EphemeralSequential => None,
        }
    }
}

/// What a client learns of its request.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// It was done.
    Ok {
        /// The version of the tree that answered: of a write its own transaction, of a read the
        /// last one applied (the reply header's zxid).
        zxid: Zxid,
        /// What came of it.
        outcome: Outcome,
    },
    /// It was not done, and never will be.
    Refused {
        /// The version of the tree that refused it; a refused write has a zxid of its own.
        zxid: Zxid,
        /// Why.
        code: ErrorCode,
    },
    /// It may have been done, or may yet be, or may never be.
    Unknown(Lost),
}

/// Why a request's fate is unknown.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lost {
    /// The connection ended before the answer came.
    Connection,
    /// The session ended before the answer came.
    Session,
    /// The client could not show who it is, and all that waited is lost with its session.
    Auth,
}

/// What a request that was done brings back.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Of `Create`.
    Created {
        /// The whole path, with the number of a sequential znode.
        path: ZPath,
        /// Of the new znode; `None` from the first form.
        stat: Option<Stat>,
    },
    /// Of `Delete`.
    Deleted,
    /// Of `Exists`.
    Exists(Stat),
    /// Of `GetData`.
    Data {
        /// The data.
        data: Data,
        /// The Stat that belongs to them.
        stat: Stat,
    },
    /// Of `SetData`.
    Set(Stat),
    /// Of `GetChildren`.
    Children {
        /// Names, in ascending order.
        children: Vec<String>,
        /// The parent's Stat; `None` from the first form.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stat: Option<Stat>,
    },
    /// Of `Multi` when all of it was done: an outcome for each part.
    Multi(Vec<Outcome>),
    /// Of `Multi` when nothing was done: an error for each part, `None` for the parts before the
    /// one that failed, `RuntimeInconsistency` for those after it.
    MultiRefused(Vec<Option<ErrorCode>>),
    /// Of `Check`.
    Checked,
    /// Of `Sync`.
    Synced,
    /// Of `Reconfig`.
    Reconfigured {
        /// The transaction that brings it.
        version: Zxid,
        /// Who is in it.
        members: Members,
    },
    /// Of `Close`.
    Closed,
    /// Of `AddAuth`.
    Authenticated,
    /// Of `GetAcl`.
    Acl {
        /// The list. Who may not change it sees an `x` in the place of each password's hash.
        acls: Acls,
        /// The Stat that belongs to it.
        stat: Stat,
    },
    /// Of `SetAcl`.
    AclSet(Stat),
    /// Of `AddWatch`.
    Watching,
    /// Of `RemoveWatches`.
    Removed,
    /// Of `CheckWatches`: there are some.
    Watched,
    /// Of `MultiRead`: an outcome for each question.
    MultiRead(Vec<Outcome>),
    /// Within that of a `MultiRead`: this question was refused.
    PartRefused(ErrorCode),
    /// Of `GetEphemerals`: in ascending order.
    Ephemerals(Vec<ZPath>),
    /// Of `GetAllChildrenNumber`.
    Number(u32),
    /// Of `WhoAmI`: schemes, and names without what is secret of them.
    Identities(Vec<Identity>),
}

/// Which watches on a znode are taken away (`Watcher.WatcherType`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Watching {
    /// The one on its children that speaks once.
    Children,
    /// The one on its data that speaks once.
    Data,
    /// All.
    Any,
    /// The one that stays.
    Persistent,
    /// The one that stays and reaches below.
    Recursive,
}

/// What a watch says, as it comes over the wire.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Told {
    /// What happened.
    pub kind: Kind,
    /// To which znode.
    pub path: ZPath,
    /// The transaction that did it; `None` for events that the server makes up from a `setWatches`.
    pub zxid: Option<Zxid>,
}

/// What happened to a watched znode (`Watcher.Event.EventType`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// It was created.
    Created,
    /// It was deleted.
    Deleted,
    /// Its data were set.
    DataChanged,
    /// A child was created or deleted.
    ChildrenChanged,
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let watching = |watch: &bool| if *watch { " and watch" } else { "" };
        let without_stat = |form: &Form| if form.is_second() { "" } else { " without Stat" };
        let all = |parts: &[Op]| parts.iter().map(Op::to_string).collect::<Vec<_>>().join(", ");
        match self {
            Op::Create { path, mode, acls, form, .. } => {
                write!(f, "create {path} ({mode:?}){}", without_stat(form))?;
                if acls.is_open() { Ok(()) } else { write!(f, " for {acls:?}") }
            }
            Op::Delete { path, version } => write!(f, "delete {path} at version {version}"),
            Op::Exists { path, watch } => write!(f, "exists {path}{}", watching(watch)),
            Op::GetData { path, watch } => write!(f, "get {path}{}", watching(watch)),
            Op::SetData { path, data, version } => {
                write!(f, "set {path} to {data:?} at version {version}")
            }
            Op::GetChildren { path, watch, form } => {
                write!(f, "children {path}{}{}", without_stat(form), watching(watch))
            }
            Op::Multi(parts) => write!(f, "multi [{}]", all(parts)),
            Op::Check { path, version } => write!(f, "check {path} at version {version}"),
            Op::Sync { path } => write!(f, "sync {path}"),
            Op::Reconfig { joining, leaving, whole, at } => {
                let what = if *whole { "to" } else { "with" };
                write!(f, "reconfig {what} {joining}")?;
                leaving.iter().try_for_each(|id| write!(f, ", without {id}"))?;
                at.map_or(Ok(()), |at| write!(f, ", at version {at}"))
            }
            Op::Close => f.write_str("close"),
            Op::AddAuth(Proof { scheme, secret }) => write!(f, "show {scheme} {secret}"),
            Op::GetAcl { path } => write!(f, "get ACL of {path}"),
            Op::SetAcl { path, acls, version } => {
                write!(f, "set ACL of {path} to {acls:?} at version {version}")
            }
            Op::AddWatch { path, recursive: false } => write!(f, "watch {path}"),
            Op::AddWatch { path, recursive: true } => write!(f, "watch {path} and all below"),
            Op::RemoveWatches { path, which } => write!(f, "do not watch {path} ({which:?})"),
            Op::CheckWatches { path, which } => write!(f, "is {path} watched ({which:?})?"),
            Op::MultiRead(parts) => write!(f, "read [{}]", all(parts)),
            Op::GetEphemerals { prefix } => write!(f, "own ephemerals {prefix}*"),
            Op::GetAllChildrenNumber { path } => write!(f, "count below {path}"),
            Op::WhoAmI => f.write_str("who am I?"),
        }
    }
}
