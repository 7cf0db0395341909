//! Judging a history that is already there.

use crate::checkers::{Check, Judge, UnknownChecker};
use crate::history::Event;

/// What the checkers of these names say of the history; all of them when no name is given.
pub fn judge(names: &[String], events: &[Event]) -> Result<Vec<Check>, UnknownChecker> {
    let mut judge = Judge::new(names)?;
    events.iter().for_each(|event| judge.observe(event));
    judge.finish();
    Ok(judge.verdicts())
}
