//! Some write; the others leave watches that stay, some of them on everything below, between watches
//! that speak once, and take them away again.

use super::ask::{ANY, below, children, create, delete, exists, get, path, set, watching};
use super::turns::{PAUSE_MS, Turns};
use super::{Seat, Seen, Step, Workload};
use crate::base::{Millis, Range, Rng, ZPath};
use crate::history::{Op, Watching};
use serde::Deserialize;
use std::num::NonZeroU32;
use toml::Table;
use toml::de::Error;

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Options {
    /// How many znodes, each with children.
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

struct PersistentWatchers {
    turns: Turns,
    seat: Seat,
    wait_ms: Range<u64>,
    root: ZPath,
    keys: Vec<ZPath>,
    /// Has left watches, and has not waited since.
    armed: bool,
    written: u32,
}

/// One client's generator: clients in even seats write.
pub fn build(options: Table, seat: Seat) -> Result<Box<dyn Workload>, Error> {
    let options: Options = options.try_into()?;
    let root = path("/persistent");
    Ok(Box::new(PersistentWatchers {
        seat,
        wait_ms: options.wait_ms,
        keys: (0..options.keys.get()).map(|key| below(&root, &format!("k{key}"))).collect(),
        turns: Turns::new(seat, options.pause_ms, vec![root.clone()]),
        root,
        armed: false,
        written: 0,
    }))
}

impl Workload for PersistentWatchers {
    fn next(&mut self, seen: Seen<'_>, rng: &mut Rng) -> Step {
        self.turns.answered(seen);
        if std::mem::take(&mut self.armed) {
            return Step::Await(Millis(self.wait_ms.draw(rng)));
        }
        if let Some(step) = self.turns.rest(rng) {
            return step;
        }
        let key = self.keys[rng.below(self.keys.len() as u64) as usize].clone();
        let writes = self.seat.index.is_multiple_of(2);
        let ops = if writes { self.write(&key, rng) } else { self.watch(&key, rng) };
        self.turns.ask(ops)
    }
}

impl PersistentWatchers {
    fn write(&mut self, key: &ZPath, rng: &mut Rng) -> Vec<Op> {
        self.written += 1;
        let value = format!("{}-{}", self.seat.index, self.written);
        let child = below(key, &format!("child{}", rng.below(2)));
        let grandchild = below(&child, "leaf");
        match rng.below(14) {
            0..=2 => vec![create(key, value.clone()), create(&child, value)],
            3..=4 => vec![set(key, value, ANY)],
            5 => vec![set(&child, value, ANY)],
            6 => vec![create(&child, value.clone()), create(&grandchild, value)],
            7 => vec![delete(&grandchild, ANY), delete(&child, ANY)],
            8 => vec![delete(&child, ANY)],
            9 => vec![delete(key, ANY), create(key, value)],
            // One transaction, of which a watch that stays has much to say.
            10 => vec![Op::Multi(vec![set(key, value.clone(), ANY), set(key, value, ANY)])],
            11 => vec![Op::Multi(vec![create(&child, ""), delete(&child, ANY)])],
            12 => vec![Op::Multi(vec![set(key, value.clone(), ANY), create(&child, value)])],
            _ => vec![set(key, value.clone(), ANY), set(&child, value, ANY)],
        }
    }

    fn watch(&mut self, key: &ZPath, rng: &mut Rng) -> Vec<Op> {
        self.armed = true;
        let child = below(key, &format!("child{}", rng.below(2)));
        let add = |path: &ZPath, recursive| Op::AddWatch { path: path.clone(), recursive };
        let remove = |path: &ZPath, which| Op::RemoveWatches { path: path.clone(), which };
        match rng.below(16) {
            0..=2 => vec![add(key, false)],
            3..=4 => vec![add(key, true), get(key)],
            5 => vec![add(&self.root, true)],
            6 => vec![add(&child, false), add(&child, true), exists(&child)],
            7..=8 => vec![watching(get(key)), watching(children(key)), add(key, false)],
            9 => vec![watching(exists(&child)), get(&child)],
            10 => vec![watching(children(key)), remove(key, Watching::Children), children(key)],
            11 => vec![remove(key, Watching::Persistent)],
            12 => vec![remove(key, Watching::Recursive), remove(&self.root, Watching::Recursive)],
            13 => vec![watching(get(key)), remove(key, Watching::Data)],
            14 => vec![remove(&child, Watching::Any), get(&child)],
            _ => vec![get(key), children(key)],
        }
    }
}
