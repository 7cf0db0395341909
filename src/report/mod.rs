//! What is left of a run: its files, and what people and programs read of it.

mod causality_text;
mod error;
mod explanation;
mod failures;
mod files;
mod gate_text;
mod json;
mod parting;
mod style;
mod summary;
mod summary_text;
mod text;
mod timeline;
mod twin;

pub use causality_text::causality_text;
pub use error::ReportError;
pub use explanation::{Beside, Explanation};
pub use failures::{Failed, Group, groups, groups_text};
pub use files::{
    HISTORY, PAGE, PLAN, REPORT, history_lines, read_history, read_plan, read_report, write,
    write_history, write_page, write_text,
};
pub use gate_text::{gate_html, gate_text};
pub use json::{CheckReport, FORMAT, Report, ViolationReport, command, hex, to_json};
pub use parting::Parting;
pub use style::{Table, bad, bold, dim, good, grouped, warn};
pub use summary::{FirstFailure, Line, ScenarioSummary, Summary, Tally};
pub use summary_text::summary_text;
pub use text::{
    checks_text, headline_text, label, replay_text, run_text, servers_text, violations_text,
};
pub use timeline::{Form, Window, chart, timeline};
pub use twin::{TWIN, keep_twin};
