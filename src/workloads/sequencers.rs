//! Numbered znodes below shared parents, which are themselves deleted and created again. Some
//! creates stand in multis that fail, with other creates right behind them (ZOOKEEPER-1624).

use super::ask::{ANY, below, check, children, create_as, delete, path};
use super::turns::{PAUSE_MS, Turns};
use super::{Seat, Seen, Step, Workload};
use crate::base::{Range, Rng, ZPath};
use crate::history::{Answer, CreateMode, Op, Outcome};
use serde::Deserialize;
use std::num::NonZeroU32;
use toml::Table;
use toml::de::Error;

/// Before the number. Several, so that a number that is given out twice is not always hidden
/// behind a refusal because of an equal name.
const NAMES: [&str; 3] = ["a-", "b-", "c-"];

/// How many znodes a client leaves behind before it begins to delete them.
const OWN_MAX: usize = 4;

/// How many children a parent that is to be deleted may have.
const CHILDREN_MAX: usize = 20;

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Options {
    parents: NonZeroU32,
    pause_ms: Range<u64>,
}

impl Default for Options {
    fn default() -> Options {
        Options { parents: NonZeroU32::MIN.saturating_add(1), pause_ms: PAUSE_MS }
    }
}

struct Sequencers {
    turns: Turns,
    parents: Vec<ZPath>,
    /// What it created and has not yet deleted, oldest first.
    created: Vec<ZPath>,
    /// A parent and its children, as last seen.
    listing: Option<(ZPath, Vec<String>)>,
}

/// One client's generator.
pub fn build(options: Table, seat: Seat) -> Result<Box<dyn Workload>, Error> {
    let options: Options = options.try_into()?;
    let root = path("/sequencers");
    let parents = (0..options.parents.get()).map(|parent| below(&root, &format!("p{parent}")));
    let parents: Vec<ZPath> = parents.collect();
    let needed = std::iter::once(root).chain(parents.iter().cloned()).collect();
    let turns = Turns::new(seat, options.pause_ms, needed);
    Ok(Box::new(Sequencers { turns, parents, created: Vec::new(), listing: None }))
}

impl Workload for Sequencers {
    fn next(&mut self, seen: Seen<'_>, rng: &mut Rng) -> Step {
        for (op, answer) in self.turns.answered(seen) {
            self.learn(&op, answer);
        }
        if let Some(step) = self.turns.rest(rng) {
            return step;
        }
        let ops = self.requests(rng);
        self.turns.ask(ops)
    }
}

impl Sequencers {
    fn learn(&mut self, op: &Op, answer: &Answer) {
        let Answer::Ok { outcome, .. } = answer else { return };
        match (op, outcome) {
            (Op::Create { mode, .. }, Outcome::Created { path, .. }) if mode.is_sequential() => {
                self.created.push(path.clone());
            }
            (Op::GetChildren { path, .. }, Outcome::Children { children, .. }) => {
                self.listing = Some((path.clone(), children.clone()));
            }
            _ => {}
        }
    }

    fn requests(&mut self, rng: &mut Rng) -> Vec<Op> {
        if self.created.len() > OWN_MAX {
            return self.created.drain(..2).map(|old| delete(&old, ANY)).collect();
        }
        let parent = self.parents[rng.below(self.parents.len() as u64) as usize].clone();
        match rng.below(10) {
            0..=3 => vec![numbered(&parent, rng)],
            4 => vec![numbered(&parent, rng), numbered(&parent, rng)],
            5..=6 => vec![numbered(&parent, rng), failing(&parent, rng), numbered(&parent, rng)],
            7 => match self.created.pop() {
                Some(last) => vec![delete(&last, ANY)],
                None => vec![numbered(&parent, rng)],
            },
            8 => self.remove_parent().unwrap_or_else(|| vec![children(&parent)]),
            _ => vec![children(&parent)],
        }
    }

    /// Deletes a parent with all its children, as far as they were seen, and begins it anew.
    fn remove_parent(&mut self) -> Option<Vec<Op>> {
        let (parent, children) = self.listing.take()?;
        if children.len() > CHILDREN_MAX {
            return None;
        }
        let children = children.iter().map(|child| delete(&below(&parent, child), ANY));
        let all = children.chain([delete(&parent, ANY)]).collect();
        Some(vec![Op::Multi(all), super::ask::create(&parent, "")])
    }
}

fn numbered(parent: &ZPath, rng: &mut Rng) -> Op {
    let mode = match rng.below(3) {
        0 => CreateMode::EphemeralSequential,
        _ => CreateMode::PersistentSequential,
    };
    let name = NAMES[rng.below(NAMES.len() as u64) as usize];
    create_as(mode, &below(parent, name), "")
}

/// A multi that takes a number and then fails.
fn failing(parent: &ZPath, rng: &mut Rng) -> Op {
    Op::Multi(vec![numbered(parent, rng), check(&below(parent, "missing"), ANY)])
}
