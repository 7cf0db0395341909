//! Storage's decisions that history has shown to be easy to get wrong.

/// The decisions, replaceable one by one.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// Where the log is written on after it was truncated. Correct: [`at_the_new_end`].
    pub position_after_truncate: fn(Truncated) -> u64,
}

/// A truncation of the log's last file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Truncated {
    /// Where the file ended, in bytes.
    pub before: u64,
    /// Where it ends now.
    pub after: u64,
}

impl Rules {
    /// The right ones.
    pub const CORRECT: Rules = Rules { position_after_truncate: at_the_new_end };
}

/// Behind the last record that was kept. A writer that goes on where it was leaves a hole of zeros,
/// at which the next recovery stops (ZOOKEEPER-1489).
pub fn at_the_new_end(truncated: Truncated) -> u64 {
    truncated.after
}
