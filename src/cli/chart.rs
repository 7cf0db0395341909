//! `menagerie chart`: a window of a run as a sequence diagram.

use super::args::{ChartArgs, ChartFormat};
use super::values::Around;
use super::{CliError, print};
use crate::report::{self, Form, Report, Window};
use crate::run::{self, Exit, RunOptions};

/// Draws what the report holds, with the messages of the same plan, run again.
pub fn chart(args: &ChartArgs) -> Result<Exit, CliError> {
    let dir = &args.report;
    let report = report::read_report(&dir.join(report::REPORT))?;
    let events = report::read_history(&dir.join(report::HISTORY))?;
    let until = match args.around {
        Some(Around::Time(at)) => Some(at),
        Some(Around::Violation) if !has_violation(&report) => {
            let none = "no violation in it; expected a time, for example --around 41.2s";
            return Err(CliError::Unknown(format!("{}: {none}", dir.display())));
        }
        Some(Around::Violation) | None => None,
    };
    let plan = report::read_plan(&dir.join(report::PLAN))?;
    let again = run::run(&plan, &RunOptions { messages: true, ..RunOptions::default() });
    let same = again.digest == run::digest_of(&events);
    if !same {
        print::remark("without messages: this build comes to another history of the same plan");
    }
    let messages = again.messages.filter(|_| same).unwrap_or_default();
    let window = Window { until, last: args.last as usize, nodes: args.nodes.clone() };
    let form = match args.format {
        ChartFormat::Text => Form::Text,
        ChartFormat::Mermaid => Form::Mermaid,
        ChartFormat::Svg => Form::Svg,
    };
    print::result(&report::chart(&report, &events, &messages, &window, form));
    Ok(Exit::Held)
}

fn has_violation(report: &Report) -> bool {
    report.checks.iter().any(|check| check.violation.is_some())
}
