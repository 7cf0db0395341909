//! `menagerie triage`: the failures of a sweep, grouped by what they are.

use super::args::TriageArgs;
use super::{CliError, print};
use crate::report;
use crate::run::Exit;

/// Reads all reports below the folders, and says which of them are the same failure.
pub fn triage(args: &TriageArgs) -> Result<Exit, CliError> {
    let groups = report::groups(&args.folders)?;
    print::result_as(args.format, &groups, || report::groups_text(&groups));
    Ok(if groups.is_empty() { Exit::Held } else { Exit::Safety })
}
