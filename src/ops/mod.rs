//! The operations: one file each, with its record, and what a server does with it.
//!
//! The table below makes [`Request`] and its bytes, and says which reply an operation brings. A
//! new operation is a file, a `mod` line and a line in the table.

mod check;
mod close_session;
mod create;
mod delete;
mod exists;
mod get_children;
mod get_data;
mod multi;
mod ping;
mod reply;
mod serve;
mod set_data;
mod set_watches;
mod sync;
mod table;

pub use check::Check;
pub use close_session::CloseSession;
pub use create::Create;
pub use delete::Delete;
pub use exists::Exists;
pub use get_children::GetChildren;
pub use get_data::GetData;
pub use multi::{Multi, MultiResult, Part};
pub use ping::Ping;
pub use reply::Reply;
pub use serve::Preparation;
pub use set_data::SetData;
pub use sync::Sync;
pub use table::Kind;

use crate::wire::{Malformed, Reader, SetWatches, Writer, opcode};
use table::operations;

//  opcode               variant(record)           kind     how its reply is read
operations! {
    opcode::CREATE        Create(Create)            Write    create::reply,
    opcode::DELETE        Delete(Delete)            Write    delete::reply,
    opcode::EXISTS        Exists(Exists)            Read     exists::reply,
    opcode::GET_DATA      GetData(GetData)          Read     get_data::reply,
    opcode::SET_DATA      SetData(SetData)          Write    set_data::reply,
    opcode::GET_CHILDREN  GetChildren(GetChildren)  Read     get_children::reply,
    opcode::SYNC          Sync(Sync)                Read     sync::reply,
    opcode::PING          Ping(Ping)                Session  ping::reply,
    opcode::GET_CHILDREN2 GetChildren2(GetChildren) Read     get_children::reply2,
    opcode::MULTI         Multi(Multi)              Write    multi::reply,
    opcode::CREATE2       Create2(Create)           Write    create::reply2,
    opcode::SET_WATCHES   SetWatches(SetWatches)    Session  set_watches::reply,
    opcode::CLOSE_SESSION CloseSession(CloseSession) Write   close_session::reply,
}
