//! The operations: one file each, with its record, and what a server does with it.
//!
//! The table below makes [`Request`] and its bytes, and says which reply an operation brings. A
//! new operation is a file, a `mod` line and a line in the table.

mod add_watch;
mod auth;
mod check;
mod close_session;
mod create;
mod delete;
mod exists;
mod get_acl;
mod get_all_children_number;
mod get_children;
mod get_data;
mod get_ephemerals;
mod multi;
mod multi_read;
mod ping;
mod quota;
mod reconfig;
mod remove_watches;
mod reply;
mod serve;
mod set_acl;
mod set_data;
mod set_watches;
mod settings;
mod sync;
mod table;
mod who_am_i;

pub use add_watch::AddWatch;
pub use auth::{Auth, digest_of};
pub use check::Check;
pub use close_session::CloseSession;
pub use create::{Create, CreateTtl};
pub use delete::{Delete, prepare_passing};
pub use exists::Exists;
pub use get_acl::GetAcl;
pub use get_all_children_number::GetAllChildrenNumber;
pub use get_children::GetChildren;
pub use get_data::GetData;
pub use get_ephemerals::GetEphemerals;
pub use multi::{Multi, MultiResult, Part};
pub use multi_read::{MultiRead, Read};
pub use ping::Ping;
pub use reconfig::Reconfig;
pub use remove_watches::RemoveWatches;
pub use reply::Reply;
pub use serve::{Preparation, Reading};
pub use set_acl::SetAcl;
pub use set_data::SetData;
pub use set_watches::SetWatches2;
pub use settings::{Digest, Likeness, Settings};
pub use sync::Sync;
pub use table::Kind;
pub use who_am_i::WhoAmI;

use crate::wire::{Malformed, Reader, SetWatches, Writer, opcode};
use table::operations;

//  opcode                           variant(record)                            kind     how its reply is read
operations! {
    opcode::CREATE                   Create(Create)                             Write    create::reply,
    opcode::DELETE                   Delete(Delete)                             Write    delete::reply,
    opcode::EXISTS                   Exists(Exists)                             Read     exists::reply,
    opcode::GET_DATA                 GetData(GetData)                           Read     get_data::reply,
    opcode::SET_DATA                 SetData(SetData)                           Write    set_data::reply,
    opcode::GET_ACL                  GetAcl(GetAcl)                             Read     get_acl::reply,
    opcode::SET_ACL                  SetAcl(SetAcl)                             Write    set_acl::reply,
    opcode::GET_CHILDREN             GetChildren(GetChildren)                   Read     get_children::reply,
    opcode::SYNC                     Sync(Sync)                                 Read     sync::reply,
    opcode::PING                     Ping(Ping)                                 Session  ping::reply,
    opcode::GET_CHILDREN2            GetChildren2(GetChildren)                  Read     get_children::reply2,
    opcode::CHECK                    Check(Check)                               Write    check::reply,
    opcode::MULTI                    Multi(Multi)                               Write    multi::reply,
    opcode::CREATE2                  Create2(Create)                            Write    create::reply2,
    opcode::RECONFIG                 Reconfig(Reconfig)                         Write    reconfig::reply,
    opcode::CHECK_WATCHES            CheckWatches(RemoveWatches)                Session  remove_watches::reply,
    opcode::REMOVE_WATCHES           RemoveWatches(RemoveWatches)               Session  remove_watches::reply,
    opcode::CREATE_CONTAINER         CreateContainer(Create)                    Write    create::reply2,
    opcode::CREATE_TTL               CreateTtl(CreateTtl)                       Write    create::reply2,
    opcode::MULTI_READ               MultiRead(MultiRead)                       Read     multi_read::reply,
    opcode::AUTH                     Auth(Auth)                                 Session  auth::reply,
    opcode::SET_WATCHES              SetWatches(SetWatches)                     Session  set_watches::reply,
    opcode::GET_EPHEMERALS           GetEphemerals(GetEphemerals)               Read     get_ephemerals::reply,
    opcode::GET_ALL_CHILDREN_NUMBER  GetAllChildrenNumber(GetAllChildrenNumber) Read     get_all_children_number::reply,
    opcode::SET_WATCHES2             SetWatches2(SetWatches2)                   Session  set_watches::reply,
    opcode::ADD_WATCH                AddWatch(AddWatch)                         Session  add_watch::reply,
    opcode::WHO_AM_I                 WhoAmI(WhoAmI)                             Read     who_am_i::reply,
    opcode::CLOSE_SESSION            CloseSession(CloseSession)                 Write    close_session::reply,
}
