//! `menagerie diverge`: the first event in which two histories differ.

use super::args::DivergeArgs;
use super::{CliError, print};
use crate::history::Event;
use crate::report::{self, Parting, bad};
use crate::run::{self, Exit};
use std::path::{Path, PathBuf};

/// How much of what led to where they part is said without being asked for.
const TWIN_CONTEXT: usize = 5;

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

/// The same plan has come to two histories: keeps the second beside the first, in its folder, and
/// says where they part.
pub(super) fn keep_twin(dir: &Path, first: &[Event], twin: &[Event]) -> Result<(), CliError> {
    report::write_twin(dir, twin)?;
    print::remark(&twin_text(dir, first, twin));
    Ok(())
}

fn twin_text(dir: &Path, first: &[Event], twin: &[Event]) -> String {
    let names = [report::HISTORY, report::TWIN].map(|it| dir.join(it).display().to_string());
    let parting = Parting::of(first, twin).map(|it| it.text(&names, TWIN_CONTEXT));
    let [a, b] = &names;
    format!(
        "{} one plan gave two histories\n{}next       menagerie diverge {a} {b}",
        bad("diverged  "),
        parting.unwrap_or_default(),
    )
}

/// The history in a folder, or the file itself.
fn history(path: &Path) -> PathBuf {
    if path.is_dir() { path.join(report::HISTORY) } else { path.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Time;
    use crate::history::{Phase, What};

    #[test]
    fn a_twin_is_laid_beside_the_first() {
        let event = |index, ms, phase| {
            let at = Time::from_ms(ms);
            Event { index, at, what: What::Phase(phase) }
        };
        let first = [event(0, 0, Phase::Start), event(1, 5, Phase::Load)];
        let twin = [event(0, 0, Phase::Start), event(1, 6, Phase::Load)];
        let text = twin_text(Path::new("r"), &first, &twin);
        for part in ["two histories", "the first 1 events", "0.005s", "0.006s", "r/twin.jsonl"] {
            assert!(text.contains(part), "{part} is not in {text}");
        }
    }
}
