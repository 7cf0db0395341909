//! Notices a node that works on and on at one moment: a deadline that has passed and is never moved
//! would otherwise hang the run.

use crate::base::Time;

/// How many inputs a node may take in without time passing. Bursts stay far below it.
const INPUTS_MAX: u32 = 100_000;

/// Counts a node's inputs at one moment.
#[derive(Debug, Default)]
pub(super) struct Standstill {
    at: Time,
    inputs: u32,
}

impl Standstill {
    /// The node takes an input in. False when it does nothing else any more.
    pub fn passes(&mut self, now: Time) -> bool {
        self.inputs = if now == self.at { self.inputs + 1 } else { 0 };
        self.at = now;
        self.inputs < INPUTS_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_that_never_waits_is_noticed() {
        let mut standstill = Standstill::default();
        assert!((0..INPUTS_MAX).all(|_| standstill.passes(Time(7))));
        assert!(!standstill.passes(Time(7)));
        assert!(standstill.passes(Time(8)));
    }
}
