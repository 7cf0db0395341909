//! One plan that came to two histories: the second is kept beside the first, and where they part is
//! said.

use super::{HISTORY, Parting, ReportError, bad, write_history};
use crate::history::Event;
use std::path::Path;

/// All that happened when a plan was done again and came to something else.
pub const TWIN: &str = "twin.jsonl";
/// How much of what led to where they part is said.
const CONTEXT: usize = 5;

/// Writes the second history into the folder of the first one. Returns where they part, in words.
pub fn keep_twin(dir: &Path, first: &[Event], twin: &[Event]) -> Result<String, ReportError> {
    write_history(&dir.join(TWIN), twin)?;
    Ok(text(dir, first, twin))
}

fn text(dir: &Path, first: &[Event], twin: &[Event]) -> String {
    let names = [HISTORY, TWIN].map(|it| dir.join(it).display().to_string());
    let parting = Parting::of(first, twin).map(|it| it.text(&names, CONTEXT));
    let [a, b] = &names;
    format!(
        "{} one plan gave two histories\n{}next       menagerie diverge {a} {b}",
        bad("diverged  "),
        parting.unwrap_or_default(),
    )
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
        let text = text(Path::new("r"), &first, &twin);
        for part in ["two histories", "the first 1 events", "0.005s", "0.006s", "r/twin.jsonl"] {
            assert!(text.contains(part), "{part} is not in {text}");
        }
    }
}
