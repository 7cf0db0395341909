//! A znode's path, and the rules that one has to follow (`PathUtils.java`).

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

/// The path of a znode, valid by construction. Cheap to clone. Ordered as text, so that a parent
/// comes before its children.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ZPath(Arc<str>);

/// What is wrong with a path.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PathError {
    /// The empty string.
    #[error("a path cannot be empty")]
    Empty,
    /// The first character is no slash.
    #[error("a path begins with `/`")]
    Relative,
    /// A slash at the end, and it is not the root.
    #[error("a path does not end with `/`")]
    TrailingSlash,
    /// Two slashes side by side.
    #[error("a path has no empty name")]
    EmptyName,
    /// A name `.` or `..`.
    #[error("a path has no name `.` or `..`")]
    RelativeName,
    /// A character that paths may not have.
    #[error("a path does not contain the character U+{0:04X}")]
    Character(u32),
}

impl ZPath {
    /// The root, `/`.
    pub fn root() -> ZPath {
        ZPath("/".into())
    }

    /// The path that `text` names, checked against every rule.
    pub fn parse(text: &str) -> Result<ZPath, PathError> {
        validate(text)?;
        Ok(ZPath(text.into()))
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// True for `/`.
    pub fn is_root(&self) -> bool {
        &*self.0 == "/"
    }

    /// The znode above; `None` for the root.
    pub fn parent(&self) -> Option<ZPath> {
        let parent = parent_of(&self.0)?;
        Some(ZPath(parent.into()))
    }

    /// The last name; empty for the root.
    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or("")
    }

    /// The znode of this name below.
    pub fn child(&self, name: &str) -> Result<ZPath, PathError> {
        if self.is_root() {
            ZPath::parse(&format!("/{name}"))
        } else {
            ZPath::parse(&format!("{self}/{name}"))
        }
    }
}

/// The path above `path`; `None` for the root and for text without a slash. No other rule is
/// checked: the server looks for the parent before it validates the whole.
pub fn parent_of(path: &str) -> Option<&str> {
    match path.rfind('/')? {
        0 if path.len() == 1 => None,
        0 => Some("/"),
        at => Some(&path[..at]),
    }
}

/// What a sequential create adds to its path: `number` with at least ten digits. The number is an
/// `i32` and wraps (so that a suffix can be `-2147483648`).
pub fn sequence_suffix(number: i32) -> String {
    format!("{number:010}")
}

fn validate(text: &str) -> Result<(), PathError> {
    if text.is_empty() {
        return Err(PathError::Empty);
    }
    let Some(names) = text.strip_prefix('/') else { return Err(PathError::Relative) };
    if names.is_empty() {
        return Ok(());
    }
    if names.ends_with('/') {
        return Err(PathError::TrailingSlash);
    }
    if let Some(bad) = text.chars().find(|&it| forbidden(it)) {
        return Err(PathError::Character(bad as u32));
    }
    names.split('/').try_for_each(|name| match name {
        "" => Err(PathError::EmptyName),
        "." | ".." => Err(PathError::RelativeName),
        _ => Ok(()),
    })
}

/// Java looks at UTF-16 units, and surrogates are forbidden: so is everything beyond the BMP.
fn forbidden(it: char) -> bool {
    matches!(it as u32, 0..=0x1f | 0x7f..=0x9f | 0xd800..=0xf8ff | 0xfff0..)
}

impl Borrow<str> for ZPath {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ZPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ZPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for ZPath {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for ZPath {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<ZPath, D::Error> {
        let text = String::deserialize(from)?;
        ZPath::parse(&text).map_err(|error| serde::de::Error::custom(format!("`{text}`: {error}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_of_path_utils() {
        for good in ["/", "/a", "/a/b.c", "/a/...", "/\u{e4}\u{fffc}".trim_end_matches('\u{fffc}')]
        {
            assert!(ZPath::parse(good).is_ok(), "{good:?}");
        }
        let bad = ["", "a", "/a/", "//", "/a//b", "/.", "/a/..", "/a\0", "/\u{fffd}", "/\u{1f600}"];
        for bad in bad {
            assert!(ZPath::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn parents_and_suffixes() {
        assert_eq!(
            (parent_of("/"), parent_of("/a"), parent_of("/a/b")),
            (None, Some("/"), Some("/a"))
        );
        assert_eq!(sequence_suffix(7), "0000000007");
        assert_eq!(sequence_suffix(i32::MIN), "-2147483648");
    }
}
