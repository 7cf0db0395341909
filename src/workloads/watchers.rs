//! Half of the clients write; the others leave watches, wait to be told, and read again.

use super::ask::{ANY, below, children, create, delete, exists, get, set, watching};
use super::turns::PAUSE_MS;
use super::waiting::{self, Waiting};
use super::{Seat, Seen, Step, Workload};
use crate::base::{Range, Rng, ZPath};
use crate::history::Op;
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
        let keys = NonZeroU32::MIN.saturating_add(2);
        Options { keys, wait_ms: Range::new([1_000, 5_000]), pause_ms: PAUSE_MS }
    }
}

struct Watchers {
    waiting: Waiting,
    /// The znode of which a watch spoke.
    told: Option<ZPath>,
}

/// One client's generator: clients in even seats write.
pub fn build(options: Table, seat: Seat) -> Result<Box<dyn Workload>, Error> {
    let Options { keys, wait_ms, pause_ms } = options.try_into()?;
    let options = waiting::Options { keys, wait_ms, pause_ms };
    Ok(Box::new(Watchers { waiting: Waiting::new("/watchers", &options, seat), told: None }))
}

impl Workload for Watchers {
    fn next(&mut self, seen: Seen<'_>, rng: &mut Rng) -> Step {
        if let Seen::Told(told) = seen {
            self.told = Some(told.path.clone());
        }
        if let Some(step) = self.waiting.rest(seen, rng) {
            return step;
        }
        let key = self.waiting.key(rng);
        let writes = self.waiting.seat.index.is_multiple_of(2);
        let ops = if writes { self.write(&key, rng) } else { self.arm(key, rng) };
        self.waiting.ask(ops)
    }
}

impl Watchers {
    fn write(&mut self, key: &ZPath, rng: &mut Rng) -> Vec<Op> {
        let value = self.waiting.value();
        let child = below(key, &format!("child{}", self.waiting.seat.index));
        match rng.below(12) {
            0..=3 => vec![create(key, value)],
            4..=6 => vec![set(key, value, ANY)],
            7 => vec![set(key, value.clone(), ANY), set(key, value, ANY)],
            8 => vec![create(&child, "")],
            9 => vec![delete(&child, ANY)],
            10 => vec![delete(&child, ANY), delete(key, ANY)],
            _ => vec![delete(key, ANY), create(key, value)],
        }
    }

    /// Reads what was told of, if anything, and leaves watches.
    fn arm(&mut self, key: ZPath, rng: &mut Rng) -> Vec<Op> {
        self.waiting.armed = true;
        let key = self.told.take().unwrap_or(key);
        match rng.below(6) {
            0..=1 => vec![watching(get(&key))],
            2 => vec![watching(exists(&key))],
            3 => vec![watching(children(&key))],
            4 => vec![watching(get(&key)), watching(children(&key))],
            _ => vec![watching(exists(&key)), get(&key)],
        }
    }
}
