//! What a sweep comes to: a line for each run, and the sum of all lines, which does not depend on
//! the order in which they came.

use super::json::{hex, replay_command};
use crate::run::{Check, Done, Exit, Guard, OpCounts, RunVerdict, Verdict};
use crate::scenario::Expect;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;

/// A line of `results.ndjson`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Line {
    /// The scenario's name.
    pub scenario: String,
    /// The plan's seed.
    pub seed: u64,
    /// The planted bug that the servers had.
    pub mutant: Option<String>,
    /// What the checkers say together, as in `report.json`.
    pub verdict: &'static str,
    /// Whether the run ended as it had to.
    pub held: bool,
    /// Of the history: 16 hex digits.
    pub digest: String,
    /// How much simulated time it took.
    pub simulated_ms: u64,
    /// Requests, and what became of them.
    pub ops: OpCounts,
    /// What each checker says.
    pub checks: BTreeMap<String, Verdict>,
    /// What a second process says: `same`, another digest, or why there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub again: Option<String>,
    /// The command that does it again, when its report was kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replay: Option<String>,
}

/// `summary.json`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Summary {
    /// The form of this file.
    pub format: u32,
    /// The seeds of each scenario, `A..B` without B.
    pub seeds: String,
    /// How many runs were asked for.
    pub planned: u64,
    /// How many are done; fewer when the sweep was interrupted.
    pub runs: u64,
    /// How many of them did not end as they had to.
    pub failures: u64,
    /// How many were done twice.
    pub guarded: u64,
    /// Those that gave two histories: `scenario seed`.
    pub diverged: Vec<String>,
    /// Second processes that gave no digest.
    pub guard_failures: Vec<String>,
    /// The sum over all runs.
    pub ops: OpCounts,
    /// The sum over all runs.
    pub simulated_ms: u64,
    /// CPU time of all processes. The only figure that differs from one sweep to the next.
    pub cpu_ms: u64,
    /// The status that the sweep ends with.
    pub exit_status: u8,
    /// In the order of their names.
    pub scenarios: BTreeMap<String, ScenarioSummary>,
    /// Of the failures the one with the lowest seed, then by name.
    pub first_failure: Option<FirstFailure>,
}

/// What became of one scenario.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ScenarioSummary {
    /// How its runs have to end.
    pub expect: Expect,
    /// How many are done.
    pub runs: u64,
    /// How many did not end as they had to. Where a violation is expected, runs that show none are
    /// no failures as long as one run does.
    pub failures: u64,
    /// Their seeds, ascending.
    pub failed_seeds: Vec<u64>,
    /// Where a violation is expected: the seeds that show it, ascending.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub caught_seeds: Vec<u64>,
    /// What each checker said how often.
    pub checkers: BTreeMap<String, Tally>,
    /// The checkers that were vacuous in every run.
    pub never_at_risk: Vec<String>,
    /// The sum over its runs.
    pub ops: OpCounts,
    /// The sum over its runs.
    pub simulated_ms: u64,
    #[serde(skip)]
    missed_seeds: Vec<u64>,
    #[serde(skip)]
    exit: Option<Exit>,
}

/// What a checker said how often.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Tally {
    /// Held.
    pub pass: u64,
    /// Did not hold.
    pub violation: u64,
    /// Could not be judged.
    pub unknown: u64,
    /// Was never at risk.
    pub vacuous: u64,
}

/// Where to look first.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
pub struct FirstFailure {
    /// The plan's seed.
    pub seed: u64,
    /// The scenario's name.
    pub scenario: String,
    /// The command that does it again.
    pub replay: String,
}

impl Line {
    /// Of a run that is over; `dir` holds its report, if that was kept.
    pub fn new(done: &Done, dir: Option<&Path>) -> Line {
        let says = |check: &Check| (check.checker.clone(), check.verdict);
        Line {
            scenario: done.plan.scenario.clone(),
            seed: done.plan.seed,
            mutant: done.plan.mutant.clone(),
            verdict: done.verdict.word(),
            held: done.verdict.held(),
            digest: hex(done.outcome.digest),
            simulated_ms: done.outcome.simulated.as_ms(),
            ops: done.outcome.ops,
            checks: done.outcome.all_checks().iter().map(says).collect(),
            again: again(&done.guard),
            replay: dir.map(replay_command),
        }
    }
}

fn again(guard: &Guard) -> Option<String> {
    match guard {
        Guard::NotAsked => None,
        Guard::Same => Some("same".to_owned()),
        Guard::Differs { elsewhere, .. } => Some(hex(*elsewhere)),
        Guard::Failed { reason } => Some(reason.clone()),
    }
}

