//! Tries candidates: runs them, several at a time, and says which is the first that fails as the
//! original did.

use super::fix::{cut_behind, load_of};
use super::search::{Failing, Tried};
use crate::base::{Millis, Time};
use crate::run::{Fingerprint, Outcome, RunOptions, run};
use crate::scenario::Plan;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// How much longer than the original a candidate may take to fail.
const SLACK: Millis = Millis(3_000);

/// Who tries.
pub(super) struct Trial {
    /// What a candidate has to fail with.
    pub target: Fingerprint,
    /// How many runs at a time.
    pub jobs: usize,
    /// When there is no more time.
    pub ends: Instant,
    /// Set by an interrupt.
    pub stop: Arc<AtomicBool>,
    /// How many runs there were.
    pub runs: AtomicU64,
    /// When the best plan failed, if that was before the healing: later than that, and a while, no
    /// candidate is looked at.
    pub failed_at: Option<Time>,
}

impl Trial {
    /// The first of the candidates that fails, whatever the number of jobs.
    pub fn first_failing(&mut self, candidates: &[Plan]) -> Tried {
        let mut from = 0;
        loop {
            let Some((place, outcome)) = self.first_with_target(&candidates[from..]) else {
                return if self.is_over() { Tried::Over } else { Tried::None };
            };
            let place = from + place;
            let plan = &candidates[place];
            if !self.fails_anyway(plan) {
                return Tried::Fails(place, self.accept(plan, &outcome));
            }
            from = place + 1;
        }
    }

    /// The failing plan without what lies behind its failure.
    pub fn accept(&mut self, plan: &Plan, outcome: &Outcome) -> Failing {
        let (load_us, healed) = load_of(&outcome.events);
        self.failed_at = (!healed).then_some(outcome.simulated);
        let plan = match self.failed_at {
            Some(at) => cut_behind(plan, load_us, (at + SLACK).0),
            None => plan.clone(),
        };
        Failing { plan, load_us }
    }

    pub fn is_over(&self) -> bool {
        self.stop.load(Ordering::SeqCst) || Instant::now() >= self.ends
    }

    /// A plan that fails with right servers, too, is not about the bug any more: its requests break
    /// a promise that a checker relies upon.
    fn fails_anyway(&self, plan: &Plan) -> bool {
        plan.mutant.is_some() && {
            let control = Plan { mutant: None, ..plan.clone() };
            self.perform(&control, RunOptions::default()).is_some()
        }
    }

    /// The outcome, if it is a failure of the kind that is looked for.
    fn perform(&self, plan: &Plan, options: RunOptions) -> Option<Outcome> {
        let stop_at = self.failed_at.map(|at| at + SLACK + SLACK);
        self.runs.fetch_add(1, Ordering::Relaxed);
        let outcome = run(plan, &RunOptions { stop_at, ..options });
        (Fingerprint::of(plan, &outcome).as_ref() == Some(&self.target)).then_some(outcome)
    }

    fn first_with_target(&self, candidates: &[Plan]) -> Option<(usize, Outcome)> {
        let next = AtomicUsize::new(0);
        let first = AtomicUsize::new(usize::MAX);
        let found: Mutex<BTreeMap<usize, Outcome>> = Mutex::default();
        let work = || {
            loop {
                let place = next.fetch_add(1, Ordering::SeqCst);
                let Some(plan) = candidates.get(place) else { return };
                if place > first.load(Ordering::SeqCst) || self.is_over() {
                    return;
                }
                if let Some(outcome) = self.perform(plan, RunOptions::default()) {
                    first.fetch_min(place, Ordering::SeqCst);
                    found.lock().unwrap_or_else(PoisonError::into_inner).insert(place, outcome);
                }
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..self.jobs.min(candidates.len()) {
                scope.spawn(work);
            }
            work();
        });
        found.into_inner().unwrap_or_else(PoisonError::into_inner).into_iter().next()
    }
}
