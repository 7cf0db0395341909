//! Failures that are kept: whether each still is what it was, and where it has moved to when the
//! code around it has changed.

use super::shrink::in_world;
use super::{Outcome, RunOptions, RunVerdict, control, run};
use crate::scenario::{Expect, Plan, Scenario};
use serde::Serialize;

/// What has become of a kept failure.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It expects a violation, and there it is.
    Reproduces,
    /// It expects to pass, and does.
    Passes,
    /// It expects a violation, and does not show it any more.
    Moved,
    /// It expects to pass, and does not: what was put right is wrong again.
    FailsAgain,
    /// It expects a violation, which is there without its bug, too: it is about something else.
    FailsAnyway,
}

impl Standing {
    /// Whether it is as it has to be.
    pub fn is_good(self) -> bool {
        matches!(self, Standing::Reproduces | Standing::Passes)
    }
}

/// Runs the plan, and where it has a bug, also without it.
pub fn standing(plan: &Plan) -> Standing {
    let verdict = |plan: &Plan, outcome: &Outcome| outcome.verdict(plan);
    let outcome = run(plan, &RunOptions::default());
    match (plan.expect, verdict(plan, &outcome)) {
        (Expect::Pass, verdict) if verdict.held() => Standing::Passes,
        (Expect::Pass, _) => Standing::FailsAgain,
        (Expect::Violation, RunVerdict::Caught) if fails_anyway(plan) => Standing::FailsAnyway,
        (Expect::Violation, RunVerdict::Caught) => Standing::Reproduces,
        (Expect::Violation, _) => Standing::Moved,
    }
}

fn fails_anyway(plan: &Plan) -> bool {
    let control = control(plan);
    let verdict = || run(&control, &RunOptions::default()).verdict(&control);
    plan.mutant.is_some() && matches!(verdict(), RunVerdict::Safety | RunVerdict::Liveness)
}

/// The nearest plan that shows what this one no longer shows: in another world, or, where its
/// scenario is known, with a seed nearby. `None` when there is none among so many of each.
pub fn anchored(plan: &Plan, scenario: Option<&Scenario>, tries: u32) -> Option<Plan> {
    let worlds = (1..=tries).map(|nth| in_world(plan, nth));
    let seeds = scenario.into_iter().flat_map(|scenario| {
        let near = (1..=u64::from(tries)).flat_map(|far| {
            [plan.seed.checked_add(far), plan.seed.checked_sub(far)].into_iter().flatten()
        });
        near.map(move |seed| redrawn(plan, scenario, seed))
    });
    worlds.chain(seeds).find(|plan| standing(plan) == Standing::Reproduces)
}

/// The scenario's plan for the seed, with this plan's bug, judges and expectation.
fn redrawn(plan: &Plan, scenario: &Scenario, seed: u64) -> Plan {
    Plan {
        about: plan.about.clone(),
        expect: plan.expect,
        caught_by: plan.caught_by.clone(),
        mutant: plan.mutant.clone(),
        checkers: plan.checkers.clone(),
        ..Plan::draw(scenario, seed)
    }
}
