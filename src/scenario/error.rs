//! What is wrong with a scenario or a plan: where, what was found, and what would be accepted.

use super::names::unknown_in;
use std::io;
use std::ops::Range;
use std::path::PathBuf;

/// A scenario or a plan that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// The file cannot be read.
    #[error("{}: {error}", file.display())]
    Unreadable {
        /// Which.
        file: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// The file can be read, and says something that makes no sense.
    #[error("{file}: {place}{reason}")]
    Mistake {
        /// Which file, as it was named.
        file: String,
        /// `line 3, column 7: `, or nothing when it is about the whole.
        place: String,
        /// What was found, and what would be accepted.
        reason: String,
    },
}

/// The text of a file, and its name: what an error needs to say where.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub file: &'a str,
    pub text: &'a str,
}

impl Source<'_> {
    /// A mistake that is about no single place.
    pub fn mistake(&self, reason: String) -> ScenarioError {
        ScenarioError::Mistake { file: self.file.to_owned(), place: String::new(), reason }
    }

    /// A mistake at these bytes of the text.
    pub fn mistake_at(&self, bytes: Range<usize>, reason: String) -> ScenarioError {
        let before = self.text.get(..bytes.start).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        let place = format!("line {line}, column {column}: ");
        ScenarioError::Mistake { file: self.file.to_owned(), place, reason }
    }

    /// What the TOML reader found.
    pub fn no_toml(&self, error: &toml::de::Error) -> ScenarioError {
        let reason = reword(error.message(), &[]);
        match error.span() {
            Some(bytes) => self.mistake_at(bytes, reason),
            None => self.mistake(reason),
        }
    }
}

/// Serde's words in ours. Where a key is unknown, `more` are accepted besides those it names.
pub(super) fn reword(message: &str, more: &[&str]) -> String {
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    match quoted.split_first() {
        Some((found, known)) if message.starts_with("unknown field") => {
            unknown_in("key", found, &[known, more].concat())
        }
        Some((found, known)) if message.starts_with("unknown variant") => {
            unknown_in("value", found, known)
        }
        _ => plain(message.trim_end()),
    }
}

fn plain(message: &str) -> String {
    let message = message.replace('\n', " ").replace("missing field", "missing key");
    let integers = ["expected u8", "expected u32", "expected u64", "expected usize"];
    integers.iter().fold(message, |text, it| text.replace(it, "expected a number, 0 or more"))
}
