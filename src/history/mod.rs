//! Everything that can happen in a run, in plain words: what clients ask and learn, what servers
//! state, what the nemesis does. Readable without the wire.
//!
//! Three write to it while the run lasts (client nodes, server nodes, the nemesis); afterwards it
//! is only read. Checkers see nothing else.

mod acl;
mod action;
mod event;
mod jsonl;
mod kind;
mod line;
mod members;
mod message;
mod note;
mod op;

pub use acl::{Acl, Acls, Identity, Proof, id_of_secret};
pub use action::Action;
pub use event::{Claim, ConnectionChange, Event, Phase, What};
pub use jsonl::{HistoryError, digest_of, read, write};
pub use kind::nodes_of;
pub use members::Members;
pub use message::{Fate, Loss, Message, MessageKind};
pub use note::{Change, Note, Passing, Role};
pub use op::{Answer, CreateMode, Form, Kind, Lost, Op, Outcome, Told, Watching};
