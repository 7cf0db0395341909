//! Some znodes below a parent of their own, values that nobody else writes, and clients that have
//! left watches and wait to be told.

use super::ask::{below, path};
use super::turns::{PAUSE_MS, Turns};
use super::{Seat, Seen, Step};
use crate::base::{Millis, Range, Rng, ZPath};
use crate::history::Op;
use serde::Deserialize;
use std::num::NonZeroU32;

/// What a scenario may say of such a workload.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// How many znodes.
    pub keys: NonZeroU32,
    /// How long to wait for a watch to speak.
    pub wait_ms: Range<u64>,
    pub pause_ms: Range<u64>,
}

impl Default for Options {
    fn default() -> Options {
        let keys = NonZeroU32::MIN.saturating_add(1);
        Options { keys, wait_ms: Range::new([500, 3_000]), pause_ms: PAUSE_MS }
    }
}

/// A client of such a workload.
pub struct Waiting {
    turns: Turns,
    pub seat: Seat,
    wait_ms: Range<u64>,
    pub root: ZPath,
    keys: Vec<ZPath>,
    /// Has left watches, and has not waited since.
    pub armed: bool,
    written: u32,
}

impl Waiting {
    /// In this seat, with znodes below this parent.
    pub fn new(root: &str, options: &Options, seat: Seat) -> Waiting {
        let root = path(root);
        Waiting {
            seat,
            wait_ms: options.wait_ms,
            keys: (0..options.keys.get()).map(|key| below(&root, &format!("k{key}"))).collect(),
            turns: Turns::new(seat, options.pause_ms, vec![root.clone()]),
            root,
            armed: false,
            written: 0,
        }
    }

    /// What comes before the next requests: waiting to be told, a pause, a parent, or the end.
    pub fn rest(&mut self, seen: Seen<'_>, rng: &mut Rng) -> Option<Step> {
        self.turns.answered(seen);
        if std::mem::take(&mut self.armed) {
            return Some(Step::Await(Millis(self.wait_ms.draw(rng))));
        }
        self.turns.rest(rng)
    }

    /// One of the znodes.
    pub fn key(&self, rng: &mut Rng) -> ZPath {
        self.keys[rng.below(self.keys.len() as u64) as usize].clone()
    }

    /// A value that no other client of the plan writes, nor this one again.
    pub fn value(&mut self) -> String {
        self.written += 1;
        format!("{}-{}", self.seat.index, self.written)
    }

    /// Asks, and ends the turn.
    pub fn ask(&mut self, ops: Vec<Op>) -> Step {
        self.turns.ask(ops)
    }
}
