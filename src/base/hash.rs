//! Hashing with one answer everywhere: XXH3, unkeyed.

use std::hash::{Hash, Hasher};
use xxhash_rust::xxh3::{Xxh3Default, xxh3_64};

/// The XXH3 hash of some bytes.
pub fn hash_of(bytes: &[u8]) -> u64 {
    xxh3_64(bytes)
}

/// A rolling digest over values: equal sequences of values give equal digests, in any process that
/// runs the same build.
#[derive(Clone, Default)]
pub struct Digest {
    state: Xxh3Default,
}

impl Digest {
    /// Takes one more value in.
    pub fn add(&mut self, value: &impl Hash) {
        value.hash(&mut self.state);
    }

    /// The digest of everything taken in so far.
    pub fn value(&self) -> u64 {
        self.state.finish()
    }
}
