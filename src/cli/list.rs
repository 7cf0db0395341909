//! `menagerie list`: the registries, a line each.

use super::args::{Kind, ListArgs};
use super::{CliError, find, print};
use crate::report::{Table, bold, dim};
use crate::run::{Exit, Property};
use crate::scenario::{Listed, Plan, Registry, Scenario};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const KINDS: [Kind; 5] =
    [Kind::Scenarios, Kind::Faults, Kind::Workloads, Kind::Checkers, Kind::Mutants];

/// A line of any of them.
#[derive(Serialize)]
struct Line {
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    #[serde(flatten)]
    listed: Listed,
}

/// Prints one registry, or all.
pub fn list(args: &ListArgs) -> Result<Exit, CliError> {
    let kinds = args.kind.map_or(KINDS.to_vec(), |kind| vec![kind]);
    let parts = kinds.into_iter().map(|kind| Ok((name(kind), lines(kind)?)));
    let parts: Vec<(&str, Vec<Line>)> = parts.collect::<Result<_, CliError>>()?;
    let json: BTreeMap<&str, &Vec<Line>> = parts.iter().map(|(name, it)| (*name, it)).collect();
    print::result_as(args.format, &json, || {
        let texts: Vec<String> = parts.iter().map(|(name, lines)| text(name, lines)).collect();
        texts.join("\n")
    });
    Ok(Exit::Held)
}

fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Scenarios => "scenarios",
        Kind::Faults => "faults",
        Kind::Workloads => "workloads",
        Kind::Checkers => "checkers",
        Kind::Mutants => "mutants",
    }
}

fn lines(kind: Kind) -> Result<Vec<Line>, CliError> {
    let registry = match kind {
        Kind::Scenarios => return scenarios(),
        Kind::Faults => Registry::Faults,
        Kind::Workloads => Registry::Workloads,
        Kind::Checkers => Registry::Checkers,
        Kind::Mutants => Registry::Mutants,
    };
    Ok(registry.lines().into_iter().map(|listed| Line { file: None, listed }).collect())
}

/// Those below the folder of scenarios; none where there is no such folder.
fn scenarios() -> Result<Vec<Line>, CliError> {
    let folder = Path::new(find::SCENARIOS);
    if !folder.is_dir() {
        print::remark(&format!("there is no folder `{}` here", find::SCENARIOS));
        return Ok(Vec::new());
    }
    let line = |file: &PathBuf| {
        let (name, about) = if Plan::is_file(file) {
            let stem = file.file_stem().unwrap_or_default();
            (stem.to_string_lossy().into_owned(), Plan::load(file)?.about)
        } else {
            let scenario = Scenario::load(file)?;
            (scenario.name, scenario.about)
        };
        let listed = Listed::new(&name, &first_sentence(&about));
        Ok(Line { file: Some(file.display().to_string()), listed })
    };
    find::toml_files(folder)?.iter().map(line).collect()
}

fn first_sentence(about: &str) -> String {
    let about = about.split_whitespace().collect::<Vec<_>>().join(" ");
    about.split_once(". ").map_or(about.clone(), |(first, _)| format!("{first}."))
}

fn text(name: &str, lines: &[Line]) -> String {
    let mut table = Table::default();
    for Line { file, listed } in lines {
        table.row([listed.name.clone(), listed.about.clone(), dim(&note(file.as_deref(), listed))]);
    }
    let none = if lines.is_empty() { "  none\n" } else { "" };
    format!("{}\n{none}{}", bold(name), table.render("  "))
}

fn note(file: Option<&str>, listed: &Listed) -> String {
    let property = match listed.property {
        Some(Property::Safety) => Some("safety".to_owned()),
        Some(Property::Liveness) => Some("liveness".to_owned()),
        None => None,
    };
    let caught = (!listed.caught_by.is_empty())
        .then(|| format!("caught by {}", listed.caught_by.join(", ")));
    let folder = file.and_then(|file| Path::new(file).parent()?.file_name()?.to_str());
    [property, caught, folder.map(str::to_owned)]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join("; ")
}
