//! `report.json`: a run, told to programs.

use crate::base::Time;
use crate::run::{Check, FaultCount, OpCounts, Outcome, Property, ServerState, Verdict};
use crate::scenario::{Expect, Plan};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The form of `report.json` that this build writes and reads.
pub const FORMAT: u32 = 1;

/// A run and what came of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Report {
    /// [`FORMAT`].
    pub format: u32,
    /// The build that did the run; another one may come to another history.
    pub version: String,
    /// The scenario's name.
    pub scenario: String,
    /// The plan's seed.
    pub seed: u64,
    /// The planted bug that the servers had.
    pub mutant: Option<String>,
    /// How the run had to end.
    pub expect: Expect,
    /// Whether it did.
    pub held: bool,
    /// What the checkers say together: `pass`, `violation`, `vacuous` or `unknown`.
    pub verdict: String,
    /// The status that `menagerie run` ends with.
    pub exit_status: u8,
    /// Of the history: 16 hex digits.
    pub digest: String,
    /// How much simulated time it took.
    pub simulated_ms: u64,
    /// How many events the history has.
    pub events: u64,
    /// Requests, and what became of them.
    pub ops: OpCounts,
    /// What each checker says.
    pub checks: Vec<CheckReport>,
    /// How often each fault started.
    pub faults: Vec<FaultCount>,
    /// Each server at the end.
    pub servers: Vec<ServerState>,
    /// The command that does it all again.
    pub replay: String,
}

/// What a checker says.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CheckReport {
    /// Its name.
    pub checker: String,
    /// Safety or liveness.
    pub property: Property,
    /// What it says.
    pub verdict: Verdict,
    /// How often the property was at risk.
    pub checked: u64,
    /// What is wrong.
    pub violation: Option<ViolationReport>,
}

/// What is wrong.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ViolationReport {
    /// In a sentence.
    pub claim: String,
    /// Indices of events in the history, ascending.
    pub evidence: Vec<u64>,
    /// When it turned out, in simulated time.
    pub at_ms: u64,
}

impl Report {
    /// Of a run whose report stands in `dir`.
    pub fn new(plan: &Plan, outcome: &Outcome, dir: &Path) -> Report {
        let verdict = outcome.verdict(plan);
        Report {
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            scenario: plan.scenario.clone(),
            seed: plan.seed,
            mutant: plan.mutant.clone(),
            expect: plan.expect,
            held: verdict.held(),
            verdict: verdict.word().to_owned(),
            exit_status: verdict.exit().code(),
            digest: hex(outcome.digest),
            simulated_ms: outcome.simulated.as_ms(),
            events: outcome.events.len() as u64,
            ops: outcome.ops,
            checks: outcome.all_checks().iter().map(CheckReport::new).collect(),
            faults: outcome.faults.clone(),
            servers: outcome.servers.clone(),
            replay: replay_command(dir),
        }
    }

    /// As a file, and as `--format json` prints it.
    pub fn to_json(&self) -> String {
        to_json(self)
    }
}

impl CheckReport {
    /// The same, for programs.
    pub fn new(check: &Check) -> CheckReport {
        let at_ms = check.at.unwrap_or(Time::ZERO).as_ms();
        let violation = check.violation.as_ref().map(|it| ViolationReport {
            claim: it.claim.clone(),
            evidence: it.evidence.clone(),
            at_ms,
        });
        CheckReport {
            checker: check.checker.clone(),
            property: check.property,
            verdict: check.verdict,
            checked: check.checked,
            violation,
        }
    }
}

/// Any of our values as JSON that people can read, too.
pub fn to_json(value: &impl Serialize) -> String {
    let text = serde_json::to_string_pretty(value).expect("our reports have only text keys");
    text + "\n"
}

/// A digest as reports write it.
pub fn hex(digest: u64) -> String {
    format!("{digest:016x}")
}

/// The command that replays the report in `dir`, as a shell takes it.
pub fn replay_command(dir: &Path) -> String {
    command("replay", dir)
}

/// A command about the report in `dir`, as a shell takes it.
pub fn command(name: &str, dir: &Path) -> String {
    let dir = dir.display().to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+,:@%".contains(c);
    if dir.chars().all(plain) {
        format!("menagerie {name} {dir}")
    } else {
        format!("menagerie {name} '{}'", dir.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_quoted_where_a_shell_needs_it() {
        let command = |dir: &str| replay_command(Path::new(dir));
        assert_eq!(command("reports/calm/1"), "menagerie replay reports/calm/1");
        assert_eq!(command("it's here"), r"menagerie replay 'it'\''s here'");
    }
}
