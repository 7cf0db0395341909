//! Some write; the others leave watches that stay, some of them on everything below, between watches
//! that speak once, and take them away again.

use super::ask::{ANY, below, children, create, delete, exists, get, set, watching};
use super::waiting::{Options, Waiting};
use super::{Seat, Seen, Step, Workload};
use crate::base::{Rng, ZPath};
use crate::history::{Op, Watching};
use toml::Table;
use toml::de::Error;

struct PersistentWatchers(Waiting);

/// One client's generator: clients in even seats write.
pub fn build(options: Table, seat: Seat) -> Result<Box<dyn Workload>, Error> {
    let options: Options = options.try_into()?;
    Ok(Box::new(PersistentWatchers(Waiting::new("/persistent", &options, seat))))
}

impl Workload for PersistentWatchers {
    fn next(&mut self, seen: Seen<'_>, rng: &mut Rng) -> Step {
        if let Some(step) = self.0.rest(seen, rng) {
            return step;
        }
        let key = self.0.key(rng);
        let writes = self.0.seat.index.is_multiple_of(2);
        let ops = if writes { self.write(&key, rng) } else { self.watch(&key, rng) };
        self.0.ask(ops)
    }
}

impl PersistentWatchers {
    fn write(&mut self, key: &ZPath, rng: &mut Rng) -> Vec<Op> {
        let value = self.0.value();
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
        self.0.armed = true;
        let child = below(key, &format!("child{}", rng.below(2)));
        let add = |path: &ZPath, recursive| Op::AddWatch { path: path.clone(), recursive };
        let remove = |path: &ZPath, which| Op::RemoveWatches { path: path.clone(), which };
        match rng.below(16) {
            0..=2 => vec![add(key, false)],
            3..=4 => vec![add(key, true), get(key)],
            5 => vec![add(&self.0.root, true)],
            6 => vec![add(&child, false), add(&child, true), exists(&child)],
            7..=8 => vec![watching(get(key)), watching(children(key)), add(key, false)],
            9 => vec![watching(exists(&child)), get(&child)],
            10 => vec![watching(children(key)), remove(key, Watching::Children), children(key)],
            11 => vec![remove(key, Watching::Persistent)],
            12 => vec![remove(key, Watching::Recursive), remove(&self.0.root, Watching::Recursive)],
            13 => vec![watching(get(key)), remove(key, Watching::Data)],
            14 => vec![remove(&child, Watching::Any), get(&child)],
            _ => vec![get(key), children(key)],
        }
    }
}
