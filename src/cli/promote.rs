//! `menagerie promote`: keeps a failure as a plan that every `cargo test` runs from then on.

use super::args::PromoteArgs;
use super::{CliError, find, print};
use crate::report;
use crate::run::{self, Check, Exit, INVARIANTS, Outcome, RunOptions};
use crate::scenario::{Expect, Plan};
use serde::Serialize;
use std::fs;
use std::path::{Path, PathBuf};

/// The result, for programs.
#[derive(Serialize)]
struct Promoted<'a> {
    file: String,
    expect: Expect,
    caught_by: &'a [String],
    about: &'a str,
}

/// Runs the plan, writes it down with what it came to and its story.
pub fn promote(args: &PromoteArgs) -> Result<Exit, CliError> {
    let file = file_of(&args.name)?;
    if file.exists() && !args.force {
        return Err(CliError::There { file });
    }
    if let Ok(taken) = find::scenario_file(&args.name)
        && taken != file
    {
        let (name, taken) = (&args.name, taken.display());
        return Err(CliError::Unknown(format!("`{name}` is the name of {taken}; another --name")));
    }
    let (plan_file, report_file) = find::report_files(&args.from);
    let plan = report::read_plan(&plan_file)?;
    let outcome = run::run(&plan, &RunOptions::default());
    let recorded = report_file.is_file().then(|| report::read_report(&report_file)).transpose()?;
    let claimed =
        recorded.as_ref().and_then(|it| it.checks.iter().find_map(|it| it.violation.as_ref()));
    let claim = claimed.map(|violation| violation.claim.as_str());
    let kept = kept(&plan, &outcome, args.about.as_deref(), claim);
    let folder = file.parent().unwrap_or(Path::new(""));
    fs::create_dir_all(folder).map_err(CliError::io(folder))?;
    report::write_text(&file, &kept.to_toml())?;
    let promoted = Promoted {
        file: file.display().to_string(),
        expect: kept.expect,
        caught_by: &kept.caught_by,
        about: &kept.about,
    };
    print::result_as(args.format, &promoted, || text(&promoted));
    Ok(Exit::Held)
}

/// Where a kept failure of this name stands. A name is a word, as it becomes a file's name.
fn file_of(name: &str) -> Result<PathBuf, CliError> {
    let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if name.is_empty() || !name.chars().all(is_word) {
        return Err(CliError::Unknown(format!(
            "`{name}` is no name; expected a word like `cut_behind_the_snapshot`"
        )));
    }
    Ok(find::regressions().join(format!("{name}.toml")))
}

/// The plan with what its run comes to now: a violation has to stay one as long as its bug is
/// there, and what is put right has to stay so.
fn kept(plan: &Plan, outcome: &Outcome, about: Option<&str>, claim: Option<&str>) -> Plan {
    let checks = outcome.all_checks();
    let culprit = run::culprit(plan, &checks);
    let now = culprit.and_then(|check| check.violation.as_ref()).map(|it| it.claim.as_str());
    let story = about.map_or_else(|| story(plan, now, claim), str::to_owned);
    let seen_by = |check: &Check| check.checker != INVARIANTS;
    match culprit.filter(|check| seen_by(check)) {
        Some(check) => Plan {
            about: story,
            expect: Expect::Violation,
            caught_by: vec![check.checker.clone()],
            ..plan.clone()
        },
        None => Plan { about: story, expect: Expect::Pass, caught_by: Vec::new(), ..plan.clone() },
    }
}

/// What happened, when nobody says it better.
fn story(plan: &Plan, now: Option<&str>, claim: Option<&str>) -> String {
    let of = match &plan.mutant {
        Some(mutant) => format!("{}, seed {}, with the bug {mutant}", plan.scenario, plan.seed),
        None => format!("{}, seed {}", plan.scenario, plan.seed),
    };
    match (now, claim) {
        (Some(claim), _) => format!("Found by {of}: {claim}.\n"),
        (None, Some(claim)) => format!("Found by {of}, and put right since: {claim}.\n"),
        (None, None) => format!("From {of}.\n{}", plan.about),
    }
}

fn text(promoted: &Promoted<'_>) -> String {
    let due = match promoted.expect {
        Expect::Violation => {
            format!("has to end in a violation of {}", promoted.caught_by.join(", "))
        }
        Expect::Pass => "has to pass".to_owned(),
    };
    let mut text = report::label("kept", &promoted.file);
    text += &report::label("expects", &format!("{due}; `cargo test` runs it from now on"));
    text + &report::label("story", promoted.about.trim())
}
