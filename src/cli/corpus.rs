//! `menagerie corpus`: whether the failures that are kept still are what they were.

use super::args::CorpusArgs;
use super::{CliError, find, print};
use crate::report::{self, Table, bad, dim, good, warn};
use crate::run::Exit;
use crate::run::corpus::{Standing, anchored, standing};
use crate::scenario::{Plan, Scenario};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// One kept failure.
#[derive(Serialize)]
struct Line {
    name: String,
    file: String,
    mutant: Option<String>,
    standing: Standing,
    /// Whether a plan nearby shows what this one no longer shows.
    found_nearby: Option<bool>,
    /// Whether it was written over this one.
    written: bool,
}

/// Runs them all, and looks for those that have moved.
pub fn corpus(args: &CorpusArgs) -> Result<Exit, CliError> {
    let folder = args.folder.clone().unwrap_or_else(find::regressions);
    let files = find::plan_files(&folder)?;
    let lines = files.iter().map(|file| line(args, file));
    let lines: Vec<Line> = lines.collect::<Result<_, CliError>>()?;
    print::result_as(args.format, &lines, || text(&lines));
    Ok(exit(&lines))
}

fn line(args: &CorpusArgs, file: &Path) -> Result<Line, CliError> {
    let plan = Plan::load(file)?;
    let standing = standing(&plan);
    let looks = standing == Standing::Moved && args.search > 0;
    let nearby = match looks {
        true => anchored(&plan, scenario(&plan).as_ref(), args.search),
        false => None,
    };
    let written = args.write && nearby.is_some();
    if let Some(plan) = nearby.as_ref().filter(|_| written) {
        report::write_text(file, &plan.to_toml())?;
    }
    Ok(Line {
        name: file.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
        file: file.display().to_string(),
        mutant: plan.mutant,
        standing,
        found_nearby: looks.then_some(nearby.is_some()),
        written,
    })
}

/// The scenario that the plan was drawn from, when there still is one of its name.
fn scenario(plan: &Plan) -> Option<Scenario> {
    let files = find::toml_files(Path::new(find::SCENARIOS)).ok()?;
    let of_name = |file: &&PathBuf| file.file_stem().is_some_and(|it| it == plan.scenario.as_str());
    Scenario::load(files.iter().find(of_name)?).ok()
}

/// What was put right and is wrong again outweighs what cannot be found any more.
fn exit(lines: &[Line]) -> Exit {
    let exit = |line: &Line| match line.standing {
        Standing::Reproduces | Standing::Passes => Exit::Held,
        Standing::Moved if line.written => Exit::Held,
        Standing::Moved | Standing::FailsAnyway => Exit::NotFoundOut,
        Standing::FailsAgain => Exit::Safety,
    };
    lines.iter().map(exit).max().unwrap_or(Exit::NotFoundOut)
}

fn text(lines: &[Line]) -> String {
    let mut table = Table::default();
    for line in lines {
        let standing = match line.standing {
            Standing::Reproduces => good("reproduces"),
            Standing::Passes => good("passes"),
            Standing::Moved => warn("moved"),
            Standing::FailsAnyway => warn("fails without its bug, too"),
            Standing::FailsAgain => bad("fails again"),
        };
        let note = match (line.found_nearby, line.written) {
            (Some(true), true) => "found nearby, and written",
            (Some(true), false) => "found nearby; --write keeps that",
            (Some(false), _) => "not found nearby",
            (None, _) => "",
        };
        let mutant = line.mutant.as_ref().map(|name| format!("mutant {name}"));
        table.row([line.name.clone(), standing, dim(&mutant.unwrap_or_default()), dim(note)]);
    }
    let good = lines.iter().filter(|line| line.standing.is_good()).count();
    format!("{}\n{} kept failures, {good} of them as they were\n", table.render(""), lines.len())
}
