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

/// Serde's words for an unknown key or name, in ours; `more` are accepted as well.
pub(super) fn reword(message: &str, more: &[&str]) -> String {
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let (what, Some((found, known))) = (kind_of(message), quoted.split_first()) else {
        return message.trim_end().to_owned();
    };
    match what {
        Some(what) => unknown_in(what, found, &[known, more].concat()),
        None => message.trim_end().replace('\n', " "),
    }
}

fn kind_of(message: &str) -> Option<&'static str> {
    if message.starts_with("unknown field") {
        Some("key")
    } else if message.starts_with("unknown variant") {
        Some("value")
    } else {
        None
    }
}
