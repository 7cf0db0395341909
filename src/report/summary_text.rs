//! A sweep, told to people.

use super::style::{Table, bad, bold, dim, good, grouped, warn};
use super::text::label;
use super::{ScenarioSummary, Summary, Tally, command};
use crate::base::Time;
use std::collections::BTreeMap;
use std::path::Path;

/// So many seeds are written out; `summary.json` has the rest.
const SEEDS_SHOWN: usize = 8;

/// What a sweep came to; its files are in `dir`.
pub fn summary_text(summary: &Summary, dir: &Path) -> String {
    let parts = [
        scenarios(summary),
        "\n".to_owned(),
        checkers(summary),
        "\n".to_owned(),
        total(summary),
        guard(summary),
        files(dir),
        next(summary, dir),
    ];
    parts.concat()
}

fn scenarios(summary: &Summary) -> String {
    let mut table = Table::default();
    table.row(["scenario", "runs", "failed", "ops", "simulated", ""].map(dim));
    for (name, it) in &summary.scenarios {
        table.row([
            name.clone(),
            grouped(it.runs),
            if it.failures == 0 { good("0") } else { bad(&grouped(it.failures)) },
            grouped(it.ops.invoked),
            Time::from_ms(it.simulated_ms).to_string(),
            remarks(it),
        ]);
    }
    table.render("")
}

fn remarks(it: &ScenarioSummary) -> String {
    let failed =
        (!it.failed_seeds.is_empty()).then(|| format!("seeds {}", seeds(&it.failed_seeds)));
    let caught = (!it.caught_seeds.is_empty())
        .then(|| format!("caught by {} of {} seeds", it.caught_seeds.len(), it.runs));
    let idle = (!it.never_at_risk.is_empty())
        .then(|| warn(&format!("never at risk: {}", it.never_at_risk.join(", "))));
    let all: Vec<String> = [failed, caught, idle].into_iter().flatten().collect();
    all.join("; ")
}

fn seeds(seeds: &[u64]) -> String {
    let shown: Vec<String> = seeds.iter().take(SEEDS_SHOWN).map(u64::to_string).collect();
    let more = if seeds.len() > SEEDS_SHOWN { " …" } else { "" };
    shown.join(" ") + more
}

fn checkers(summary: &Summary) -> String {
    let mut sums: BTreeMap<&str, Tally> = BTreeMap::new();
    for (name, tally) in summary.scenarios.values().flat_map(|it| &it.checkers) {
        let sum = sums.entry(name).or_default();
        sum.pass += tally.pass;
        sum.violation += tally.violation;
        sum.unknown += tally.unknown;
        sum.vacuous += tally.vacuous;
    }
    let mut table = Table::default();
    table.row(["checker", "pass", "violation", "unknown", "vacuous"].map(dim));
    for (name, it) in sums {
        let violation = grouped(it.violation);
        table.row([
            name.to_owned(),
            grouped(it.pass),
            if it.violation == 0 { violation } else { bad(&violation) },
            grouped(it.unknown),
            grouped(it.vacuous),
        ]);
    }
    table.render("")
}

fn total(summary: &Summary) -> String {
    let simulated = Time::from_ms(summary.simulated_ms);
    let cpu = Time::from_ms(summary.cpu_ms);
    let runs = match summary.planned - summary.runs {
        0 => format!("{} runs", grouped(summary.runs)),
        _ => format!("{} of {} runs", grouped(summary.runs), grouped(summary.planned)),
    };
    let ops = grouped(summary.ops.invoked);
    let rest = format!(
        "{runs}, seeds {}, {} failed, {ops} ops, {simulated} simulated in {cpu} of CPU time",
        summary.seeds, summary.failures
    );
    label("total", &rest)
}

fn guard(summary: &Summary) -> String {
    let runs = if summary.guarded == 1 { "run" } else { "runs" };
    let twice = format!("{} {runs} done twice", grouped(summary.guarded));
    let result = match (summary.diverged.as_slice(), summary.guard_failures.as_slice()) {
        ([], []) if summary.guarded == 0 => String::new(),
        ([], []) => format!(", {}", good("the same both times")),
        (diverged, failed) => {
            let differ = bad(&format!("{} gave two histories", diverged.len()));
            let all: Vec<&str> = diverged.iter().chain(failed).map(String::as_str).collect();
            format!(", {differ}, {} gave none: {}", failed.len(), all.join("; "))
        }
    };
    label("guard", &(twice + &result))
}

fn files(dir: &Path) -> String {
    let results =
        format!("{} (in the order in which runs ended)", dir.join("results.ndjson").display());
    label("results", &results) + &label("summary", &dir.join("summary.json").display().to_string())
}

fn next(summary: &Summary, dir: &Path) -> String {
    match &summary.first_failure {
        Some(first) => {
            let what = format!("{}, seed {}", bold(&first.scenario), first.seed);
            let next = match summary.failures {
                0 | 1 => first.replay.clone(),
                _ => command("triage", dir),
            };
            label("first", &what) + &label("next", &next)
        }
        None => String::new(),
    }
}
