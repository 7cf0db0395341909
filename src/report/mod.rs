//! What is left of a run: its files, and what people and programs read of it.

mod error;
mod files;
mod json;
mod style;
mod summary;
mod summary_text;
mod text;

pub use error::ReportError;
pub use files::{HISTORY, PLAN, REPORT, read_history, read_plan, read_report, write, write_text};
pub use json::{CheckReport, FORMAT, Report, ViolationReport, hex, to_json};
pub use style::{Table, bad, bold, dim, good, grouped, warn};
pub use summary::{FirstFailure, Line, ScenarioSummary, Summary, Tally};
pub use summary_text::summary_text;
pub use text::{checks_text, replay_text, run_text, servers_text, violations_text};
