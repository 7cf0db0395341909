//! `menagerie digest`: the second process of the determinism guard. It says what it came to, and
//! where that is another history than the first one's, both can be laid side by side.

use super::args::DigestArgs;
use super::{CliError, find, print};
use crate::report::{self, hex};
use crate::run::{self, Exit, RunOptions};

/// Prints the digest of one run, and its history behind that.
pub fn digest(args: &DigestArgs) -> Result<Exit, CliError> {
    let mutant = find::mutant(args.mutant.as_deref())?;
    let (_, scenario) = find::scenario(&args.scenario)?;
    let outcome = run::run(&run::draw(&scenario, args.seed, mutant), &RunOptions::default());
    let mut text = format!("{}\n", hex(outcome.digest)).into_bytes();
    text.extend(report::history_lines(&outcome.events));
    print::bytes(&text);
    Ok(Exit::Held)
}
