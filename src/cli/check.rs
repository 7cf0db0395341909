//! `menagerie check`: judges a stored history again.

use super::args::CheckArgs;
use super::{CliError, print};
use crate::report::{self, CheckReport};
use crate::run::{self, Check, Exit, RunVerdict};
use crate::scenario::Plan;
use serde::Serialize;

/// The result, for programs.
#[derive(Serialize)]
struct Checked {
    history: String,
    seed: Option<u64>,
    verdict: &'static str,
    held: bool,
    exit_status: u8,
    digest: String,
    events: u64,
    checks: Vec<CheckReport>,
}

/// Reads the history, judges it and says what came of it.
pub fn check(args: &CheckArgs) -> Result<Exit, CliError> {
    let events = report::read_history(&args.history)?;
    let plan_file = args.history.with_file_name(report::PLAN);
    let plan = match plan_file.is_file() {
        true => Some(report::read_plan(&plan_file)?),
        false => None,
    };
    let names = plan.as_ref().map_or(&[][..], |plan| &plan.checkers);
    let checks = run::judge(names, &events)?;
    let verdict = verdict(plan.as_ref(), &checks);
    let checked = Checked {
        history: args.history.display().to_string(),
        seed: plan.as_ref().map(|plan| plan.seed),
        verdict: verdict.word(),
        held: verdict.held(),
        exit_status: verdict.exit().code(),
        digest: report::hex(run::digest_of(&events)),
        events: events.len() as u64,
        checks: checks.iter().map(CheckReport::new).collect(),
    };
    print::result_as(args.format, &checked, || text(&checked));
    Ok(verdict.exit())
}

fn verdict(plan: Option<&Plan>, checks: &[Check]) -> RunVerdict {
    match plan {
        Some(plan) => run::verdict_of(plan, checks),
        None => run::plain_verdict(checks),
    }
}

fn text(checked: &Checked) -> String {
    let head = format!("history    {}\n", checked.history);
    let what = format!(
        "           {} events, digest {}\n",
        report::grouped(checked.events),
        checked.digest
    );
    let checks = report::checks_text(&checked.checks);
    head + &what + &checks + &report::violations_text(&checked.checks, checked.seed)
}
