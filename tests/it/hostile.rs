//! Whatever comes over a connection or lies on a disk: no panic, no memory without bound, and
//! nobody else is disturbed. What was once found stands in `found`.

mod clients;
mod found;
mod members;
mod stage;

use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestRunner};

/// How many times each law is tried.
const CASES: u32 = 400;

/// Runs a law over many values; the seed is fixed.
fn holds<S: Strategy>(values: S, law: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let config = ProptestConfig {
        cases: CASES,
        rng_seed: RngSeed::Fixed(1),
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    if let Err(error) = TestRunner::new(config).run(&values, law) {
        panic!("{error}");
    }
}
