//! `menagerie explain`: why a run fails, beside the nearest run that passes.

use super::args::ExplainArgs;
use super::{CliError, find, interrupt, print, shrink};
use crate::report::{self, Explanation};
use crate::run::explain::{nearest, without_bug};
use crate::run::shrink::{Limits, Shrinker};
use crate::run::{self, Exit};
use std::sync::atomic::Ordering;
use std::time::Duration;

/// What is told, as text and for programs, beside the report.
const TEXT: &str = "explain.txt";
const JSON: &str = "explain.json";

/// Shrinks, finds the nearest twin that passes, and tells what it takes.
pub fn explain(args: &ExplainArgs) -> Result<Exit, CliError> {
    let (plan_file, _) = find::report_files(&args.from);
    let plan = report::read_plan(&plan_file)?;
    let stop = interrupt::stop_on_interrupt("what was found so far");
    let budget = Duration::from_secs(args.budget);
    let jobs = args.jobs.map_or_else(run::cores, usize::from);
    let shrinker = Shrinker::new(&plan, Limits { budget, jobs, stop: stop.clone() });
    let shrinker = shrinker.ok_or(CliError::Passes { plan: plan_file })?;
    let mut shrunk = shrink::watched(shrinker);
    let dir = find::report_dir(&args.from);
    let smaller = dir.join(shrink::SHRUNK);
    let report = shrink::write(&mut shrunk, &smaller)?;
    // An interrupt ends the search, and what was found is told all the same.
    stop.store(false, Ordering::SeqCst);
    let load_us = shrunk.load_us();
    let (twin, control) = (nearest(&shrunk, load_us, &stop), without_bug(&shrunk));
    let told = Explanation::new(&shrunk, load_us, twin.as_ref(), control.as_ref());
    let text = told.text();
    report::write_page(&smaller, &shrunk.outcome, &report, &told)?;
    report::write_text(&dir.join(TEXT), &anstream::adapter::strip_str(&text).to_string())?;
    report::write_text(&dir.join(JSON), &report::to_json(&told))?;
    let page = smaller.join(report::PAGE).display().to_string();
    let next = report::command("promote", &smaller) + " --name <NAME>";
    print::result_as(args.format, &told, || {
        let around = report::command("chart", &smaller);
        [text, report::label("page", &page), report::label("around", &around)].concat()
            + &report::label("next", &next)
    });
    Ok(Exit::Held)
}
