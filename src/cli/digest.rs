//! `menagerie digest`: the second process of the determinism guard.

use super::args::DigestArgs;
use super::{CliError, find, print};
use crate::report::hex;
use crate::run::{self, Exit, RunOptions};

/// Prints the digest of one run, and nothing else.
pub fn digest(args: &DigestArgs) -> Result<Exit, CliError> {
    let mutant = find::mutant(args.mutant.as_deref())?;
    let (_, scenario) = find::scenario(&args.scenario)?;
    let outcome = run::run(&run::draw(&scenario, args.seed, mutant), &RunOptions::default());
    print::result(&format!("{}\n", hex(outcome.digest)));
    Ok(Exit::Held)
}
