//! The failures of a sweep, sorted by what they are: all reports below some folders, grouped by
//! fingerprint.

use super::{HISTORY, REPORT, Report, ReportError, command, read_history, read_report};
use crate::base::Time;
use crate::run::{Fingerprint, Verdict};
use crate::scenario::Expect;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// One failed run.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Failed {
    /// The folder of its report.
    pub dir: String,
    /// The scenario's name.
    pub scenario: String,
    /// The plan's seed.
    pub seed: u64,
    /// When it turned out.
    pub at_ms: u64,
    /// What is wrong, in a sentence.
    pub claim: String,
}

/// Failures that are the same.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Group {
    /// What they are recognised by.
    pub fingerprint: String,
    /// How many.
    pub count: u64,
    /// In which scenarios, and how often.
    pub scenarios: BTreeMap<String, u64>,
    /// The one that turned out the soonest.
    pub quickest: Failed,
    /// The one with the lowest seed.
    pub first: Failed,
    /// The command that explains the quickest one.
    pub explain: String,
}

/// All failures below the folders, the most frequent kind first.
pub fn groups(folders: &[PathBuf]) -> Result<Vec<Group>, ReportError> {
    let mut by_print: BTreeMap<Fingerprint, Vec<Failed>> = BTreeMap::new();
    for folder in folders {
        let files = report_files(folder)?;
        if files.is_empty() && !is_of_a_sweep(folder) {
            return Err(ReportError::Nothing { folder: folder.clone() });
        }
        for file in files {
            let dir = file.parent().unwrap_or(Path::new(""));
            if let Some((print, failed)) = failed(dir, &read_report(&file)?)? {
                by_print.entry(print).or_default().push(failed);
            }
        }
    }
    let mut groups: Vec<Group> = by_print.into_iter().map(|(it, all)| group(&it, all)).collect();
    groups.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.fingerprint.cmp(&b.fingerprint)));
    Ok(groups)
}

/// Whether a sweep has ended there; without reports nothing failed in it.
fn is_of_a_sweep(folder: &Path) -> bool {
    folder.join("summary.json").is_file()
}

/// Every report below the folder, in the order of the paths. Those of plans that were made smaller
/// stand inside the reports that they come from, and are not counted again.
fn report_files(folder: &Path) -> Result<Vec<PathBuf>, ReportError> {
    let own = folder.join(REPORT);
    if own.is_file() {
        return Ok(vec![own]);
    }
    let entries = fs::read_dir(folder).map_err(ReportError::io(folder))?;
    let paths = entries.map(|entry| Ok(entry.map_err(ReportError::io(folder))?.path()));
    let mut paths: Vec<PathBuf> = paths.collect::<Result<_, ReportError>>()?;
    paths.sort();
    let mut files = Vec::new();
    for path in paths.iter().filter(|path| path.is_dir()) {
        files.extend(report_files(path)?);
    }
    Ok(files)
}

/// How the run failed, if it did: a violation that was expected is none.
fn failed(dir: &Path, report: &Report) -> Result<Option<(Fingerprint, Failed)>, ReportError> {
    let broken = || report.checks.iter().filter(|it| it.verdict == Verdict::Violation);
    let Some(check) = broken().min_by_key(|it| it.property) else { return Ok(None) };
    if report.held && report.expect == Expect::Violation {
        return Ok(None);
    }
    let Some(violation) = &check.violation else { return Ok(None) };
    let events = read_history(&dir.join(HISTORY))?;
    let evidence = (violation.claim.as_str(), violation.evidence.as_slice());
    let print = Fingerprint::new(&check.checker, evidence, &events);
    let failed = Failed {
        dir: dir.display().to_string(),
        scenario: report.scenario.clone(),
        seed: report.seed,
        at_ms: violation.at_ms,
        claim: violation.claim.clone(),
    };
    Ok(Some((print, failed)))
}

fn group(print: &Fingerprint, all: Vec<Failed>) -> Group {
    let mut scenarios: BTreeMap<String, u64> = BTreeMap::new();
    all.iter().for_each(|it| *scenarios.entry(it.scenario.clone()).or_default() += 1);
    let quickest = all.iter().min_by_key(|it| (it.at_ms, it.seed)).expect("a group has a member");
    let first = all.iter().min_by_key(|it| (it.seed, it.at_ms)).expect("a group has a member");
    Group {
        fingerprint: print.to_string(),
        count: all.len() as u64,
        scenarios,
        explain: command("explain", Path::new(&quickest.dir)),
        quickest: quickest.clone(),
        first: first.clone(),
    }
}

/// The groups, told to people.
pub fn groups_text(groups: &[Group]) -> String {
    let all: u64 = groups.iter().map(|group| group.count).sum();
    let head = match groups.len() {
        0 => "no failures\n".to_owned(),
        1 => format!("{all} of one kind\n"),
        kinds => format!("{all} failures of {kinds} kinds\n"),
    };
    head + &groups.iter().map(group_text).collect::<String>()
}

fn group_text(group: &Group) -> String {
    let scenarios = group.scenarios.iter().map(|(name, count)| format!("{name} {count}"));
    let seed =
        |it: &Failed| format!("{}, seed {}, t={}", it.scenario, it.seed, Time::from_ms(it.at_ms));
    let rows = [
        super::label("", &group.quickest.claim),
        super::label("in", &scenarios.collect::<Vec<_>>().join(", ")),
        super::label("quickest", &seed(&group.quickest)),
        super::label("first", &seed(&group.first)),
        super::label("next", &group.explain),
    ];
    let head = super::bold(&group.fingerprint);
    format!("\n{:<11}{head}\n{}", format!("{}x", group.count), rows.concat())
}
