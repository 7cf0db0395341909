//! The search for a smaller plan. Pure: it proposes candidates and is told which of them still
//! fails; it runs nothing and knows no clock.

use super::remove::{Item, SORTS, without};
use super::simplify::PASSES;
use crate::base::{Redraw, Rng};
use crate::scenario::Plan;

/// In how many worlds a candidate is tried: at first only in the one that failed, and when that
/// leads no further in some others. Labelled streams move nothing else when one thing is gone, but
/// the order in which the simulator wakes nodes is one stream for all.
const WORLDS: [u32; 2] = [1, 4];

/// A plan that fails.
#[derive(Clone, PartialEq, Debug)]
pub struct Failing {
    /// The plan.
    pub plan: Plan,
    /// When its load began, in microseconds of the run.
    pub load_us: u64,
}

/// What became of some candidates.
#[derive(Clone, PartialEq, Debug)]
#[allow(clippy::large_enum_variant, reason = "there is one at a time")]
pub enum Tried {
    /// The first of them that still fails: its place, and how it fails.
    Fails(usize, Failing),
    /// None of them does.
    None,
    /// There is no time to try any more.
    Over,
}

/// A smaller plan that still fails, none of whose neighbours does, or the smallest one that was
/// found in time. `still_fails` is given candidates, the boldest first.
pub fn shrink(first: Failing, still_fails: &mut dyn FnMut(&[Plan]) -> Tried) -> Failing {
    let mut search = Search { best: first, still_fails, worlds: 1, over: false };
    for worlds in WORLDS {
        search.worlds = worlds;
        while search.round() {}
    }
    search.best
}

struct Search<'a> {
    best: Failing,
    still_fails: &'a mut dyn FnMut(&[Plan]) -> Tried,
    worlds: u32,
    over: bool,
}

impl Search<'_> {
    /// Tries everything once; false when nothing came of it.
    fn round(&mut self) -> bool {
        let before = self.best.plan.clone();
        SORTS.iter().for_each(|items| self.remove(*items));
        PASSES.iter().for_each(|pass| self.simplify(*pass));
        self.best.plan != before && !self.over
    }

    /// Takes items of one sort away: all, halves, quarters, down to single ones (ddmin; Zeller and
    /// Hildebrandt, 2002).
    fn remove(&mut self, items: fn(&Plan) -> Vec<Item>) {
        let mut chunk = items(&self.best.plan).len();
        while chunk > 0 && !self.over {
            let mut from = 0;
            loop {
                let all = items(&self.best.plan);
                let chunks = all.get(from..).unwrap_or_default().chunks(chunk);
                let candidates = chunks.map(|gone| without(&self.best.plan, gone)).collect();
                match self.first_failing(candidates) {
                    Some(place) => from += place * chunk,
                    None => break,
                }
            }
            chunk = if chunk == 1 { 0 } else { chunk.div_ceil(2) };
        }
    }

    /// Takes the first of the simpler plans that fails, as long as there is one.
    fn simplify(&mut self, simpler: fn(&Failing) -> Vec<Plan>) {
        loop {
            let mut candidates = simpler(&self.best);
            candidates.retain(|candidate| *candidate != self.best.plan);
            if self.first_failing(candidates).is_none() {
                return;
            }
        }
    }

    /// The place of the first candidate that fails; it is the best from now on.
    fn first_failing(&mut self, candidates: Vec<Plan>) -> Option<usize> {
        if self.over || candidates.is_empty() {
            return None;
        }
        let worlds = self.worlds;
        let everywhere = candidates.iter().enumerate().flat_map(|(place, candidate)| {
            (0..worlds).map(move |nth| (place, in_world(candidate, nth)))
        });
        let (places, candidates): (Vec<usize>, Vec<Plan>) =
            everywhere.filter(|(_, plan)| !self.is_only_elsewhere(plan)).unzip();
        match (self.still_fails)(&candidates) {
            Tried::Fails(nth, failing) => {
                self.best = failing;
                Some(places[nth])
            }
            Tried::None => None,
            Tried::Over => {
                self.over = true;
                None
            }
        }
    }

    /// Another world alone is nothing simpler: whoever took it would go from one to the next for
    /// ever.
    fn is_only_elsewhere(&self, candidate: &Plan) -> bool {
        let best = &self.best.plan;
        let (world_seed, redraws) = (best.world_seed, best.redraws.clone());
        let here = Plan { world_seed, redraws, ..candidate.clone() };
        !candidate.redraws.is_empty() && here == *best
    }
}

/// The plan in another world: nodes are woken in another order, and packets take other times.
pub fn in_world(plan: &Plan, nth: u32) -> Plan {
    if nth == 0 {
        return plan.clone();
    }
    let seed = plan.redraws.first().map_or(0, |redraw| redraw.seed).wrapping_add(nth);
    let world_seed = Rng::stream(plan.seed, &format!("world/{seed}")).number();
    Plan { world_seed, redraws: vec![Redraw { from_us: 0, seed }], ..plan.clone() }
}
