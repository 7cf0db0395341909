//! Containers, and znodes with a time to live: they are filled, used, set again and left to
//! themselves, and the leader takes away what is over.

use super::ask::{
    ANY, below, children, create, create_as, delete, exists, get, path, set, watching,
};
use super::turns::{PAUSE_MS, Turns};
use super::{Seat, Seen, Step, Workload};
use crate::base::{Range, Rng, ZPath};
use crate::history::{CreateMode, Op};
use serde::Deserialize;
use std::num::NonZeroU32;
use toml::Table;
use toml::de::Error;

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Options {
    /// How many containers, and how many znodes with a time to live.
    keys: NonZeroU32,
    /// How long these live without being set.
    ttl_ms: Range<u64>,
    pause_ms: Range<u64>,
}

impl Default for Options {
    fn default() -> Options {
        let keys = NonZeroU32::MIN.saturating_add(1);
        Options { keys, ttl_ms: Range::new([500, 4_000]), pause_ms: PAUSE_MS }
    }
}

struct Containers {
    turns: Turns,
    seat: Seat,
    options: Options,
    root: ZPath,
    written: u32,
}

/// One client's generator.
pub fn build(options: Table, seat: Seat) -> Result<Box<dyn Workload>, Error> {
    let options: Options = options.try_into()?;
    let root = path("/containers");
    let turns = Turns::new(seat, options.pause_ms, vec![root.clone()]);
    Ok(Box::new(Containers { turns, seat, options, root, written: 0 }))
}

impl Workload for Containers {
    fn next(&mut self, seen: Seen<'_>, rng: &mut Rng) -> Step {
        self.turns.answered(seen);
        if let Some(step) = self.turns.rest(rng) {
            return step;
        }
        let key = rng.below(u64::from(self.options.keys.get()));
        let ops =
            if rng.below(2) == 0 { self.container(key, rng) } else { self.short_lived(key, rng) };
        self.turns.ask(ops)
    }
}

impl Containers {
    fn container(&mut self, key: u64, rng: &mut Rng) -> Vec<Op> {
        let container = below(&self.root, &format!("c{key}"));
        let child = below(&container, &format!("child{}", rng.below(2)));
        let make = create_as(CreateMode::Container, &container, self.value());
        match rng.below(12) {
            0..=2 => vec![make, create(&child, "")],
            3 => vec![create(&child, "")],
            4 => vec![make, create_as(CreateMode::Ephemeral, &child, "")],
            5..=6 => vec![delete(&child, ANY)],
            // Gone, and there again before anybody has looked.
            7 => vec![delete(&child, ANY), delete(&container, ANY), make],
            8 => vec![Op::Multi(vec![make, create(&child, "")])],
            9 => vec![set(&container, self.value(), ANY), children(&container)],
            10 => vec![watching(exists(&container)), watching(children(&container))],
            _ => vec![children(&self.root), get(&container)],
        }
    }

    fn short_lived(&mut self, key: u64, rng: &mut Rng) -> Vec<Op> {
        let znode = below(&self.root, &format!("t{key}"));
        let ms = self.options.ttl_ms.draw(rng) as i64;
        let make = create_as(CreateMode::Ttl { ms }, &znode, self.value());
        let child = below(&znode, "child");
        match rng.below(14) {
            0..=3 => vec![make],
            4 => vec![create_as(CreateMode::TtlSequential { ms }, &below(&self.root, "s-"), "")],
            5..=6 => vec![set(&znode, self.value(), ANY)],
            7 => vec![make, create(&child, "")],
            8 => vec![delete(&child, ANY)],
            9 => vec![delete(&znode, ANY), make],
            10 => vec![watching(get(&znode))],
            11 => vec![make, set(&znode, self.value(), ANY), get(&znode)],
            12 => vec![create_as(CreateMode::Ttl { ms: 0 }, &znode, "")],
            _ => vec![exists(&znode), children(&self.root)],
        }
    }

    fn value(&mut self) -> String {
        self.written += 1;
        format!("{}-{}", self.seat.index, self.written)
    }
}
