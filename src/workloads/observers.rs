//! Clients of observers only: they write through them, catch up through them, read, wait to be told,
//! and own what goes with their sessions.

use super::ask::{ANY, below, children, create, create_as, delete, get, set, sync, watching};
use super::waiting::{Options, Waiting};
use super::{Seat, Seen, Step, Workload};
use crate::base::{Rng, ZPath};
use crate::history::{CreateMode, Op};
use toml::Table;
use toml::de::Error;

struct Observers(Waiting);

/// One client's generator.
pub fn build(options: Table, seat: Seat) -> Result<Box<dyn Workload>, Error> {
    let options: Options = options.try_into()?;
    Ok(Box::new(Observers(Waiting::new("/observers", &options, seat))))
}

impl Workload for Observers {
    fn next(&mut self, seen: Seen<'_>, rng: &mut Rng) -> Step {
        if let Some(step) = self.0.rest(seen, rng) {
            return step;
        }
        let key = self.0.key(rng);
        let ops = self.requests(&key, rng);
        self.0.ask(ops)
    }
}

impl Observers {
    fn requests(&mut self, key: &ZPath, rng: &mut Rng) -> Vec<Op> {
        let value = self.0.value();
        let own = below(&self.0.root, &format!("e{}", self.0.seat.index));
        match rng.below(16) {
            0..=2 => vec![create(key, value)],
            3..=5 => vec![set(key, value, ANY)],
            6 => vec![set(key, value, ANY), sync(key), get(key)],
            // What was asked for behind a sync is answered behind it.
            7 => vec![sync(key), set(key, value.clone(), ANY), sync(key), set(key, value, ANY)],
            8..=9 => vec![sync(key), get(key)],
            10 => vec![create_as(CreateMode::Ephemeral, &own, value)],
            11 => vec![delete(key, ANY)],
            12 => vec![children(&self.0.root)],
            _ => {
                self.0.armed = true;
                vec![watching(get(key)), watching(children(&self.0.root))]
            }
        }
    }
}
