//! Whole runs: every fast scenario passes, and every failure once found ends as its plan says.

use crate::scenarios::files_of;
use menagerie::run::{RunOptions, draw, run};
use menagerie::scenario::{Plan, Scenario};

const SEEDS: [u64; 3] = [1, 2, 3];

/// Performs the plan; in a sentence what it came to, if that is not what it expects.
fn fault_of(plan: &Plan) -> Option<String> {
    let outcome = run(plan, &RunOptions::default());
    let verdict = outcome.verdict(plan);
    let broken: Vec<String> = outcome
        .all_checks()
        .into_iter()
        .filter_map(|check| Some(format!("{}: {}", check.checker, check.violation?.claim)))
        .collect();
    let said = format!("{}, seed {}: {verdict:?} {broken:?}", plan.scenario, plan.seed);
    (!verdict.held()).then_some(said)
}

fn check(plans: impl IntoIterator<Item = Plan>) {
    let told: Vec<String> = plans.into_iter().filter_map(|plan| fault_of(&plan)).collect();
    assert!(told.is_empty(), "\n{}\n", told.join("\n"));
}

fn fast(seed: u64) -> impl Iterator<Item = Plan> {
    let scenarios = files_of("fast").into_iter().map(|file| Scenario::load(&file).unwrap());
    scenarios.map(move |scenario| draw(&scenario, seed, None))
}

#[test]
fn every_fast_scenario_passes() {
    check(SEEDS.into_iter().flat_map(fast));
}

#[test]
fn every_failure_once_found_ends_as_its_plan_says() {
    let plans = files_of("regressions").into_iter().filter(|it| it.extension().is_some());
    check(plans.map(|file| Plan::load(&file).unwrap_or_else(|error| panic!("{error}"))));
}

/// A run that shows nothing does not pass.
#[test]
fn a_vacuous_run_is_told() {
    let scenario = Scenario::load(&files_of("fast")[0]).unwrap();
    let mut plan = draw(&scenario, 1, None);
    plan.clients.clear();
    plan.checkers = vec!["atomicity".to_owned()];
    assert!(fault_of(&plan).is_some_and(|told| told.contains("Vacuous")));
}
