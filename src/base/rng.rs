//! Chance: one ChaCha8 stream per label of the seed, so that drawing more from one stream moves
//! nothing in another.

use super::hash::hash_of;
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng as _, SeedableRng};
use serde::{Deserialize, Serialize};

/// A stream of chance. Equal seed and label give an equal stream, on every machine.
#[derive(Clone, Debug)]
pub struct Rng {
    stream: ChaCha8Rng,
}

/// How often something happens: `of` times in `among`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(from = "(u32, u32)", into = "(u32, u32)")]
pub struct Ratio {
    /// Happens so many times …
    pub of: u32,
    /// … in so many.
    pub among: u32,
}

impl From<(u32, u32)> for Ratio {
    fn from((of, among): (u32, u32)) -> Ratio {
        Ratio { of, among }
    }
}

impl From<Ratio> for (u32, u32) {
    fn from(ratio: Ratio) -> (u32, u32) {
        (ratio.of, ratio.among)
    }
}

impl Rng {
    /// The stream that `seed` and `label` name, for example `Rng::stream(7, "fault/2")`.
    pub fn stream(seed: u64, label: &str) -> Rng {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..16].copy_from_slice(&hash_of(label.as_bytes()).to_le_bytes());
        key[16..24].copy_from_slice(&(label.len() as u64).to_le_bytes());
        Rng { stream: ChaCha8Rng::from_seed(key) }
    }

    /// Any 64-bit number.
    pub fn number(&mut self) -> u64 {
        self.stream.next_u64()
    }

    /// A number from 0 up to, but without, `end`.
    ///
    /// Multiplies instead of dividing; the bias is below `end / 2^64`.
    pub fn below(&mut self, end: u64) -> u64 {
        assert!(end > 0, "a choice needs something to choose from");
        ((u128::from(self.number()) * u128::from(end)) >> 64) as u64
    }

    /// A number between `low` and `high`, both included.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        assert!(low <= high, "an empty range: {low} to {high}");
        low + self.below((high - low).saturating_add(1))
    }

    /// True as often as `ratio` says.
    pub fn chance(&mut self, ratio: Ratio) -> bool {
        ratio.of > 0 && self.below(u64::from(ratio.among)) < u64::from(ratio.of)
    }

    /// One of `items`, each equally likely; `None` of none.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        if items.is_empty() { None } else { items.get(self.below(items.len() as u64) as usize) }
    }

    /// Puts `items` in an order in which every one is equally likely (Fisher–Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last as u64 + 1) as usize);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_its_seed_and_its_label() {
        let numbers = |seed, label| {
            let mut rng = Rng::stream(seed, label);
            [rng.number(), rng.number()]
        };
        assert_eq!(numbers(7, "fault/2"), numbers(7, "fault/2"));
        assert_ne!(numbers(7, "fault/2"), numbers(7, "fault/3"));
        assert_ne!(numbers(7, "fault/2"), numbers(8, "fault/2"));
    }

    #[test]
    fn ranges_reach_both_ends() {
        let mut rng = Rng::stream(1, "test");
        let drawn: std::collections::BTreeSet<u64> = (0..200).map(|_| rng.between(3, 6)).collect();
        assert_eq!(drawn.into_iter().collect::<Vec<_>>(), [3, 4, 5, 6]);
    }
}
