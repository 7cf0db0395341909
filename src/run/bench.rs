//! How fast the testbed is, in CPU time, which other programs on the machine hardly disturb.

use super::{RunOptions, draw, run, usage};
use crate::scenario::Scenario;
use serde::Serialize;

/// The scenario of the first two figures.
const SATURATED: &str = include_str!("saturated.toml");
/// Every figure that is about speed is over so many seeds of a scenario.
const SEEDS: u64 = 3;
/// What a seed of the figure on runs per hour is extrapolated to.
const HOUR_OF_TWO_CORES_US: u64 = 2 * 3_600 * 1_000_000;

/// What each figure is to reach.
mod targets {
    use super::Target;

    pub const SATURATED_OPS: Option<Target> = Some(Target::AtLeast(10_000));
    pub const SATURATED_TIME: Option<Target> = Some(Target::AtLeast(100));
    pub const FAST_TIME: Option<Target> = Some(Target::AtLeast(2_000));
    pub const FAST_RUNS: Option<Target> = Some(Target::AtLeast(50_000));
    pub const MEMORY: Option<Target> = Some(Target::AtMost(64 * 1024));
}

/// What a figure is to reach.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// So much or more.
    AtLeast(u64),
    /// So much or less.
    AtMost(u64),
}

/// One measured figure.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Figure {
    /// What was measured.
    pub name: String,
    /// How much.
    pub value: u64,
    /// Of what.
    pub unit: &'static str,
    /// What it is to reach.
    pub target: Option<Target>,
    /// Whether it does.
    pub reached: Option<bool>,
}

/// Where it was measured.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Machine {
    /// The processor, as the system calls it.
    pub cpu: String,
    /// How many threads run at once.
    pub cores: usize,
}

/// What some runs took.
#[derive(Clone, Copy, Default)]
struct Spent {
    ops: u64,
    simulated_us: u64,
    cpu_us: u64,
}

impl Machine {
    /// This one.
    pub fn this() -> Machine {
        let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = info.lines().find(|line| line.starts_with("model name"));
        let model = model.and_then(|line| line.split_once(": "));
        let cpu = model.map_or("unknown", |(_, name)| name).to_owned();
        Machine { cpu, cores: super::cores() }
    }
}

/// How much a second of CPU time does where clients never pause.
pub fn saturated() -> Vec<Figure> {
    let scenario = Scenario::parse("saturated", SATURATED).expect("a test reads it");
    let spent = spend(&scenario);
    vec![
        figure(
            "operations, never pausing".to_owned(),
            per_cpu_second(spent.ops, spent.cpu_us),
            "/CPU-s",
            targets::SATURATED_OPS,
        ),
        figure(
            "simulated time, never pausing".to_owned(),
            per_cpu_second(spent.simulated_us / 1_000_000, spent.cpu_us),
            "s/CPU-s",
            targets::SATURATED_TIME,
        ),
    ]
}

/// How much it does with these scenarios; there is at least one.
pub fn fast(scenarios: &[Scenario]) -> Vec<Figure> {
    assert!(!scenarios.is_empty(), "something to measure");
    let spent: Vec<Spent> = scenarios.iter().map(spend).collect();
    let mut rates: Vec<u64> =
        spent.iter().map(|it| per_cpu_second(it.simulated_us, it.cpu_us) / 1_000_000).collect();
    rates.sort_unstable();
    let cpu_us: u64 = spent.iter().map(|it| it.cpu_us).sum();
    let runs = scenarios.len() as u64 * SEEDS;
    vec![
        figure(
            format!("simulated time, median of {} fast scenarios", scenarios.len()),
            rates[rates.len() / 2],
            "s/CPU-s",
            targets::FAST_TIME,
        ),
        figure(
            "runs of fast scenarios, two cores".to_owned(),
            HOUR_OF_TWO_CORES_US * runs / cpu_us.max(1),
            "/hour",
            targets::FAST_RUNS,
        ),
    ]
}

/// How much more memory this process holds at its peak after so many runs of one plan than after
/// the first. To be asked before anything else: a peak never goes back.
pub fn memory(scenario: &Scenario, runs: u64) -> Figure {
    let plan = draw(scenario, 1, None);
    let perform = || drop(run(&plan, &RunOptions::default()));
    perform();
    let after_first = usage::peak_kb();
    (1..runs).for_each(|_| perform());
    figure(
        format!("growth of peak memory over {runs} runs"),
        usage::peak_kb() - after_first,
        "KiB",
        targets::MEMORY,
    )
}

fn spend(scenario: &Scenario) -> Spent {
    let mut spent = Spent::default();
    for seed in 1..=SEEDS {
        let before = usage::own_cpu_us();
        let outcome = run(&draw(scenario, seed, None), &RunOptions::default());
        spent.cpu_us += usage::own_cpu_us() - before;
        spent.ops += outcome.ops.ok + outcome.ops.refused;
        spent.simulated_us += outcome.simulated.0;
    }
    spent
}

fn per_cpu_second(count: u64, cpu_us: u64) -> u64 {
    count.saturating_mul(1_000_000) / cpu_us.max(1)
}

fn figure(name: String, value: u64, unit: &'static str, target: Option<Target>) -> Figure {
    let reached = target.map(|target| match target {
        Target::AtLeast(least) => value >= least,
        Target::AtMost(most) => value <= most,
    });
    Figure { name, value, unit, target, reached }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_scenario_can_be_drawn() {
        let plan = draw(&Scenario::parse("saturated", SATURATED).unwrap(), 1, None);
        assert_eq!((plan.ensemble.servers, plan.clients.len()), (5, 10));
    }
}
