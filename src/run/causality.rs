//! When it went wrong: at points of a failing run everything before is kept and everything after is
//! drawn anew, many times. Where the probability of the failure rises lies its cause.

use super::{Fingerprint, Outcome, RunOptions, run};
use crate::base::{Redraw, Time};
use crate::history::{Event, Note, Phase, What};
use crate::scenario::Plan;
use serde::Serialize;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// How much the probability has to rise from one point to the next to be a jump, in thousandths.
const JUMP_PERMILLE: u64 = 150;
/// How many jumps are told, the highest first.
const JUMPS_MAX: usize = 4;
/// How many events are listed under a jump.
const EVENTS_MAX: usize = 14;

/// How closely to look.
#[derive(Clone, Debug)]
pub struct Look {
    /// At so many points.
    pub points: u32,
    /// With so many forks at each.
    pub forks: u32,
    /// So many runs at a time.
    pub jobs: usize,
    /// Ends it early.
    pub stop: Arc<AtomicBool>,
}

/// A failing run, and how its failure became certain.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Causality {
    /// What the failure is recognised by.
    pub fingerprint: String,
    /// When it turned out.
    pub at: Time,
    /// In ascending order. The last one keeps everything.
    pub points: Vec<Point>,
    /// Where the probability rises, in ascending order.
    pub jumps: Vec<Jump>,
}

/// What becomes of the run when everything from here on is drawn anew.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Point {
    /// From here on.
    pub at: Time,
    /// How many forks there were.
    pub forks: u32,
    /// How many of them failed in the same way.
    pub failed: u32,
    /// That, in thousandths.
    pub permille: u64,
    /// The probability is, with 95 % confidence, at least so many thousandths …
    pub low_permille: u64,
    /// … and at most so many.
    pub high_permille: u64,
}

/// A rise, and what happened under it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Jump {
    /// After this point …
    pub from: Time,
    /// … and up to this one.
    pub to: Time,
    /// By how many thousandths.
    pub rise_permille: u64,
    /// What happened in between, without what happens all the time.
    pub events: Vec<Event>,
    /// How many more there are.
    pub more: u64,
}

impl Point {
    fn new(at: Time, forks: u32, failed: u32) -> Point {
        let [low_permille, high_permille] = wilson(failed.into(), forks.into());
        let permille = u64::from(failed) * 1_000 / u64::from(forks.max(1));
        Point { at, forks, failed, permille, low_permille, high_permille }
    }
}

/// Wilson's interval for `of` in `among`, with 95 % confidence, in thousandths; rounded outwards.
///
/// Whole numbers only, like everywhere: with z = 1.96, the ends are
/// `(of + z²/2 ± z √(of (among - of) / among + z²/4)) / (among + z²)`; everything below is in units
/// of 1/10 000.
pub fn wilson(of: u64, among: u64) -> [u64; 2] {
    const UNIT: u64 = 10_000;
    const Z_SQUARE: u64 = 38_416;
    if among == 0 {
        return [0, 1_000];
    }
    let spread = of * (among - of) * UNIT * UNIT / among + Z_SQUARE * UNIT / 4;
    let root = spread.isqrt() * 196 / 100;
    let (middle, width) = (of * UNIT + Z_SQUARE / 2, among * UNIT + Z_SQUARE);
    let low = middle.saturating_sub(root) * 1_000 / width;
    let high = ((middle + root) * 1_000).div_ceil(width);
    [low, high.min(1_000)]
}

/// Looks; `watch` is told how many forks are done. `None` when the plan does not fail.
pub fn causality(plan: &Plan, look: &Look, watch: &mut dyn FnMut(u64)) -> Option<Causality> {
    let outcome = run(plan, &RunOptions::default());
    let target = Fingerprint::of(plan, &outcome)?;
    let moments = moments(&outcome, look.points);
    let mut points: Vec<Point> = Vec::new();
    for at in moments {
        if look.stop.load(Ordering::SeqCst) {
            break;
        }
        let failed = failed_forks(plan, &target, at, look);
        points.push(Point::new(at, look.forks, failed));
        watch(points.len() as u64 * u64::from(look.forks));
    }
    points.push(Point::new(outcome.simulated, look.forks, look.forks));
    let jumps = jumps(&points, &outcome.events);
    let fingerprint = target.to_string();
    Some(Causality { fingerprint, at: outcome.simulated, points, jumps })
}

