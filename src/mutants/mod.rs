//! Planted bugs: each is one file with one wrong rule, and the story of the bug. Its scenario is
//! `scenarios/mutants/<name>.toml`.
//!
//! `zk_N` happened: the number is that of Apache ZooKeeper's issue; causes and versions come from
//! `zookeeper.md`, D. The others might have.

mod counted_observers;
mod early_expiry;
mod early_read;
mod forgotten_watch;
mod half_is_enough;
mod no_expiry;
mod no_owner_check;
mod reused_epoch;
mod reused_number;
mod served_too_early;
mod uncommitted_reads;
mod unfenced_observers;
mod unsynced_log;
mod unsynced_names;
mod untold_touches;
mod unused_containers;
mod zk_1046;
mod zk_1090;
mod zk_1097;
mod zk_1154;
mod zk_1208;
mod zk_1367;
mod zk_1412;
mod zk_1489;
mod zk_1496;
mod zk_1549;
mod zk_1551;
mod zk_1624;
mod zk_1653;
mod zk_2247;
mod zk_2332;
mod zk_2684;
mod zk_2832;
mod zk_2845;
mod zk_2872;
mod zk_2959;
mod zk_3082;
mod zk_3104;
mod zk_3125;
mod zk_3144;
mod zk_3145;
mod zk_3306;
mod zk_3701;
mod zk_3911;
mod zk_4352;
mod zk_4466;
mod zk_4475;
mod zk_4508;
mod zk_4643;
mod zk_4712;
mod zk_4925;
mod zk_764;
mod zk_962;

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

/// A planted bug.
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
    zk_764::MUTANT,
    zk_962::MUTANT,
    zk_1046::MUTANT,
    zk_1090::MUTANT,
    zk_1097::MUTANT,
    zk_1154::MUTANT,
    zk_1208::MUTANT,
    zk_1367::MUTANT,
    zk_1412::MUTANT,
    zk_1489::MUTANT,
    zk_1496::MUTANT,
    zk_1549::MUTANT,
    zk_1551::MUTANT,
    zk_1624::MUTANT,
    zk_1653::MUTANT,
    zk_2247::MUTANT,
    zk_2332::MUTANT,
    zk_2684::MUTANT,
    zk_2832::MUTANT,
    zk_2845::MUTANT,
    zk_2872::MUTANT,
    zk_2959::MUTANT,
    zk_3082::MUTANT,
    zk_3104::MUTANT,
    zk_3125::MUTANT,
    zk_3144::MUTANT,
    zk_3145::MUTANT,
    zk_3306::MUTANT,
    zk_3701::MUTANT,
    zk_3911::MUTANT,
    zk_4352::MUTANT,
    zk_4466::MUTANT,
    zk_4475::MUTANT,
    zk_4508::MUTANT,
    zk_4643::MUTANT,
    zk_4712::MUTANT,
    zk_4925::MUTANT,
    counted_observers::MUTANT,
    early_expiry::MUTANT,
    early_read::MUTANT,
    forgotten_watch::MUTANT,
    half_is_enough::MUTANT,
    no_expiry::MUTANT,
    no_owner_check::MUTANT,
    reused_epoch::MUTANT,
    reused_number::MUTANT,
    served_too_early::MUTANT,
    uncommitted_reads::MUTANT,
    unfenced_observers::MUTANT,
    unsynced_log::MUTANT,
    unsynced_names::MUTANT,
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
