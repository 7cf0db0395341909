//! A plan for the command line: drawn from a scenario, with another mutant if asked for.

use crate::scenario::{Expect, Plan, Scenario};

/// Given in the place of a mutant's name: the servers are right, also where the scenario says
/// that they have a bug.
pub const NO_MUTANT: &str = "none";

/// The same plan with right servers; all its checkers have to pass.
pub fn control(plan: &Plan) -> Plan {
    let (expect, caught_by) = (Expect::Pass, Vec::new());
    Plan { mutant: None, expect, caught_by, ..plan.clone() }
}

/// The scenario's plan for this seed. With a mutant of the caller's choice the run expects nothing
/// of it any more, and only says what it finds.
pub fn draw(scenario: &Scenario, seed: u64, mutant: Option<&str>) -> Plan {
    let mut plan = Plan::draw(scenario, seed);
    if let Some(name) = mutant {
        plan.mutant = (name != NO_MUTANT).then(|| name.to_owned());
        plan.expect = Expect::Pass;
        plan.caught_by.clear();
    }
    plan
}