/// Moments at equal distances, from the beginning of the load to just before the failure.
fn moments(outcome: &Outcome, points: u32) -> Vec<Time> {
    let load = outcome.events.iter().find(|it| it.what == What::Phase(Phase::Load));
    let from = load.map_or(0, |event| event.at.0);
    let length = outcome.simulated.0.saturating_sub(from);
    let at = |nth: u32| Time(from + length * u64::from(nth) / u64::from(points.max(1)));
    (0..points).map(at).collect()
}

/// How many of the forks at this moment fail as the original did.
fn failed_forks(plan: &Plan, target: &Fingerprint, at: Time, look: &Look) -> u32 {
    let (next, failed) = (AtomicUsize::new(0), Mutex::new(0));
    let work = || {
        loop {
            let nth = next.fetch_add(1, Ordering::SeqCst) as u32;
            if nth >= look.forks || look.stop.load(Ordering::SeqCst) {
                return;
            }
            let fork = forked(plan, at, nth);
            let outcome = run(&fork, &RunOptions::default());
            if Fingerprint::of(&fork, &outcome).as_ref() == Some(target) {
                *failed.lock().unwrap_or_else(PoisonError::into_inner) += 1;
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..look.jobs {
            scope.spawn(work);
        }
        work();
    });
    failed.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// The plan with all chance drawn anew from this moment on. The schedule stays: it is the plan's.
pub fn forked(plan: &Plan, at: Time, nth: u32) -> Plan {
    let mut fork = plan.clone();
    fork.redraws.retain(|redraw| redraw.from_us < at.0);
    let seed = fork.redraws.last().map_or(0, |redraw| redraw.seed).wrapping_add(nth + 1);
    fork.redraws.push(Redraw { from_us: at.0, seed });
    fork
}

fn jumps(points: &[Point], events: &[Event]) -> Vec<Jump> {
    let rises = points.windows(2).filter_map(|pair| {
        let rise = pair[1].permille.saturating_sub(pair[0].permille);
        (rise >= JUMP_PERMILLE).then_some((rise, pair[0].at, pair[1].at))
    });
    let mut rises: Vec<(u64, Time, Time)> = rises.collect();
    rises.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    rises.truncate(JUMPS_MAX);
    rises.sort_by_key(|rise| rise.1);
    rises.into_iter().map(|rise| jump(rise, events)).collect()
}

fn jump((rise_permille, from, to): (u64, Time, Time), events: &[Event]) -> Jump {
    let within = events.iter().filter(|event| from < event.at && event.at <= to);
    let told: Vec<&Event> = within.filter(|event| !is_noise(event)).collect();
    let events: Vec<Event> = told.iter().take(EVENTS_MAX).map(|&event| event.clone()).collect();
    let more = (told.len() - events.len()) as u64;
    Jump { from, to, rise_permille, events, more }
}

/// What happens all the time, and says nothing.
pub fn is_noise(event: &Event) -> bool {
    matches!(&event.what, What::Note { note: Note::Touched { .. }, .. } | What::Durable { .. })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against the textbook's formula, worked out by hand.
    #[test]
    fn wilsons_intervals_are_those_of_the_textbook() {
        assert_eq!(wilson(0, 25), [0, 134]);
        assert_eq!(wilson(25, 25), [866, 1_000]);
        assert_eq!(wilson(5, 10), [236, 764]);
        assert_eq!(wilson(1, 25), [7, 196]);
        assert_eq!(wilson(0, 0), [0, 1_000]);
    }

    #[test]
    fn a_jump_is_where_the_probability_rises() {
        let point = |at, failed| Point::new(Time(at), 20, failed);
        let points = [point(0, 1), point(10, 2), point(20, 15), point(30, 20)];
        let event = |index, at| Event { index, at: Time(at), what: What::Phase(Phase::Load) };
        let jumps = jumps(&points, &[event(0, 10), event(1, 15), event(2, 20), event(3, 21)]);
        let told = |jump: &Jump| (jump.from.0, jump.to.0, jump.rise_permille, jump.events.len());
        let told: Vec<_> = jumps.iter().map(told).collect();
        assert_eq!(told, [(10, 20, 650, 2), (20, 30, 250, 1)]);
    }
}
