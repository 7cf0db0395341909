//! Clients of observers only: they write through them, catch up through them, read, wait to be told,
//! and own what goes with their sessions.

use super::ask::{ANY, below, children, create, create_as, delete, get, path, set, sync, watching};
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
    /// How many znodes.
    keys: NonZeroU32,
    /// How long to wait for a watch to speak.
    wait_ms: Range<u64>,
    pause_ms: Range<u64>,
}

impl Default for Options {
    fn default() -> Options {
        let keys = NonZeroU32::MIN.saturating_add(1);
        Options { keys, wait_ms: Range::new([500, 3_000]), pause_ms: PAUSE_MS }
    }
}

struct Observers {
    turns: Turns,
    seat: Seat,
    wait_ms: Range<u64>,
    root: ZPath,
    keys: Vec<ZPath>,
    /// Has left watches, and has not waited since.
    armed: bool,
    written: u32,
}

/// One client's generator.
pub fn build(options: Table, seat: Seat) -> Result<Box<dyn Workload>, Error> {
    let options: Options = options.try_into()?;
    let root = path("/observers");
    Ok(Box::new(Observers {
        seat,
        wait_ms: options.wait_ms,
        keys: (0..options.keys.get()).map(|key| below(&root, &format!("k{key}"))).collect(),
        turns: Turns::new(seat, options.pause_ms, vec![root.clone()]),
        root,
        armed: false,
        written: 0,
    }))
}

impl Workload for Observers {
    fn next(&mut self, seen: Seen<'_>, rng: &mut Rng) -> Step {
        self.turns.answered(seen);
        if std::mem::take(&mut self.armed) {
            return Step::Await(Millis(self.wait_ms.draw(rng)));
        }
        if let Some(step) = self.turns.rest(rng) {
            return step;
        }
        let key = self.keys[rng.below(self.keys.len() as u64) as usize].clone();
        let ops = self.requests(&key, rng);
        self.turns.ask(ops)
    }
}

impl Observers {
    fn requests(&mut self, key: &ZPath, rng: &mut Rng) -> Vec<Op> {
        self.written += 1;
        let value = format!("{}-{}", self.seat.index, self.written);
        let own = below(&self.root, &format!("e{}", self.seat.index));
        match rng.below(16) {
            0..=2 => vec![create(key, value)],
            3..=5 => vec![set(key, value, ANY)],
            6 => vec![set(key, value, ANY), sync(key), get(key)],
            // What was asked for behind a sync is answered behind it.
            7 => vec![sync(key), set(key, value.clone(), ANY), sync(key), set(key, value, ANY)],
            8..=9 => vec![sync(key), get(key)],
            10 => vec![create_as(CreateMode::Ephemeral, &own, value)],
            11 => vec![delete(key, ANY)],
            12 => vec![children(&self.root)],
            _ => {
                self.armed = true;
                vec![watching(get(key)), watching(children(&self.root))]
            }
        }
    }
}
