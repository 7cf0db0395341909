//! `menagerie run`: one scenario, one seed.

use super::args::{Format, RunArgs};
use super::{CliError, find, keep, print};
use crate::report::{self, Report};
use crate::run::{self, Exit, RunOptions};
use crate::scenario::Plan;
use std::hash::{BuildHasher, RandomState};
use std::path::{Path, PathBuf};

/// Runs it, writes the report and says what came of it.
pub fn run(args: &RunArgs) -> Result<Exit, CliError> {
    let mutant = find::mutant(args.mutant.as_deref())?;
    let (_, scenario) = find::scenario(&args.scenario)?;
    let seed = args.seed.unwrap_or_else(|| draw_seed(args));
    let plan = run::draw(&scenario, seed, mutant);
    if args.print_plan {
        print::result(&plan.to_toml());
        return Ok(Exit::Held);
    }
    perform(&plan, args)
}

fn perform(plan: &Plan, args: &RunArgs) -> Result<Exit, CliError> {
    let mut outcome = run::run(plan, &RunOptions { messages: args.html, ..RunOptions::default() });
    let verdict = outcome.verdict(plan);
    let dir = args.out.clone().unwrap_or_else(|| default_dir(plan));
    let (report, same) = if outcome.messages.is_none() && verdict.is_worth_a_picture() {
        keep::with_picture(&dir, plan, &mut outcome)?
    } else {
        let report = Report::new(plan, &outcome, &dir);
        report::write(&dir, plan, &outcome, &report)?;
        (report, true)
    };
    print::result_as(args.format, &report, || report::run_text(&report, &dir));
    Ok(if same { verdict.exit() } else { Exit::Diverged })
}

fn default_dir(plan: &Plan) -> PathBuf {
    Path::new("reports").join(&plan.scenario).join(plan.seed.to_string())
}

/// A seed from the system, short enough to be typed; said at once, so that it is known even if the
/// run never ends.
fn draw_seed(args: &RunArgs) -> u64 {
    let seed = RandomState::new().hash_one("seed") >> 32;
    match args.format {
        Format::Text if !args.print_plan => print::result(&format!("seed       {seed}\n")),
        Format::Text | Format::Json => print::remark(&format!("seed       {seed}")),
    }
    seed
}
