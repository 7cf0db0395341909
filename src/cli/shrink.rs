//! `menagerie shrink`: a smaller plan that fails in the same way.

use super::args::ShrinkArgs;
use super::{CliError, find, interrupt, keep, print};
use crate::report::{self, Report, Table};
use crate::run::shrink::{Limits, Progress, Shrinker, Shrunk, Size};
use crate::run::{self, Exit};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use std::path::Path;
use std::time::Duration;

/// Where the smaller plan goes, seen from the report.
pub const SHRUNK: &str = "shrunk";

/// The result, for programs.
#[derive(Serialize)]
struct Told<'a> {
    /// What the failure is recognised by.
    fingerprint: String,
    before: Size,
    after: Size,
    /// How many runs it took.
    runs: u64,
    took_ms: u64,
    /// Whether no single thing can be taken away any more.
    minimal: bool,
    /// Where the report of the smaller plan is.
    dir: String,
    report: &'a Report,
}

/// Shrinks the plan of a report, and writes the smaller one with its own report.
pub fn shrink(args: &ShrinkArgs) -> Result<Exit, CliError> {
    let (plan_file, _) = find::report_files(&args.from);
    let plan = report::read_plan(&plan_file)?;
    let stop = interrupt::stop_on_interrupt("what was found so far");
    let budget = Duration::from_secs(args.budget);
    let limits = Limits { budget, jobs: args.jobs.map_or_else(run::cores, usize::from), stop };
    let shrinker = Shrinker::new(&plan, limits);
    let shrinker = shrinker.ok_or(CliError::Passes { plan: plan_file })?;
    let mut shrunk = watched(shrinker);
    let dir = args.out.clone().unwrap_or_else(|| find::report_dir(&args.from).join(SHRUNK));
    let report = write(&mut shrunk, &dir)?;
    let told = Told {
        fingerprint: shrunk.fingerprint.to_string(),
        before: shrunk.before,
        after: shrunk.after,
        runs: shrunk.runs,
        took_ms: u64::try_from(shrunk.took.as_millis()).unwrap_or(u64::MAX),
        minimal: shrunk.minimal,
        dir: dir.display().to_string(),
        report: &report,
    };
    print::result_as(args.format, &told, || text(&told, &dir));
    Ok(Exit::Held)
}

/// Writes the smaller plan's report, with its picture.
pub fn write(shrunk: &mut Shrunk, dir: &Path) -> Result<Report, CliError> {
    Ok(keep::with_picture(dir, &shrunk.plan, &mut shrunk.outcome)?.0)
}

/// Shrinks, and shows on a terminal how far it is.
pub fn watched(shrinker: Shrinker) -> Shrunk {
    let bar = progress(shrinker.size());
    let shrunk = shrinker.go(&mut |progress| bar.set_message(in_words(progress)));
    bar.finish_and_clear();
    shrunk
}

/// Shown on a terminal only.
fn progress(before: Size) -> ProgressBar {
    let form = format!("{{spinner}} {}; {{msg}}", size(before));
    let style = ProgressStyle::with_template(&form).expect("the form is right");
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr()).with_style(style);
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

fn in_words(progress: Progress) -> String {
    let Progress { runs, size: now, left } = progress;
    format!("{runs} runs; now {}; {} s left", size(now), left.as_secs())
}

fn size(size: Size) -> String {
    let Size { clients, faults, ops, servers, .. } = size;
    format!("{clients} clients, {faults} faults, {ops} ops, {servers} servers")
}

fn text(told: &Told<'_>, dir: &Path) -> String {
    let head = report::headline_text("shrunk", told.report);
    let mut table = Table::default();
    let columns = |head: &str, what: &str, before: String, after: String| {
        [format!("{head:9}"), what.to_owned(), before, after]
    };
    let Told { before, after, .. } = told;
    let counts = [
        ("clients", before.clients, after.clients),
        ("faults", before.faults, after.faults),
        ("ops", before.ops, after.ops),
        ("servers", before.servers, after.servers),
    ];
    table.row(columns("", "", "before".to_owned(), "now".to_owned()));
    for (nth, (what, before, after)) in counts.into_iter().enumerate() {
        let head = if nth == 0 { "size" } else { "" };
        table.row(columns(head, what, before.to_string(), after.to_string()));
    }
    let time = |ms| crate::base::Time::from_ms(ms).to_string();
    table.row(columns("", "load", time(before.load_ms), time(after.load_ms)));
    let end = if told.minimal { "nothing more can go" } else { "stopped early" };
    let took = format!("{} runs; {end}", report::grouped(told.runs));
    let lines = [
        report::label("tried", &took),
        report::label("failure", &told.fingerprint),
        report::violations_text(&told.report.checks, Some(told.report.seed)),
        report::label("report", &format!("{}/", dir.display())),
        report::label("next", &report::command("replay", dir)),
    ];
    head + &table.render("") + &lines.concat()
}
