//! Shrinking: what is fixed changes nothing, what is smaller fails in the same way, and the search
//! ends where nothing more can go.

use crate::scenarios::files_of;
use menagerie::base::{ClientId, Redraw, Time};
use menagerie::history::{Event, Phase, What};
use menagerie::run::shrink::{Failing, Limits, Shrinker, Shrunk, Size, Tried, fixed, shrink};
use menagerie::run::{Fingerprint, RunOptions, draw, run};
use menagerie::scenario::{Plan, Scenario};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

fn scenario(folder: &str, name: &str) -> Scenario {
    let file = files_of(folder).into_iter().find(|it| it.file_stem().unwrap() == name);
    Scenario::load(&file.unwrap()).unwrap()
}

/// A plan that fails: the scenario of a mutant, with a seed that catches it.
fn failing(mutant: &str) -> Plan {
    let scenario = scenario("mutants", mutant);
    let fails = |plan: &Plan| Fingerprint::of(plan, &run(plan, &RunOptions::default())).is_some();
    (0..50).map(|seed| Plan::draw(&scenario, seed)).find(fails).unwrap()
}

fn shrunk(plan: &Plan, jobs: usize) -> Shrunk {
    let stop = Arc::new(AtomicBool::new(false));
    let limits = Limits { budget: Duration::from_secs(600), jobs, stop };
    Shrinker::new(plan, limits).unwrap().go(&mut |_| {})
}

/// What clients asked for and the nemesis did before the healing.
fn acted(events: &[Event]) -> Vec<(Time, &What)> {
    let before = events.iter().take_while(|event| event.what != What::Phase(Phase::Heal));
    let acted = before.filter(|it| matches!(it.what, What::Invoke { .. } | What::Act(_)));
    acted.map(|event| (event.at, &event.what)).collect()
}

#[test]
fn what_is_fixed_changes_no_history() {
    let mut moved = Vec::new();
    let files = files_of("fast");
    for file in &files {
        let plan = draw(&Scenario::load(file).unwrap(), 5, None);
        let outcome = run(&plan, &RunOptions { steps: true, ..RunOptions::default() });
        let fixed = fixed(&plan, &outcome);
        assert!(fixed.faults.iter().all(|fault| fault.fixed.is_some()));
        let again = run(&Plan::parse(&fixed.to_toml()).unwrap(), &RunOptions::default());
        let (before, after) = (acted(&outcome.events), acted(&again.events));
        let same = before.iter().zip(&after).take_while(|(before, after)| before == after).count();
        let part = (before.get(same), after.get(same));
        let of = before.len();
        assert!(same * 3 >= of, "{}: {same} of {of}, then {part:?}", file.display());
        if same < before.len() {
            moved.push(file.display().to_string());
        }
    }
    // A timer that falls on the very moment of a packet may come before it.
    assert!(moved.len() * 4 <= files.len(), "{moved:?}");
}

#[test]
fn a_shrunk_plan_is_small_fails_in_the_same_way_and_replays() {
    let plan = failing("zk_1154");
    let before = run(&plan, &RunOptions::default());
    let shrunk = shrunk(&plan, 1);
    let Size { clients, faults, ops, .. } = shrunk.after;
    assert!(clients <= 2 && faults <= 2 && ops <= 10, "{:?}", shrunk.after);
    assert_eq!(Fingerprint::of(&plan, &before).as_ref(), Some(&shrunk.fingerprint));
    let again = run(&Plan::parse(&shrunk.plan.to_toml()).unwrap(), &RunOptions::default());
    assert_eq!(again.digest, shrunk.outcome.digest);
    assert_eq!(Fingerprint::of(&shrunk.plan, &again), Some(shrunk.fingerprint));
    let control = Plan { mutant: None, ..shrunk.plan };
    assert_eq!(Fingerprint::of(&control, &run(&control, &RunOptions::default())), None);
}

#[test]
fn the_number_of_jobs_changes_nothing() {
    let plan = failing("zk_1208");
    assert_eq!(shrunk(&plan, 1).plan, shrunk(&plan, 2).plan);
}

#[test]
fn an_interrupt_keeps_the_best_so_far() {
    let plan = failing("zk_1154");
    let stop = Arc::new(AtomicBool::new(false));
    let limits = Limits { budget: Duration::from_secs(600), jobs: 1, stop: stop.clone() };
    let shrinker = Shrinker::new(&plan, limits).unwrap();
    let before = shrinker.size();
    let shrunk = shrinker.go(&mut |_| stop.store(true, std::sync::atomic::Ordering::SeqCst));
    assert!(!shrunk.minimal && shrunk.after.ops <= before.ops);
    assert!(Fingerprint::of(&shrunk.plan, &shrunk.outcome).is_some());
}

/// The search on a plan with fixed parts, with a stand-in for running it.
fn searched(mut fails: impl FnMut(&Plan) -> bool) -> Plan {
    let plan = draw(&scenario("fast", "everything"), 5, None);
    let outcome = run(&plan, &RunOptions { steps: true, ..RunOptions::default() });
    let first = Failing { plan: fixed(&plan, &outcome), load_us: 2_000_000 };
    let still_fails = &mut |candidates: &[Plan]| {
        let place = candidates.iter().position(&mut fails);
        place.map_or(Tried::None, |place| {
            Tried::Fails(place, Failing { plan: candidates[place].clone(), load_us: 2_000_000 })
        })
    };
    shrink(first, still_fails).plan
}

#[test]
fn the_search_leaves_what_matters_and_nothing_else() {
    let matters = |plan: &Plan| {
        let client = plan.clients.iter().find(|client| client.id == ClientId(2));
        let writes = client.and_then(|client| client.steps.as_ref()).is_some_and(|steps| {
            steps.iter().flat_map(|step| step.ops()).filter(|op| op.is_write()).count() >= 2
        });
        writes && plan.faults.iter().any(|fault| fault.name == "crash")
    };
    let least = searched(matters);
    let size = Size::of(&least);
    assert_eq!((size.clients, size.faults, size.ops, size.servers), (1, 1, 2, 1));
    assert!(size.load_ms < 1_000, "{size:?}");
}

/// Another world is no smaller plan, so that nobody goes from one to the next for ever.
#[test]
fn a_failure_of_other_worlds_is_searched_to_its_end() {
    let mut tried = 0;
    let least = searched(|plan| {
        tried += 1;
        assert!(tried < 100_000, "the search goes on for ever");
        plan.redraws.len() == 1 || plan.clients.len() > 1
    });
    assert!(least.clients.len() <= 1 && !least.redraws.is_empty());
}

#[test]
fn what_cannot_go_stays() {
    let whole = searched(|_| false);
    assert_eq!(searched(|plan| *plan == whole), whole);
}

#[test]
fn chance_that_is_drawn_anew_leaves_what_was_before() {
    let plan = draw(&scenario("fast", "isolated_leader"), 3, None);
    let from_us = 20_000_000;
    let events = |seed: Option<u32>| {
        let redraws = seed.map(|seed| Redraw { from_us, seed }).into_iter().collect();
        let plan = Plan { redraws, ..plan.clone() };
        run(&Plan::parse(&plan.to_toml()).unwrap(), &RunOptions::default()).events
    };
    let (old, new) = (events(None), events(Some(1)));
    let differ = old.iter().zip(&new).find(|(old, new)| old != new).unwrap();
    assert!(differ.0.at >= Time(from_us) || differ.1.at >= Time(from_us), "{differ:?}");
    assert_ne!(new, events(Some(2)));
}
