//! A run that somebody has to look at goes into a folder with its picture; and where its plan came
//! to two histories, with both.

use super::{CliError, print};
use crate::report::{self, Report};
use crate::run::{self, Outcome};
use crate::scenario::Plan;
use std::path::Path;

/// Runs the plan once more for its messages, and writes its report. Returns that, and whether the
/// history was the same.
pub(super) fn with_picture(
    dir: &Path,
    plan: &Plan,
    outcome: &mut Outcome,
) -> Result<(Report, bool), CliError> {
    let twin = match run::messages_of(plan, outcome) {
        Ok(messages) => {
            outcome.messages = Some(messages);
            None
        }
        Err(events) => Some(events),
    };
    let report = Report::new(plan, outcome, dir);
    report::write(dir, plan, outcome, &report)?;
    if let Some(twin) = &twin {
        print::remark(&report::keep_twin(dir, &outcome.events, twin)?);
    }
    Ok((report, twin.is_none()))
}
