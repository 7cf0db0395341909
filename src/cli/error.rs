//! Why a command cannot be carried out. All of these end in exit status 2.

use crate::real::BenchError;
use crate::report::ReportError;
use crate::run::UnknownChecker;
use crate::scenario::ScenarioError;
use std::io;
use std::path::{Path, PathBuf};

/// A command that cannot be carried out: what was found, and what would be accepted.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The scenario cannot be used.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// A report cannot be read or written.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// A checker that does not exist.
    #[error(transparent)]
    Checker(#[from] UnknownChecker),
    /// A server cannot be measured.
    #[error(transparent)]
    Bench(#[from] BenchError),
    /// A name that nothing has.
    #[error("{0}")]
    Unknown(String),
    /// No file there, though it looks like one.
    #[error("{}: no such file; {hint}", file.display())]
    NoFile {
        /// Which.
        file: PathBuf,
        /// What there is instead.
        hint: String,
    },
    /// A folder without scenarios.
    #[error("{}: no scenario in it; expected files that end in `.toml`", folder.display())]
    NoScenario {
        /// Which.
        folder: PathBuf,
    },
    /// Two files for the same name.
    #[error("{} and {}: two scenarios of one name; sweep them one after the other", a.display(), b.display())]
    Twice {
        /// One.
        a: PathBuf,
        /// The other.
        b: PathBuf,
    },
    /// A file that is there and would be written over.
    #[error("{}: there already; another --name, or --force", file.display())]
    There {
        /// Which.
        file: PathBuf,
    },
    /// A plan that was to fail.
    #[error("{}: the plan does not fail; expected one whose run ends in a violation", plan.display())]
    Passes {
        /// Which.
        plan: PathBuf,
    },
    /// The system does not let us.
    #[error("{}: {error}", file.display())]
    Io {
        /// Which file or folder.
        file: PathBuf,
        /// What the system said.
        error: io::Error,
    },
}

impl CliError {
    /// For `map_err`.
    pub(super) fn io(file: &Path) -> impl FnOnce(io::Error) -> CliError {
        let file = file.to_owned();
        move |error| CliError::Io { file, error }
    }
}
