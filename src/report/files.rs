//! The folder of a report: `report.json`, `history.jsonl`, `plan.toml`, and `timeline.html` where
//! there is something to see.

use super::timeline::timeline;
use super::{Explanation, Report, ReportError, TWIN};
use crate::history::{self, Event};
use crate::run::Outcome;
use crate::scenario::Plan;
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Write};
use std::path::Path;

/// What a run comes to.
pub const REPORT: &str = "report.json";
/// All that happened in it.
pub const HISTORY: &str = "history.jsonl";
/// All that it needs to happen again.
pub const PLAN: &str = "plan.toml";
/// The picture of it.
pub const PAGE: &str = "timeline.html";

/// Writes the folder, over what may have been there; the picture where messages were recorded. The
/// report comes last: where there is one, the rest is whole.
pub fn write(
    dir: &Path,
    plan: &Plan,
    outcome: &Outcome,
    report: &Report,
) -> Result<(), ReportError> {
    fs::create_dir_all(dir).map_err(ReportError::io(dir))?;
    write_text(&dir.join(PLAN), &plan.to_toml())?;
    let file = dir.join(HISTORY);
    write_history(&file, &outcome.events)?;
    let page = dir.join(PAGE);
    match &outcome.messages {
        Some(messages) => write_text(&page, &timeline(report, &outcome.events, messages, None))?,
        None => remove(&page)?,
    }
    remove(&dir.join(TWIN))?;
    write_text(&dir.join(REPORT), &report.to_json())
}

/// Writes the picture anew, with why the run fails.
pub fn write_page(
    dir: &Path,
    outcome: &Outcome,
    report: &Report,
    explanation: &Explanation,
) -> Result<(), ReportError> {
    let messages = outcome.messages.as_deref().unwrap_or_default();
    let page = timeline(report, &outcome.events, messages, Some(explanation));
    write_text(&dir.join(PAGE), &page)
}

/// What an earlier run left is no picture of this one.
fn remove(file: &Path) -> Result<(), ReportError> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(ReportError::io(file)(error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Writes a whole file.
pub fn write_text(file: &Path, text: &str) -> Result<(), ReportError> {
    fs::write(file, text).map_err(ReportError::io(file))
}

/// Writes a history.
pub fn write_history(file: &Path, events: &[Event]) -> Result<(), ReportError> {
    write_lines(file, events).map_err(ReportError::io(file))
}

fn write_lines(file: &Path, events: &[Event]) -> io::Result<()> {
    let mut to = BufWriter::new(File::create(file)?);
    history::write(events, &mut to)?;
    to.flush()
}

/// The lines of a history.
pub fn history_lines(events: &[Event]) -> Vec<u8> {
    let mut lines = Vec::new();
    history::write(events, &mut lines).expect("memory takes all");
    lines
}

/// Reads a history; what is no history is an error that says where.
pub fn read_history(file: &Path) -> Result<Vec<Event>, ReportError> {
    let from = BufReader::new(File::open(file).map_err(ReportError::io(file))?);
    let history = |error| ReportError::History { file: file.to_owned(), error };
    history::read(from).map_err(history)
}

/// Reads a plan.
pub fn read_plan(file: &Path) -> Result<Plan, ReportError> {
    if !file.exists() {
        return Err(ReportError::Nothing { folder: file.to_owned() });
    }
    Ok(Plan::load(file)?)
}

/// Reads what was said of a run.
pub fn read_report(file: &Path) -> Result<Report, ReportError> {
    let text = fs::read_to_string(file).map_err(ReportError::io(file))?;
    serde_json::from_str(&text).map_err(ReportError::no_report(file))
}
