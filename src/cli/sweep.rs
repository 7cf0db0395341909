//! `menagerie sweep`: many seeds of many scenarios; keeps what they came to as it goes.

use super::args::SweepArgs;
use super::{CliError, find, interrupt, keep, print};
use crate::report::{self, Line, Summary};
use crate::run::{self, Done, Entrant, Exit, Guard, Sweep};
use crate::scenario::Scenario;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

/// What the sweep has come to so far, and where it is kept.
struct Keeper<'a> {
    dir: &'a Path,
    results: File,
    results_file: PathBuf,
    summary: Summary,
}

/// Runs them all, or as many as there is time for before an interrupt.
pub fn sweep(args: &SweepArgs) -> Result<Exit, CliError> {
    let mutant = find::mutant(args.mutant.as_deref())?.map(str::to_owned);
    let sweep = Sweep { entrants: entrants(&args.paths)?, seeds: args.seeds.0.clone(), mutant };
    let mut keeper = Keeper::open(&args.out, &sweep)?;
    let bar = progress(sweep.run_count());
    let stop = interrupt::stop_on_interrupt("the summary");
    for done in sweep.start(jobs(args), stop.clone()) {
        let failed = keeper.keep(&done)?;
        bar.set_message(format!("{} failed", keeper.failures()));
        bar.inc(1);
        if failed && args.fail_fast {
            stop.store(true, Ordering::SeqCst);
        }
    }
    bar.finish_and_clear();
    let exit = keeper.finish()?;
    print::result_as(args.format, &keeper.summary, || {
        report::summary_text(&keeper.summary, keeper.dir)
    });
    Ok(exit)
}

fn jobs(args: &SweepArgs) -> usize {
    args.jobs.map_or_else(run::cores, usize::from)
}

/// All scenarios that the paths name, each once.
fn entrants(paths: &[String]) -> Result<Vec<Entrant>, CliError> {
    let mut by_name: BTreeMap<String, Entrant> = BTreeMap::new();
    for path in paths {
        for file in find::scenario_files(path)? {
            let scenario = Scenario::load(&file)?;
            let name = scenario.name.clone();
            let entrant = Entrant { file: file.clone(), scenario };
            match by_name.insert(name, entrant) {
                Some(earlier) if !same_file(&earlier.file, &file) => {
                    return Err(CliError::Twice { a: earlier.file, b: file });
                }
                Some(_) | None => {}
            }
        }
    }
    Ok(by_name.into_values().collect())
}

fn same_file(a: &Path, b: &Path) -> bool {
    match (a.canonicalize(), b.canonicalize()) {
        (Ok(a), Ok(b)) => a == b,
        _ => false,
    }
}

/// Shown on a terminal only.
fn progress(runs: u64) -> ProgressBar {
    let form = "{bar:30} {pos}/{len} runs, {per_sec}, {msg}, {eta} left";
    let style = ProgressStyle::with_template(form).expect("the form is right");
    let bar = ProgressBar::with_draw_target(Some(runs), ProgressDrawTarget::stderr());
    bar.with_style(style).with_message("0 failed")
}

impl<'a> Keeper<'a> {
    /// Begins anew in this folder.
    fn open(dir: &'a Path, sweep: &Sweep) -> Result<Keeper<'a>, CliError> {
        fs::create_dir_all(dir).map_err(CliError::io(dir))?;
        let results_file = dir.join("results.ndjson");
        let results = File::create(&results_file).map_err(CliError::io(&results_file))?;
        let seeds = format!("{}..{}", sweep.seeds.start, sweep.seeds.end);
        let summary = Summary::new(seeds, sweep.run_count());
        Ok(Keeper { dir, results, results_file, summary })
    }

    /// Writes down what a run came to; true when it failed.
    fn keep(&mut self, done: &Done) -> Result<bool, CliError> {
        let dir = match done.needs_report() {
            true => Some(self.keep_report(done)?),
            false => None,
        };
        let line = serde_json::to_string(&Line::new(done, dir.as_deref()));
        let line = line.expect("a line has only text keys") + "\n";
        self.results.write_all(line.as_bytes()).map_err(CliError::io(&self.results_file))?;
        self.summary.add(done, dir.as_deref());
        Ok(dir.is_some() || matches!(done.guard, Guard::Failed { .. }))
    }

    fn keep_report(&self, done: &Done) -> Result<PathBuf, CliError> {
        let dir = self.dir.join(&done.plan.scenario).join(done.plan.seed.to_string());
        let mut outcome = done.outcome.clone();
        keep::with_picture(&dir, &done.plan, &mut outcome)?;
        if let Guard::Differs { history, .. } = &done.guard {
            print::remark(&report::keep_twin(&dir, &outcome.events, history)?);
        }
        Ok(dir)
    }

    fn failures(&self) -> u64 {
        self.summary.failed_so_far()
    }

    fn finish(&mut self) -> Result<Exit, CliError> {
        let exit = self.summary.finish(run::cpu_ms());
        let file = self.dir.join("summary.json");
        report::write_text(&file, &report::to_json(&self.summary))?;
        Ok(exit)
    }
}
