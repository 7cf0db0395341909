//! What a server answers when it did what was asked.

use super::MultiResult;
use crate::base::{Data, Stat};
use crate::tree::Applied;
use crate::wire::{Acl, Identity, Writer, encode_stat, opcode, write_acls};

/// The body of a reply without an error. Which form it has depends on the operation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reply {
    /// To `create` (no Stat) and the other kinds of create (with a Stat).
    Created {
        /// The whole path, with the number of a sequential znode.
        path: String,
        /// Of the new znode.
        stat: Option<Stat>,
    },
    /// To `delete`.
    Deleted,
    /// To `exists`, `setData` and `setACL`.
    Stat(Stat),
    /// To `getData`, and to `reconfig`.
    Data {
        /// The data.
        data: Data,
        /// The Stat that belongs to them.
        stat: Stat,
    },
    /// To `getChildren` (no Stat) and `getChildren2` (with a Stat).
    Children {
        /// Names, in no particular order.
        children: Vec<String>,
        /// The parent's.
        stat: Option<Stat>,
    },
    /// To `sync`.
    Synced {
        /// As it was asked.
        path: String,
    },
    /// To `multi`, also when nothing of it was done.
    Multi(Vec<MultiResult>),
    /// To `getACL`.
    Acl {
        /// The list; hashes are masked for who may not change it.
        acls: Vec<Acl>,
        /// The znode's Stat.
        stat: Stat,
    },
    /// To `addWatch`: 0.
    Watching(i32),
    /// To `getEphemerals`.
    Paths(Vec<String>),
    /// To `getAllChildrenNumber`.
    Number(i32),
    /// To `whoAmI`.
    Identities(Vec<Identity>),
    /// To `multiRead`: each part's reply, or its error's number.
    MultiRead(Vec<Result<Reply, i32>>),
    /// To `ping`, `auth`, `setWatches`, `removeWatches`, `checkWatches` and `closeSession`: the header
    /// says it all.
    Empty,
}

impl Reply {
    /// What an applied transaction is told as, or its error's number.
    pub fn of(applied: &Applied) -> Result<Reply, i32> {
        Ok(match applied {
            Applied::Created { opcode, path, stat } => {
                let stat = (*opcode != opcode::CREATE).then_some(*stat);
                Reply::Created { path: path.clone(), stat }
            }
            Applied::Deleted => Reply::Deleted,
            Applied::Set(stat) => Reply::Stat(*stat),
            Applied::Reconfigured { data, stat } => Reply::Data { data: data.clone(), stat: *stat },
            Applied::Multi(parts) => Reply::Multi(parts.iter().map(MultiResult::of).collect()),
            Applied::Done => Reply::Empty,
            Applied::Error(code) => return Err(*code),
        })
    }

    /// Puts it into bytes.
    pub fn encode(&self, to: &mut Writer) {
        match self {
            Reply::Created { path, stat } => {
                to.string(path);
                stat.iter().for_each(|stat| encode_stat(stat, to));
            }
            Reply::Deleted | Reply::Empty => {}
            Reply::Stat(stat) => encode_stat(stat, to),
            Reply::Data { data, stat } => {
                to.buffer(data.as_bytes());
                encode_stat(stat, to);
            }
            Reply::Children { children, stat } => {
                to.strings(children);
                stat.iter().for_each(|stat| encode_stat(stat, to));
            }
            Reply::Synced { path } => {
                to.string(path);
            }
            Reply::Acl { acls, stat } => {
                write_acls(acls, to);
                encode_stat(stat, to);
            }
            Reply::Watching(number) | Reply::Number(number) => {
                to.int(*number);
            }
            Reply::Paths(paths) => {
                to.strings(paths);
            }
            Reply::Identities(all) => {
                to.count(all.len());
                all.iter().for_each(|it| it.encode(to));
            }
            Reply::MultiRead(results) => super::multi_read::encode_results(results, to),
            Reply::Multi(results) => super::multi::encode_results(results, to),
        }
    }
}
