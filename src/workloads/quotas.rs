//! Znodes with quotas: clients set limits on how many there may be below one and how many bytes they
//! may hold, change and remove these, and fill what there is room for, and more.

use super::ask::{
    ANY, below, children, create, create_as, delete, get, path, refused_for, set, subject,
};
use super::turns::{PAUSE_MS, Turns};
use super::{Seat, Seen, Step, Workload};
use crate::base::{ErrorCode, Range, Rng, ZPath};
use crate::history::{Answer, CreateMode, Op, Outcome};
use serde::Deserialize;
use std::num::NonZeroU32;
use toml::Table;
use toml::de::Error;

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Options {
    /// How many znodes have quotas.
    keys: NonZeroU32,
    pause_ms: Range<u64>,
}

impl Default for Options {
    fn default() -> Options {
        Options { keys: NonZeroU32::MIN.saturating_add(1), pause_ms: PAUSE_MS }
    }
}

/// A znode, and where its quota is.
#[derive(Clone)]
struct Key {
    path: ZPath,
    limits: ZPath,
    stats: ZPath,
}

struct Quotas {
    turns: Turns,
    keys: Vec<Key>,
    /// Turned out to be without a quota.
    bare: Option<Key>,
    /// Sequential znodes that are to go again.
    numbered: Vec<ZPath>,
}

/// One client's generator.
pub fn build(options: Table, seat: Seat) -> Result<Box<dyn Workload>, Error> {
    let options: Options = options.try_into()?;
    let (root, quotas) = (path("/quotas"), path("/zookeeper/quota/quotas"));
    let mut parents = vec![root.clone(), quotas.clone()];
    let key = |number: u32| {
        let name = format!("q{number}");
        let (path, quota) = (below(&root, &name), below(&quotas, &name));
        parents.extend([path.clone(), quota.clone()]);
        let (limits, stats) = (below(&quota, "zookeeper_limits"), below(&quota, "zookeeper_stats"));
        Key { path, limits, stats }
    };
    let keys = (0..options.keys.get()).map(key).collect();
    let turns = Turns::new(seat, options.pause_ms, parents);
    Ok(Box::new(Quotas { turns, keys, bare: None, numbered: Vec::new() }))
}

impl Workload for Quotas {
    fn next(&mut self, seen: Seen<'_>, rng: &mut Rng) -> Step {
        for (op, answer) in self.turns.answered(seen) {
            if refused_for(answer, ErrorCode::NoNode) {
                let is_of =
                    |key: &&Key| [&key.stats, &key.limits].map(Some).contains(&subject(&op));
                self.bare = self.keys.iter().find(is_of).cloned().or(self.bare.take());
            }
            self.numbered.extend(numbered_by(&op, answer));
        }
        if let Some(step) = self.turns.rest(rng) {
            return step;
        }
        if let Some(Key { limits, stats, .. }) = self.bare.take() {
            let quota = [create(&limits, limits_of(rng)), create(&stats, "count=0,bytes=0")];
            return self.turns.ask(quota.into());
        }
        let key = self.keys[rng.below(self.keys.len() as u64) as usize].clone();
        let mut ops = requests(&key, rng);
        if rng.below(3) == 0 {
            ops.extend(self.numbered.pop().map(|path| delete(&path, ANY)));
        }
        self.turns.ask(ops)
    }
}

/// The sequential znode that was created.
fn numbered_by(op: &Op, answer: &Answer) -> Option<ZPath> {
    let (Op::Create { mode, .. }, Answer::Ok { outcome: Outcome::Created { path, .. }, .. }) =
        (op, answer)
    else {
        return None;
    };
    mode.is_sequential().then(|| path.clone())
}

fn requests(key: &Key, rng: &mut Rng) -> Vec<Op> {
    let Key { path, limits, stats } = key;
    let child = below(path, &format!("c{}", rng.below(5)));
    let leaf = below(&child, "leaf");
    match rng.below(20) {
        0..=2 => vec![set(limits, limits_of(rng), ANY), get(limits), get(stats)],
        3 => vec![Op::Multi(vec![delete(stats, ANY), delete(limits, ANY)]), get(stats)],
        4..=6 => vec![create(&child, data(rng)), get(stats), children(path)],
        // Several on their way at a time may pass a limit together.
        7 => (0..4).map(|number| create(&below(path, &format!("c{number}")), "")).collect(),
        8 => vec![create_as(CreateMode::Ephemeral, &child, data(rng)), get(stats)],
        9 => vec![create_as(CreateMode::PersistentSequential, &child, data(rng)), get(stats)],
        10 => {
            vec![Op::Multi(vec![create(&child, data(rng)), create(&leaf, data(rng))]), get(stats)]
        }
        11 => vec![create(&leaf, data(rng)), get(stats)],
        12..=13 => vec![set(path, data(rng), ANY), get(stats), get(path)],
        14..=15 => vec![set(&child, data(rng), ANY), get(stats)],
        16..=17 => vec![delete(&child, ANY), get(stats)],
        18 => vec![delete(&leaf, ANY), delete(&child, ANY), get(stats)],
        _ => vec![children(path), get(stats), get(limits)],
    }
}

fn data(rng: &mut Rng) -> String {
    "x".repeat(rng.below(12) as usize)
}

/// Soft limits, which only people read; and hard ones, not always both.
fn limits_of(rng: &mut Rng) -> String {
    let mut hard = |limit: u64| if rng.below(3) == 0 { -1 } else { (limit + rng.below(4)) as i64 };
    let (count, bytes) = (hard(2), hard(12));
    format!("count=2,bytes=9;byteHardLimit={bytes};countHardLimit={count}")
}
