//! `menagerie diverge`: the first event in which two histories differ.

use super::args::DivergeArgs;
use super::{CliError, print};
use crate::report::{self, Parting};
use crate::run::{self, Exit};
use std::path::{Path, PathBuf};

/// Compares the histories, and says what led to where they part.
pub fn diverge(args: &DivergeArgs) -> Result<Exit, CliError> {
    let [a, b] = [&args.a, &args.b].map(|path| report::read_history(&history(path)));
    let (a, b) = (a?, b?);
    let parting = Parting::of(&a, &b);
    let names = [&args.a, &args.b].map(|path| path.display().to_string());
    print::result_as(args.format, &parting, || match &parting {
        Some(parting) => parting.text(&names, args.context),
        None => {
            let (events, digest) = (report::grouped(a.len() as u64), run::digest_of(&a));
            format!("same       {events} events, digest {}\n", report::hex(digest))
        }
    });
    Ok(if parting.is_some() { Exit::Diverged } else { Exit::Held })
}

/// The history in a folder, or the file itself.
fn history(path: &Path) -> PathBuf {
    if path.is_dir() { path.join(report::HISTORY) } else { path.to_owned() }
}
