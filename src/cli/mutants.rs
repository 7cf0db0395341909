//! `menagerie mutants`: the catalogue of planted bugs as a gate.

use super::args::{MutantsArgs, Page};
use super::{CliError, find, interrupt, print};
use crate::report;
use crate::run::gate::{Caught, Gate};
use crate::run::{self, Exit};
use crate::scenario::{Registry, Scenario};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use std::path::Path;
use std::time::Duration;

/// The folder of the mutants' scenarios.
const FOLDER: &str = "mutants";

/// The result, for programs.
#[derive(Serialize)]
struct Told<'a> {
    seeds: u64,
    survivors: Vec<&'a str>,
    mutants: &'a [Caught],
}

/// Sweeps them all, and says who was caught by whom.
pub fn mutants(args: &MutantsArgs) -> Result<Exit, CliError> {
    let chosen = args.names.iter().map(|name| find::mutant(Some(name)));
    let chosen: Vec<Option<&str>> = chosen.collect::<Result<_, _>>()?;
    let is_chosen = |mutant: Option<&str>| chosen.is_empty() || chosen.contains(&mutant);
    let folder = Path::new(find::SCENARIOS).join(FOLDER);
    let files = find::scenario_files(&folder.display().to_string())?;
    let scenarios = files.iter().map(|file| Scenario::load(file));
    let mut scenarios: Vec<Scenario> = scenarios.collect::<Result<_, _>>()?;
    scenarios.retain(|it| it.mutant.is_some() && is_chosen(it.mutant.as_deref()));
    let stop = interrupt::stop_on_interrupt("the table");
    let shrink = args.shrink.then(|| Duration::from_secs(args.budget));
    let gate = Gate { scenarios, seeds: args.seeds, shrink, stop };
    let due = gate.mutants().len();
    without_scenario(&gate, &is_chosen);
    let mut rows = rows(gate, args.jobs.map_or_else(run::cores, usize::from));
    let order = |name: &str| Registry::Mutants.lines().iter().position(|it| it.name == name);
    rows.sort_by_key(|row| order(&row.mutant));
    show(args, &rows);
    Ok(exit(&rows, due))
}

/// A mutant without a scenario is not looked at.
fn without_scenario(gate: &Gate, is_chosen: &dyn Fn(Option<&str>) -> bool) {
    let has = |name: &str| gate.mutants().iter().any(|mutant| mutant.name == name);
    let lines = Registry::Mutants.lines();
    for line in lines.iter().filter(|line| is_chosen(Some(&line.name)) && !has(&line.name)) {
        print::remark(&format!("{}: no scenario below {}/{FOLDER}", line.name, find::SCENARIOS));
    }
}

fn rows(gate: Gate, jobs: usize) -> Vec<Caught> {
    let form = "{bar:30} {pos}/{len} mutants, {msg}";
    let style = ProgressStyle::with_template(form).expect("the form is right");
    let bar = ProgressBar::with_draw_target(
        Some(gate.mutants().len() as u64),
        ProgressDrawTarget::stderr(),
    );
    let bar = bar.with_style(style);
    bar.enable_steady_tick(Duration::from_millis(200));
    let mut rows = Vec::new();
    for row in gate.start(jobs) {
        bar.set_message(format!("last {}", row.mutant));
        bar.inc(1);
        rows.push(row);
    }
    bar.finish_and_clear();
    rows
}

fn show(args: &MutantsArgs, rows: &[Caught]) {
    let survivors = rows.iter().filter(|row| row.survives()).map(|row| row.mutant.as_str());
    let told = Told { seeds: args.seeds, survivors: survivors.collect(), mutants: rows };
    print::result(&match args.format {
        Page::Text => report::gate_text(rows),
        Page::Json => report::to_json(&told),
        Page::Html => report::gate_html(rows),
    });
}

/// A survivor, a stray checker and a control that fails are what the gate is there for; an
/// interrupt leaves it undecided.
fn exit(rows: &[Caught], due: usize) -> Exit {
    match rows.iter().all(Caught::is_good) {
        false => Exit::Safety,
        true if rows.len() < due || rows.is_empty() => Exit::NotFoundOut,
        true => Exit::Held,
    }
}
