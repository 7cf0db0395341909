//! Why a report cannot be written or read.

use crate::history::HistoryError;
use crate::scenario::ScenarioError;
use std::io;
use std::path::{Path, PathBuf};

/// A report that cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The system does not let us.
    #[error("{}: {error}", file.display())]
    Io {
        /// Which file or folder.
        file: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// The history is none.
    #[error("{}: {error}", file.display())]
    History {
        /// Which file.
        file: PathBuf,
        /// Where, and what was found.
        error: HistoryError,
    },
    /// `report.json` is not as this build writes it.
    #[error("{}: line {line}, column {column}: {reason}", file.display())]
    NoReport {
        /// Which file.
        file: PathBuf,
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
        /// What was found.
        reason: String,
    },
    /// Neither a run nor a sweep has left anything there.
    #[error("{}: no report there, and none below; `menagerie run` and `sweep` write them", folder.display())]
    Nothing {
        /// Which folder.
        folder: PathBuf,
    },
    /// The plan cannot be used.
    #[error(transparent)]
    Plan(#[from] ScenarioError),
}

impl ReportError {
    /// For `map_err`.
    pub(super) fn io(file: &Path) -> impl FnOnce(io::Error) -> ReportError {
        let file = file.to_owned();
        move |error| ReportError::Io { file, error }
    }

    /// For `map_err`.
    pub(super) fn no_report(file: &Path) -> impl FnOnce(serde_json::Error) -> ReportError {
        let file = file.to_owned();
        move |error| ReportError::NoReport {
            file,
            line: error.line(),
            column: error.column(),
            reason: without_place(&error.to_string()),
        }
    }
}

/// Serde's message without the place at its end, which stands in front already.
fn without_place(message: &str) -> String {
    message.rsplit_once(" at line ").map_or(message, |(reason, _)| reason).to_owned()
}
