//! Owners of ephemeral znodes: they create some, look at those of others, then close, vanish or
//! fall silent, and come back. Some requests are pipelined behind a close.

use super::ask::{ANY, below, children, create, create_as, delete, exists, get, path};
use super::turns::{PAUSE_MS, Turns};
use super::{Seat, Seen, Step, Workload};
use crate::base::{Millis, Range, Rng, ZPath};
use crate::history::{CreateMode, Op};
use serde::Deserialize;
use std::num::NonZeroU32;
use toml::Table;
use toml::de::Error;

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Options {
    /// How many znodes each client has, at most.
    each: NonZeroU32,
    /// How long a client that vanishes stays away, and one that falls silent says nothing.
    absence_ms: Range<u64>,
    pause_ms: Range<u64>,
}

impl Default for Options {
    fn default() -> Options {
        let each = NonZeroU32::MIN.saturating_add(2);
        Options { each, absence_ms: Range::new([1_000, 12_000]), pause_ms: PAUSE_MS }
    }
}

struct Ephemerals {
    turns: Turns,
    seat: Seat,
    options: Options,
    root: ZPath,
}

/// One client's generator.
pub fn build(options: Table, seat: Seat) -> Result<Box<dyn Workload>, Error> {
    let options: Options = options.try_into()?;
    let root = path("/ephemerals");
    let turns = Turns::new(seat, options.pause_ms, vec![root.clone()]);
    Ok(Box::new(Ephemerals { turns, seat, options, root }))
}

impl Workload for Ephemerals {
    fn next(&mut self, seen: Seen<'_>, rng: &mut Rng) -> Step {
        self.turns.answered(seen);
        if let Some(step) = self.turns.rest(rng) {
            return step;
        }
        if rng.below(10) == 0 {
            return self.absence(rng);
        }
        let ops = self.requests(rng);
        self.turns.ask(ops)
    }
}

impl Ephemerals {
    fn absence(&mut self, rng: &mut Rng) -> Step {
        self.turns.end();
        let length = Millis(self.options.absence_ms.draw(rng));
        if rng.below(2) == 0 { Step::Vanish(length) } else { Step::Pause(length) }
    }

    fn requests(&self, rng: &mut Rng) -> Vec<Op> {
        match rng.below(18) {
            0..=5 => vec![self.create_one(rng)],
            6..=7 => vec![self.create_one(rng), self.create_one(rng)],
            8 => vec![delete(&self.mine(rng), ANY)],
            9..=10 => vec![self.create_below(rng)],
            11..=12 => vec![children(&self.root), exists(&self.anyones(rng))],
            13 => vec![get(&self.anyones(rng))],
            14 => vec![Op::Close],
            15 => vec![Op::Close, self.create_one(rng), children(&self.root)],
            _ => vec![self.create_one(rng), Op::Close, self.create_one(rng)],
        }
    }

    fn create_one(&self, rng: &mut Rng) -> Op {
        create_as(CreateMode::Ephemeral, &self.mine(rng), format!("{}", self.seat.index))
    }

    /// Always refused: ephemeral znodes have no children.
    fn create_below(&self, rng: &mut Rng) -> Op {
        create(&below(&self.anyones(rng), "child"), "")
    }

    fn mine(&self, rng: &mut Rng) -> ZPath {
        self.slot(self.seat.index, rng)
    }

    fn anyones(&self, rng: &mut Rng) -> ZPath {
        let owner = rng.below(u64::from(self.seat.clients.max(1)));
        self.slot(owner as u32, rng)
    }

    fn slot(&self, owner: u32, rng: &mut Rng) -> ZPath {
        let slot = rng.below(u64::from(self.options.each.get()));
        below(&self.root, &format!("e{owner}-{slot}"))
    }
}
