//! The client's decisions that history has shown to be easy to get wrong.

use crate::base::{Millis, Zxid};

/// Each decision as a function; a mutant swaps one.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// The last zxid that the client says it has seen, after it heard one. Correct: [`last_seen`].
    pub last_seen: fn(Heard) -> Zxid,
    /// How long after the last sign of life a client gives its session up by itself; `None` for
    /// never. Correct: [`patience`].
    pub patience: fn(timeout: Millis) -> Option<Millis>,
}

impl Rules {
    /// As the service needs them.
    pub const CORRECT: Rules = Rules { last_seen, patience };
}

/// A packet from a server, as far as the last seen zxid may depend on it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Heard {
    /// What it was.
    pub packet: HeardKind,
    /// What the client has seen so far.
    pub seen: Zxid,
    /// The zxid in the packet's header; zero where it means nothing.
    pub zxid: Zxid,
}

/// The packets that carry a zxid.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HeardKind {
    /// The reply to a request, or to `setWatches`.
    Reply,
    /// The reply to a ping.
    Ping,
    /// A watcher event.
    Event,
}

/// Only replies to requests count (`ClientCnxn.readResponse`).
///
/// A ping's zxid may run ahead of an event that was triggered and is not yet here. Whoever counted
/// it would ask, after a reconnection, for changes since then, and never hear of that one
/// (ZOOKEEPER-1417).
pub fn last_seen(heard: Heard) -> Zxid {
    match heard.packet {
        HeardKind::Reply if heard.zxid > Zxid::ZERO => heard.zxid,
        HeardKind::Reply | HeardKind::Ping | HeardKind::Event => heard.seen,
    }
}

/// 4/3 of the session's timeout: the service has surely given the session up by then
/// (ZOOKEEPER-4508).
pub fn patience(timeout: Millis) -> Option<Millis> {
    Some(Millis(timeout.0 * 4 / 3))
}
