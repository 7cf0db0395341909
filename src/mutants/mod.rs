//! Historical bugs: each is one file with one wrong rule, and the story of the bug.

/// The names of all mutants, in the order of the table.
pub fn names() -> Vec<&'static str> {
    Vec::new()
}
