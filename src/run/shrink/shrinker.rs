//! A whole shrinking: the original run, the search, and the smallest plan's own run.

use super::fix::{self, cut_behind, load_of};
use super::search::{Failing, Tried, shrink};
use super::size::Size;
use super::trial::Trial;
use crate::run::verdict::INVARIANTS;
use crate::run::{Fingerprint, Outcome, RunOptions, run};
use crate::scenario::Plan;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How many candidates are tried between two looks at the progress.
const SLICE: usize = 16;

/// How long a shrinking may take.
#[derive(Clone, Debug)]
pub struct Limits {
    /// So long.
    pub budget: Duration,
    /// With so many runs at a time.
    pub jobs: usize,
    /// Until this is set; what was found by then is kept.
    pub stop: Arc<AtomicBool>,
}

/// How far a shrinking is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Progress {
    /// Runs so far.
    pub runs: u64,
    /// The smallest plan so far.
    pub size: Size,
    /// Of the budget.
    pub left: Duration,
}

/// A shrinking that is about to begin.
pub struct Shrinker {
    trial: Trial,
    plan: Plan,
    outcome: Outcome,
    began: Instant,
    budget: Duration,
}

/// What came of it.
#[derive(Clone, PartialEq, Debug)]
pub struct Shrunk {
    /// The smallest plan.
    pub plan: Plan,
    /// What its run comes to.
    pub outcome: Outcome,
    /// What the failure is recognised by.
    pub fingerprint: Fingerprint,
    /// The original.
    pub before: Size,
    /// The smallest plan.
    pub after: Size,
    /// How many runs it took.
    pub runs: u64,
    /// How long it took.
    pub took: Duration,
    /// Whether the search came to its end: then no single thing can be taken away any more.
    pub minimal: bool,
}

impl Shrunk {
    /// When the load of the smallest plan's run begins, in microseconds.
    pub fn load_us(&self) -> u64 {
        load_of(&self.outcome.events).0
    }
}

impl Shrinker {
    /// Runs the plan, and sees how it fails; `None` when it does not.
    pub fn new(plan: &Plan, limits: Limits) -> Option<Shrinker> {
        let began = Instant::now();
        let outcome = run(plan, &RunOptions { steps: true, ..RunOptions::default() });
        let target = Fingerprint::of(plan, &outcome)?;
        let trial = Trial {
            target,
            jobs: limits.jobs,
            ends: began + limits.budget,
            stop: limits.stop,
            runs: AtomicU64::new(1),
            failed_at: None,
        };
        Some(Shrinker { trial, plan: plan.clone(), outcome, began, budget: limits.budget })
    }

    /// How large the plan is that it begins with.
    pub fn size(&self) -> Size {
        Size::of_run(&self.plan, &self.outcome.events)
    }

    /// What the failure is recognised by.
    pub fn fingerprint(&self) -> &Fingerprint {
        &self.trial.target
    }

    /// Searches; says now and then how far it is.
    pub fn go(mut self, watch: &mut dyn FnMut(Progress)) -> Shrunk {
        let first = self.first();
        let (began, budget) = (self.began, self.budget);
        let (mut size, mut minimal) = (Size::of(&first.plan), true);
        let trial = &mut self.trial;
        let best = shrink(first, &mut |candidates| {
            for (nth, slice) in candidates.chunks(SLICE).enumerate() {
                let tried = trial.first_failing(slice);
                let runs = trial.runs.load(Ordering::Relaxed);
                if let Tried::Fails(_, failing) = &tried {
                    size = Size::of(&failing.plan);
                }
                watch(Progress { runs, size, left: budget.saturating_sub(began.elapsed()) });
                match tried {
                    Tried::Fails(place, failing) => {
                        return Tried::Fails(nth * SLICE + place, failing);
                    }
                    Tried::None => {}
                    Tried::Over => {
                        minimal = false;
                        return Tried::Over;
                    }
                }
            }
            Tried::None
        });
        self.finish(best, minimal)
    }

    /// The original with everything fixed that can be fixed without changing how it fails. The
    /// other judges go home: what they would see first is another failure.
    fn first(&mut self) -> Failing {
        let mut plan = self.plan.clone();
        let culprit = &self.trial.target.checker;
        if culprit != INVARIANTS {
            plan.checkers.retain(|checker| checker == culprit);
            plan.caught_by.retain(|checker| checker == culprit);
        }
        let accepted = self.trial.accept(&plan, &self.outcome);
        let events = &self.outcome.events;
        let clients = |plan: &Plan| fix::clients(plan, &self.outcome);
        let all = fix::faults(&clients(&plan), events);
        let candidates = [all, clients(&plan), fix::faults(&plan, events)];
        let cut = |plan: &Plan| match self.trial.failed_at {
            Some(at) => cut_behind(plan, accepted.load_us, at.0),
            None => plan.clone(),
        };
        let candidates: Vec<Plan> =
            candidates.iter().flat_map(|it| [cut(it), it.clone()]).collect();
        match self.trial.first_failing(&candidates) {
            Tried::Fails(_, failing) => failing,
            Tried::None | Tried::Over => accepted,
        }
    }

    /// Ends the smallest plan with its failure.
    fn finish(self, best: Failing, minimal: bool) -> Shrunk {
        let perform = |plan: &Plan| run(plan, &RunOptions::default());
        let fails = |plan: &Plan, outcome: &Outcome| {
            Fingerprint::of(plan, outcome).as_ref() == Some(&self.trial.target)
        };
        let outcome = perform(&best.plan);
        let (load_us, healed) = load_of(&outcome.events);
        let cut = match healed {
            true => best.plan.clone(),
            false => cut_behind(&best.plan, load_us, outcome.simulated.0),
        };
        let cut_outcome = perform(&cut);
        let (plan, outcome) = match fails(&cut, &cut_outcome) {
            true => (cut, cut_outcome),
            false => (best.plan, outcome),
        };
        assert!(fails(&plan, &outcome), "the same plan fails in the same way");
        Shrunk {
            before: self.size(),
            after: Size::of_run(&plan, &outcome.events),
            plan,
            outcome,
            fingerprint: self.trial.target.clone(),
            runs: self.trial.runs.load(Ordering::Relaxed) + 2,
            took: self.began.elapsed(),
            minimal,
        }
    }
}
