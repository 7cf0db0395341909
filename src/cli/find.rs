//! Finding scenarios and mutants by what a person calls them.

use super::CliError;
use crate::report;
use crate::run::NO_MUTANT;
use crate::scenario::{Plan, Registry, Scenario, unknown_in};
use std::fs;
use std::path::{Path, PathBuf};

/// Where bare names are looked up, seen from where the program was started.
pub const SCENARIOS: &str = "scenarios";
/// The folder below it that holds plans.
const REGRESSIONS: &str = "regressions";

/// The scenario of this file or bare name, with its file.
pub fn scenario(given: &str) -> Result<(PathBuf, Scenario), CliError> {
    let file = scenario_file(given)?;
    if Plan::is_file(&file) {
        return Err(CliError::Unknown(format!(
            "{0} is a plan, not a scenario; `menagerie replay {0}` runs it",
            file.display()
        )));
    }
    let scenario = Scenario::load(&file)?;
    Ok((file, scenario))
}

/// The file of a scenario, given the file itself or a bare name.
pub fn scenario_file(given: &str) -> Result<PathBuf, CliError> {
    let file = PathBuf::from(given);
    if file.is_file() {
        return Ok(file);
    }
    let known = toml_files(Path::new(SCENARIOS)).unwrap_or_default();
    if let Some(file) = known.iter().find(|file| stem(file) == given) {
        return Ok(file.clone());
    }
    let names: Vec<String> = known.iter().map(|file| stem(file)).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let hint = unknown_in("scenario", &stem(&file), &names);
    match given.contains('/') || given.ends_with(".toml") {
        true => Err(CliError::NoFile { file, hint }),
        false if names.is_empty() => Err(CliError::Unknown(format!(
            "unknown scenario `{given}`; there is no folder `{SCENARIOS}` here, so give its file"
        ))),
        false => Err(CliError::Unknown(hint)),
    }
}

/// The folder of the failures that are kept.
pub fn regressions() -> PathBuf {
    Path::new(SCENARIOS).join(REGRESSIONS)
}

/// The plan and what may be its report, given the folder of both or the plan.
pub fn report_files(from: &Path) -> (PathBuf, PathBuf) {
    if from.is_dir() {
        (from.join(report::PLAN), from.join(report::REPORT))
    } else {
        (from.to_owned(), from.with_file_name(report::REPORT))
    }
}

/// The folder of a report, given it or the plan in it.
pub fn report_dir(from: &Path) -> &Path {
    if from.is_dir() { from } else { from.parent().unwrap_or(Path::new("")) }
}

/// The scenarios' files of a file, folder or bare name, in order. Plans in a folder are no scenarios
/// and are left out.
pub fn scenario_files(given: &str) -> Result<Vec<PathBuf>, CliError> {
    let folder = PathBuf::from(given);
    if !folder.is_dir() {
        return Ok(vec![scenario_file(given)?]);
    }
    let mut files = toml_files(&folder)?;
    files.retain(|file| !Plan::is_file(file));
    if files.is_empty() { Err(CliError::NoScenario { folder }) } else { Ok(files) }
}

/// The plans in a folder, in order.
pub fn plan_files(folder: &Path) -> Result<Vec<PathBuf>, CliError> {
    let mut files = toml_files(folder)?;
    files.retain(|file| Plan::is_file(file));
    Ok(files)
}

/// All scenarios' files below a folder, in the order of their paths.
pub fn toml_files(folder: &Path) -> Result<Vec<PathBuf>, CliError> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(CliError::io(folder))? {
        let path = entry.map_err(CliError::io(folder))?.path();
        if path.is_dir() && path.ends_with(REGRESSIONS) {
            continue;
        }
        if path.is_dir() {
            files.extend(toml_files(&path)?);
        } else if path.extension().is_some_and(|it| it == "toml") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// The mutant of this name, if one was asked for; `none` is one, too.
pub fn mutant(given: Option<&str>) -> Result<Option<&str>, CliError> {
    let lines = Registry::Mutants.lines();
    let known: Vec<&str> = lines.iter().map(|line| line.name.as_str()).chain([NO_MUTANT]).collect();
    match given {
        Some(name) if !known.contains(&name) => {
            Err(CliError::Unknown(unknown_in("mutant", name, &known)))
        }
        Some(_) | None => Ok(given),
    }
}

fn stem(file: &Path) -> String {
    file.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}
