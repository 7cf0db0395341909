//! Reads, conditional and unconditional sets, creates and deletes of a few znodes; now and then
//! several requests one behind the other.

use super::ask::{
    ANY, below, create, delete, exists, get, path, refused_for, set, stat_of, subject, sync,
};
use super::turns::{PAUSE_MS, Turns};
use super::{Seat, Seen, Step, Workload};
use crate::base::{ErrorCode, Range, Rng, ZPath};
use crate::history::{Answer, Op, Outcome};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::num::NonZeroU32;
use toml::Table;
use toml::de::Error;

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Options {
    /// How many znodes.
    keys: NonZeroU32,
    pause_ms: Range<u64>,
}

impl Default for Options {
    fn default() -> Options {
        Options { keys: NonZeroU32::MIN.saturating_add(2), pause_ms: PAUSE_MS }
    }
}

struct Register {
    turns: Turns,
    seat: Seat,
    keys: Vec<ZPath>,
    /// The versions as last seen, of the znodes that seem to exist.
    versions: BTreeMap<ZPath, i32>,
    /// How many values it has written; no two clients of a plan write the same one.
    written: u32,
}

/// One client's generator.
pub fn build(options: Table, seat: Seat) -> Result<Box<dyn Workload>, Error> {
    let options: Options = options.try_into()?;
    let root = path("/register");
    Ok(Box::new(Register {
        seat,
        keys: (0..options.keys.get()).map(|key| below(&root, &format!("k{key}"))).collect(),
        turns: Turns::new(seat, options.pause_ms, vec![root]),
        versions: BTreeMap::new(),
        written: 0,
    }))
}

impl Workload for Register {
    fn next(&mut self, seen: Seen<'_>, rng: &mut Rng) -> Step {
        for (op, answer) in self.turns.answered(seen) {
            self.learn(&op, answer);
        }
        if let Some(step) = self.turns.rest(rng) {
            return step;
        }
        let key = self.keys[rng.below(self.keys.len() as u64) as usize].clone();
        let ops = if rng.below(5) == 0 { self.burst(&key, rng) } else { vec![self.one(&key, rng)] };
        self.turns.ask(ops)
    }
}

impl Register {
    fn learn(&mut self, op: &Op, answer: &Answer) {
        let Some(key) = subject(op) else { return };
        if let Some(stat) = stat_of(answer) {
            self.versions.insert(key.clone(), stat.version);
        } else if is_gone(answer) {
            self.versions.remove(key);
        } else if matches!(op, Op::Create { .. }) && !matches!(answer, Answer::Unknown(_)) {
            // There it is, new or not; a wrong guess at the version is a refusal worth having.
            self.versions.entry(key.clone()).or_insert(0);
        }
    }

    fn one(&mut self, key: &ZPath, rng: &mut Rng) -> Op {
        let Some(&version) = self.versions.get(key) else {
            return if rng.below(3) == 0 { get(key) } else { create(key, self.value()) };
        };
        match rng.below(20) {
            0..=7 => get(key),
            8 => exists(key),
            9..=13 => set(key, self.value(), version),
            14..=16 => set(key, self.value(), ANY),
            17 => delete(key, version),
            18 => delete(key, ANY),
            _ => create(key, self.value()),
        }
    }

    fn burst(&mut self, key: &ZPath, rng: &mut Rng) -> Vec<Op> {
        match rng.below(7) {
            0 => vec![set(key, self.value(), ANY), get(key)],
            1 => vec![set(key, self.value(), ANY), set(key, self.value(), ANY), get(key)],
            2 => vec![delete(key, ANY), create(key, self.value()), get(key)],
            3 => vec![sync(key), set(key, self.value(), ANY)],
            4 => {
                vec![set(key, self.value(), ANY), sync(key), set(key, self.value(), ANY), get(key)]
            }
            _ => vec![sync(key), get(key)],
        }
    }

    fn value(&mut self) -> String {
        self.written += 1;
        format!("{}-{}", self.seat.index, self.written)
    }
}

fn is_gone(answer: &Answer) -> bool {
    let deleted = matches!(answer, Answer::Ok { outcome: Outcome::Deleted, .. });
    deleted || refused_for(answer, ErrorCode::NoNode)
}
