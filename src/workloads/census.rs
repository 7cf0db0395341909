//! Clients that list and count: their own ephemeral znodes, all that is below a znode, several znodes
//! at once, the watches that they have left, and who they are themselves. Some znodes are not for
//! everybody. Much is asked in its first form, without Stats.

use super::ask::{
    ANY, below, children, create, create_as, delete, get, path, set, show, watching, without_stat,
};
use super::turns::{PAUSE_MS, Turns};
use super::{Seat, Seen, Step, Workload};
use crate::base::{Range, Rng, ZPath};
use crate::history::{Acl, CreateMode, Op, Watching, id_of_secret};
use serde::Deserialize;
use std::num::NonZeroU32;
use toml::Table;
use toml::de::Error;

/// Whom there is, each with a password.
const SECRETS: [&str; 2] = ["ann:apple", "bob:birch"];

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Options {
    /// How many znodes have others below them.
    keys: NonZeroU32,
    pause_ms: Range<u64>,
}

impl Default for Options {
    fn default() -> Options {
        Options { keys: NonZeroU32::MIN.saturating_add(1), pause_ms: PAUSE_MS }
    }
}

struct Census {
    turns: Turns,
    seat: Seat,
    root: ZPath,
    keys: Vec<ZPath>,
    written: u32,
}

/// One client's generator.
pub fn build(options: Table, seat: Seat) -> Result<Box<dyn Workload>, Error> {
    let options: Options = options.try_into()?;
    let root = path("/census");
    let key = |number| below(&root, &format!("k{number}"));
    let keys: Vec<ZPath> = (0..options.keys.get()).map(key).collect();
    let parents = [vec![root.clone()], keys.clone()].concat();
    let turns = Turns::new(seat, options.pause_ms, parents);
    Ok(Box::new(Census { turns, seat, root, keys, written: 0 }))
}

impl Workload for Census {
    fn next(&mut self, seen: Seen<'_>, rng: &mut Rng) -> Step {
        self.turns.answered(seen);
        if let Some(step) = self.turns.rest(rng) {
            return step;
        }
        let key = self.keys[rng.below(self.keys.len() as u64) as usize].clone();
        let ops = if rng.below(2) == 0 { self.change(&key, rng) } else { self.ask(&key, rng) };
        self.turns.ask(ops)
    }
}

impl Census {
    fn change(&mut self, key: &ZPath, rng: &mut Rng) -> Vec<Op> {
        let child = child_of(key, rng);
        let value = self.value();
        match rng.below(16) {
            0..=2 => vec![self.own(rng), self.own(rng), ephemerals("")],
            3 => vec![without_stat(self.own(rng)), delete(&self.slot(rng), ANY), ephemerals("")],
            4..=6 => vec![without_stat(create(&child, value))],
            7..=8 => vec![create(&below(&child, "leaf"), value), count(key)],
            9 => vec![without_stat(create_as(CreateMode::PersistentSequential, &child, value))],
            10 => vec![self.locked(&child), together(key, &child)],
            11 => vec![delete(&below(&child, "leaf"), ANY), delete(&child, ANY), count(key)],
            12 => {
                let part = without_stat(create(&below(&child, "leaf"), value));
                vec![Op::Multi(vec![part, self.own(rng)]), count(&self.root), ephemerals("")]
            }
            13 => vec![set(key, value.clone(), ANY), set(&child, value, ANY)],
            14 => vec![self.own(rng), ephemerals(""), Op::Close],
            _ => {
                let secret = SECRETS[rng.below(SECRETS.len() as u64) as usize];
                vec![Op::WhoAmI, show("digest", secret), Op::WhoAmI]
            }
        }
    }

    fn ask(&mut self, key: &ZPath, rng: &mut Rng) -> Vec<Op> {
        let child = child_of(key, rng);
        let watched = |path: &ZPath, which| Op::CheckWatches { path: path.clone(), which };
        let lasting = |recursive| Op::AddWatch { path: key.clone(), recursive };
        match rng.below(16) {
            0 => vec![ephemerals("")],
            1 => vec![self.own(rng), ephemerals("/"), delete(&self.slot(rng), ANY)],
            2 => vec![ephemerals(self.slot(rng).as_str())],
            3 => vec![ephemerals(below(&self.root, &format!("e{}", self.seat.index)).as_str())],
            4 => vec![count(&self.root), count(&child)],
            5 => vec![count(key), count(&ZPath::root())],
            6..=8 => vec![together(key, &child)],
            9 => vec![without_stat(children(key)), children(&child)],
            10 => vec![
                watching(get(key)),
                watched(key, Watching::Data),
                watched(key, Watching::Children),
            ],
            11 => vec![watched(key, Watching::Any), watched(&child, Watching::Any)],
            12 => vec![watching(without_stat(children(key))), watched(key, Watching::Children)],
            13 => vec![
                lasting(rng.below(2) == 0),
                watched(key, Watching::Persistent),
                watched(key, Watching::Recursive),
            ],
            14 => vec![
                Op::RemoveWatches { path: key.clone(), which: Watching::Any },
                watched(key, Watching::Any),
            ],
            _ => vec![Op::WhoAmI, without_stat(children(&self.root))],
        }
    }

    /// An ephemeral znode.
    fn own(&self, rng: &mut Rng) -> Op {
        create_as(CreateMode::Ephemeral, &self.slot(rng), "")
    }

    fn slot(&self, rng: &mut Rng) -> ZPath {
        below(&self.root, &format!("e{}-{}", self.seat.index, rng.below(3)))
    }

    /// A znode that few may read.
    fn locked(&mut self, path: &ZPath) -> Op {
        let mut op = create(path, self.value());
        if let Op::Create { acls, .. } = &mut op {
            *acls = vec![Acl::new("digest", id_of_secret(SECRETS[0]), Acl::ALL)].into();
        }
        op
    }

    fn value(&mut self) -> String {
        self.written += 1;
        format!("{}-{}", self.seat.index, self.written)
    }
}

fn child_of(key: &ZPath, rng: &mut Rng) -> ZPath {
    below(key, &format!("c{}", rng.below(3)))
}

fn ephemerals(prefix: &str) -> Op {
    Op::GetEphemerals { prefix: prefix.to_owned() }
}

fn count(path: &ZPath) -> Op {
    Op::GetAllChildrenNumber { path: path.clone() }
}

/// Both znodes at one version of the tree.
fn together(key: &ZPath, child: &ZPath) -> Op {
    let names = |path| without_stat(children(path));
    Op::MultiRead(vec![get(key), names(key), get(child), names(child), get(key)])
}
