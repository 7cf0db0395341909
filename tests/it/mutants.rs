//! Every planted bug is caught where it is expected, by the checker that it names, and the same
//! plans are clean without it.

use menagerie::checkers::Verdict;
use menagerie::mutants;
use menagerie::run::{RunOptions, RunVerdict, draw, run};
use menagerie::scenario::{Plan, Scenario};
use std::collections::BTreeSet;
use std::path::Path;

/// How many seeds a mutant has until it is caught. The rarest of them needs about ten.
const SEEDS: u64 = 60;

fn scenario_of(mutant: &str) -> Scenario {
    let file = format!("scenarios/mutants/{mutant}.toml");
    Scenario::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap()
}

/// The plan that catches the mutant, with the lowest seed.
fn caught(scenario: &Scenario) -> Option<Plan> {
    (0..SEEDS).map(|seed| Plan::draw(scenario, seed)).find(|plan| {
        let outcome = run(plan, &RunOptions::default());
        let expected = |checker: &String| plan.caught_by.contains(checker);
        let caught = outcome.verdict(plan) == RunVerdict::Caught;
        let by: BTreeSet<String> = outcome
            .checks
            .iter()
            .filter(|check| check.verdict == Verdict::Violation)
            .map(|check| check.checker.clone())
            .collect();
        assert_eq!(caught, by.iter().any(expected), "seed {}: {by:?}", plan.seed);
        caught
    })
}

#[test]
fn every_mutant_is_caught_and_its_plan_is_clean_without_it() {
    for mutant in mutants::ALL {
        let scenario = scenario_of(mutant.name);
        assert_eq!(scenario.mutant.as_deref(), Some(mutant.name));
        let known = |checker: &String| mutant.caught_by.contains(&checker.as_str());
        assert!(scenario.caught_by.iter().all(known), "{}: caught_by", mutant.name);
        let plan = caught(&scenario);
        let plan = plan.unwrap_or_else(|| panic!("{} survives {SEEDS} seeds", mutant.name));
        let control = draw(&scenario, plan.seed, Some(menagerie::run::NO_MUTANT));
        let outcome = run(&control, &RunOptions::default());
        assert_eq!(outcome.verdict(&control), RunVerdict::Pass, "{} without it", mutant.name);
    }
}
