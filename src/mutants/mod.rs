//! Historical bugs: each is one file with one wrong rule, and the story of the bug. Its scenario is
//! `scenarios/mutants/<name>.toml`.
//!
//! The numbers are those of Apache ZooKeeper's issues; causes and versions come from
//! `zookeeper.md`, D.

mod no_owner_check;
mod untold_touches;
mod unused_containers;
mod zk_1154;
mod zk_1208;
mod zk_1367;
mod zk_1412;
mod zk_1489;
mod zk_1496;
mod zk_1624;
mod zk_2845;
mod zk_3125;
mod zk_3911;
mod zk_4712;

use crate::{client, server};

/// The decisions of a whole run: of its servers and of its clients.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// The servers'.
    pub server: server::Rules,
    /// The clients'.
    pub client: client::Rules,
}

impl Rules {
    /// The right ones.
    pub const CORRECT: Rules =
        Rules { server: server::Rules::CORRECT, client: client::Rules::CORRECT };
}

/// A historical bug.
#[derive(Clone, Copy)]
pub struct Mutant {
    /// The name that scenarios and reports use; also that of its file.
    pub name: &'static str,
    /// What happened, in a line.
    pub story: &'static str,
    /// The checkers that are expected to see it.
    pub caught_by: &'static [&'static str],
    /// Puts the wrong decision in the place of the right one.
    pub apply: fn(&mut Rules),
}

/// Every mutant.
pub const ALL: &[Mutant] = &[
    zk_1154::MUTANT,
    zk_1208::MUTANT,
    zk_1367::MUTANT,
    zk_1412::MUTANT,
    zk_1489::MUTANT,
    zk_1496::MUTANT,
    zk_1624::MUTANT,
    zk_2845::MUTANT,
    zk_3125::MUTANT,
    zk_3911::MUTANT,
    zk_4712::MUTANT,
    no_owner_check::MUTANT,
    untold_touches::MUTANT,
    unused_containers::MUTANT,
];

/// The names of all mutants, in the order of the table.
pub fn names() -> Vec<&'static str> {
    ALL.iter().map(|mutant| mutant.name).collect()
}

/// The rules of a run with this mutant; the right ones without. `None` when nobody knows the name.
pub fn rules_of(mutant: Option<&str>) -> Option<Rules> {
    let mut rules = Rules::CORRECT;
    if let Some(name) = mutant {
        let mutant = ALL.iter().find(|mutant| mutant.name == name)?;
        (mutant.apply)(&mut rules);
    }
    Some(rules)
}