impl Summary {
    /// Of no run yet.
    pub fn new(seeds: String, planned: u64) -> Summary {
        Summary {
            format: super::FORMAT,
            seeds,
            planned,
            runs: 0,
            failures: 0,
            guarded: 0,
            diverged: Vec::new(),
            guard_failures: Vec::new(),
            ops: OpCounts::default(),
            simulated_ms: 0,
            cpu_ms: 0,
            exit_status: 0,
            scenarios: BTreeMap::new(),
            first_failure: None,
        }
    }

    /// Takes a run in; `dir` holds its report, if that was kept.
    pub fn add(&mut self, done: &Done, dir: Option<&Path>) {
        self.runs += 1;
        self.ops.add(done.outcome.ops);
        self.simulated_ms += done.outcome.simulated.as_ms();
        self.add_guard(done);
        let fresh = || ScenarioSummary::new(done.plan.expect);
        self.scenarios.entry(done.plan.scenario.clone()).or_insert_with(fresh).add(done);
        if let Some(dir) = dir {
            let (seed, scenario) = (done.plan.seed, done.plan.scenario.clone());
            let failure = FirstFailure { seed, scenario, replay: replay_command(dir) };
            let first = self.first_failure.take();
            self.first_failure = first.into_iter().chain([failure]).min();
        }
    }

    fn add_guard(&mut self, done: &Done) {
        let name = format!("{} {}", done.plan.scenario, done.plan.seed);
        match &done.guard {
            Guard::NotAsked => return,
            Guard::Same => {}
            Guard::Differs { .. } => self.diverged.push(name),
            Guard::Failed { reason } => self.guard_failures.push(format!("{name}: {reason}")),
        }
        self.guarded += 1;
    }

    /// How many runs have failed until now.
    pub fn failed_so_far(&self) -> u64 {
        self.scenarios.values().map(|it| it.failed_seeds.len() as u64).sum()
    }

    /// Puts everything in order once the last run is in.
    pub fn finish(&mut self, cpu_ms: u64) -> Exit {
        self.cpu_ms = cpu_ms;
        self.diverged.sort_unstable();
        self.guard_failures.sort_unstable();
        self.scenarios.values_mut().for_each(ScenarioSummary::finish);
        self.failures = self.failed_so_far();
        let exit = self.exit();
        self.exit_status = exit.code();
        exit
    }

    fn exit(&self) -> Exit {
        let diverged = (!self.diverged.is_empty()).then_some(Exit::Diverged);
        let unsure = self.runs < self.planned || !self.guard_failures.is_empty();
        let runs = self.scenarios.values().filter_map(|it| it.exit);
        let all = runs.chain(diverged).chain(unsure.then_some(Exit::NotFoundOut));
        all.max().unwrap_or(Exit::NotFoundOut)
    }
}

impl ScenarioSummary {
    fn new(expect: Expect) -> ScenarioSummary {
        ScenarioSummary {
            expect,
            runs: 0,
            failures: 0,
            failed_seeds: Vec::new(),
            caught_seeds: Vec::new(),
            checkers: BTreeMap::new(),
            never_at_risk: Vec::new(),
            ops: OpCounts::default(),
            simulated_ms: 0,
            missed_seeds: Vec::new(),
            exit: None,
        }
    }

    fn add(&mut self, done: &Done) {
        self.runs += 1;
        self.ops.add(done.outcome.ops);
        self.simulated_ms += done.outcome.simulated.as_ms();
        for check in done.outcome.all_checks() {
            self.checkers.entry(check.checker).or_default().add(check.verdict);
        }
        match done.verdict {
            RunVerdict::Missed => self.missed_seeds.push(done.plan.seed),
            RunVerdict::Caught => self.caught_seeds.push(done.plan.seed),
            verdict if !verdict.held() => self.failed_seeds.push(done.plan.seed),
            _ => {}
        }
        if done.verdict != RunVerdict::Missed {
            self.exit = self.exit.max(Some(done.verdict.exit()));
        }
    }

    fn finish(&mut self) {
        if self.caught_seeds.is_empty() && !self.missed_seeds.is_empty() {
            self.failed_seeds.append(&mut self.missed_seeds);
            self.exit = self.exit.max(Some(Exit::NotFoundOut));
        }
        self.failed_seeds.sort_unstable();
        self.caught_seeds.sort_unstable();
        self.failures = self.failed_seeds.len() as u64;
        let idle = self.checkers.iter().filter(|(_, tally)| tally.vacuous == self.runs);
        self.never_at_risk = idle.map(|(name, _)| name.clone()).collect();
    }
}

impl Tally {
    fn add(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Pass => self.pass += 1,
            Verdict::Violation => self.violation += 1,
            Verdict::Unknown => self.unknown += 1,
            Verdict::Vacuous => self.vacuous += 1,
        }
    }
}
