//! The primitive steps of faults. They come in pairs: what one does, its partner puts right.

use crate::base::{NodeId, ServerId};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A primitive step that the nemesis performs.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Nothing that `from` sends reaches `to` any more. Decided when bytes land: those in flight
    /// wait until the link is healed.
    Cut {
        /// The sender.
        from: NodeId,
        /// The receiver.
        to: NodeId,
    },
    /// Undoes a cut of the same direction. Cuts are counted: what two faults cut has to be healed
    /// by both.
    Heal {
        /// The sender.
        from: NodeId,
        /// The receiver.
        to: NodeId,
    },
    /// Everything from `from` to `to` takes so much longer.
    Clog {
        /// The sender.
        from: NodeId,
        /// The receiver.
        to: NodeId,
        /// How much longer.
        extra_ms: u64,
    },
    /// Undoes a clog of the same direction.
    Unclog {
        /// The sender.
        from: NodeId,
        /// The receiver.
        to: NodeId,
    },
    /// Every connection between the two is reset; both sides see it after the link's latency.
    Reset {
        /// One side.
        a: NodeId,
        /// The other.
        b: NodeId,
    },
    /// The server's process ends at once.
    Crash {
        /// Which.
        server: ServerId,
        /// The whole machine loses power: what was not synced may be lost, and peers hear nothing.
        /// Otherwise only the process dies: the kernel resets its connections and keeps its files.
        power: bool,
    },
    /// Starts a crashed server again.
    Restart {
        /// Which.
        server: ServerId,
    },
    /// The server stands still, as in a long garbage collection; its connections stay.
    Pause {
        /// Which.
        server: ServerId,
    },
    /// Lets a paused server go on.
    Resume {
        /// Which.
        server: ServerId,
    },
    /// The server's clocks are off.
    Skew {
        /// Which.
        server: ServerId,
        /// Its wall clock jumps by so much, forward or back.
        offset_ms: i64,
        /// Both its clocks run so much too fast (or, below zero, too slow), in parts per million.
        drift_ppm: i64,
    },
    /// The server's clocks run true again, and the wall clock is right again.
    Unskew {
        /// Which.
        server: ServerId,
    },
    /// Every sync of the server's disk takes so many times longer.
    SlowDisk {
        /// Which.
        server: ServerId,
        /// How many times.
        factor: u32,
    },
    /// The disk is as fast as before.
    FastDisk {
        /// Which.
        server: ServerId,
    },
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Action::Cut { from, to } => write!(f, "cut {from} > {to}"),
            Action::Heal { from, to } => write!(f, "heal {from} > {to}"),
            Action::Clog { from, to, extra_ms } => write!(f, "clog {from} > {to} by {extra_ms}ms"),
            Action::Unclog { from, to } => write!(f, "unclog {from} > {to}"),
            Action::Reset { a, b } => write!(f, "reset {a} {b}"),
            Action::Crash { server, power: true } => write!(f, "crash {server} (power)"),
            Action::Crash { server, power: false } => write!(f, "crash {server} (process)"),
            Action::Restart { server } => write!(f, "restart {server}"),
            Action::Pause { server } => write!(f, "pause {server}"),
            Action::Resume { server } => write!(f, "resume {server}"),
            Action::Skew { server, offset_ms, drift_ppm } => {
                write!(f, "skew {server} by {offset_ms}ms and {drift_ppm}ppm")
            }
            Action::Unskew { server } => write!(f, "unskew {server}"),
            Action::SlowDisk { server, factor } => write!(f, "slow disk {server} {factor} times"),
            Action::FastDisk { server } => write!(f, "fast disk {server}"),
        }
    }
}
