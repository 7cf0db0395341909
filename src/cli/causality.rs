//! `menagerie causality`: when a failure became certain.

use super::args::CausalityArgs;
use super::{CliError, find, interrupt, print};
use crate::report;
use crate::run::causality::{Look, causality as look_at};
use crate::run::{self, Exit};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Forks the run at many points, and says where the probability of its failure rises.
pub fn causality(args: &CausalityArgs) -> Result<Exit, CliError> {
    let (plan_file, _) = find::report_files(&args.from);
    let plan = report::read_plan(&plan_file)?;
    let jobs = args.jobs.map_or_else(run::cores, usize::from);
    let stop = interrupt::stop_on_interrupt("the curve");
    let look = Look { points: args.points, forks: args.forks, jobs, stop };
    let bar = progress(u64::from(args.points) * u64::from(args.forks));
    let found = look_at(&plan, &look, &mut |done| bar.set_position(done));
    bar.finish_and_clear();
    let found = found.ok_or(CliError::Passes { plan: plan_file })?;
    print::result_as(args.format, &found, || report::causality_text(&found));
    Ok(Exit::Held)
}

/// Shown on a terminal only.
fn progress(forks: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} forks, {eta} left");
    let bar = ProgressBar::with_draw_target(Some(forks), ProgressDrawTarget::stderr());
    bar.with_style(style.expect("the form is right"))
}
