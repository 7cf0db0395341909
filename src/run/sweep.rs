//! Many runs side by side: every scenario with every seed, on as many threads as wished.
//!
//! Results come out as runs finish; what each of them says does not depend on that order.

use super::guard::{self, Guard, Twin};
use super::{Outcome, RunOptions, RunVerdict, draw, run};
use crate::scenario::{Plan, Scenario};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

/// One run of so many is done twice.
const GUARD_EVERY: u64 = 20;
/// How long it takes at most until a stopped sweep is noticed.
const PATIENCE: Duration = Duration::from_millis(50);

/// A scenario that takes part.
#[derive(Clone, PartialEq, Debug)]
pub struct Entrant {
    /// Where it stands: a second process reads it again.
    pub file: PathBuf,
    /// What it says.
    pub scenario: Scenario,
}

/// What to run.
#[derive(Clone, PartialEq, Debug)]
pub struct Sweep {
    /// At least one.
    pub entrants: Vec<Entrant>,
    /// The seeds of each.
    pub seeds: Range<u64>,
    /// As the caller wishes, whatever the scenarios say.
    pub mutant: Option<String>,
}

/// A run that is over.
#[derive(Clone, PartialEq, Debug)]
pub struct Done {
    /// What was run.
    pub plan: Plan,
    /// What came of it; the events only where a report is needed.
    pub outcome: Outcome,
    /// What it comes to.
    pub verdict: RunVerdict,
    /// Whether it gave the same history twice.
    pub guard: Guard,
}

impl Done {
    /// True when somebody has to look at it: it failed, or gave two histories. A bug that this seed
    /// did not show is nothing to look at.
    pub fn needs_report(&self) -> bool {
        let differs = matches!(self.guard, Guard::Differs { .. });
        differs || !(self.verdict.held() || self.verdict == RunVerdict::Missed)
    }
}

/// A sweep under way. Iterating waits for the next run that is over.
pub struct Running {
    done: Receiver<Done>,
    stop: Arc<AtomicBool>,
}

/// How many threads this machine runs at once.
pub fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

impl Sweep {
    /// How many runs it has.
    pub fn run_count(&self) -> u64 {
        (self.entrants.len() as u64).saturating_mul(self.seeds.end - self.seeds.start)
    }

    /// Starts it on so many threads. Once `stop` is set no further run begins, and iterating ends
    /// with those that are over; those under way are given up.
    pub fn start(self, jobs: usize, stop: Arc<AtomicBool>) -> Running {
        assert!(!self.entrants.is_empty(), "a sweep has at least one scenario");
        let shared = Arc::new(Shared { sweep: self, next: AtomicU64::new(0), stop: stop.clone() });
        let (sender, done) = sync_channel(jobs);
        for _ in 0..jobs {
            let (shared, sender) = (shared.clone(), sender.clone());
            thread::spawn(move || shared.work(&sender));
        }
        Running { done, stop }
    }

    /// All scenarios with the first seed, then with the second, and so on: what is found early
    /// does not depend on how many seeds there are.
    fn entrant_and_seed(&self, place: u64) -> (usize, u64) {
        let width = self.entrants.len() as u64;
        ((place % width) as usize, self.seeds.start + place / width)
    }
}

impl Iterator for Running {
    type Item = Done;

    fn next(&mut self) -> Option<Done> {
        loop {
            match self.done.recv_timeout(PATIENCE) {
                Ok(done) => return Some(done),
                Err(RecvTimeoutError::Disconnected) => return None,
                Err(RecvTimeoutError::Timeout) if self.stop.load(Ordering::SeqCst) => return None,
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }
}

/// What the threads have in common.
struct Shared {
    sweep: Sweep,
    next: AtomicU64,
    stop: Arc<AtomicBool>,
}

impl Shared {
    fn work(&self, sender: &SyncSender<Done>) {
        while !self.stop.load(Ordering::SeqCst) {
            let place = self.next.fetch_add(1, Ordering::SeqCst);
            if place >= self.sweep.run_count() || sender.send(self.perform(place)).is_err() {
                return;
            }
        }
    }

    fn perform(&self, place: u64) -> Done {
        let (entrant, seed) = self.sweep.entrant_and_seed(place);
        let plan = draw(&self.sweep.entrants[entrant].scenario, seed, self.sweep.mutant.as_deref());
        let mut outcome = run(&plan, &RunOptions::default());
        let verdict = outcome.verdict(&plan);
        let guard = match is_guarded(place) {
            true => self.guard(entrant, seed, outcome.digest),
            false => Guard::NotAsked,
        };
        let events = std::mem::take(&mut outcome.events);
        let mut done = Done { plan, outcome, verdict, guard };
        if done.needs_report() {
            done.outcome.events = events;
        }
        done
    }

    /// A process that was interrupted together with this one says nothing.
    fn guard(&self, entrant: usize, seed: u64, digest: u64) -> Guard {
        let file = &self.sweep.entrants[entrant].file;
        let twin = Twin { file, seed, mutant: self.sweep.mutant.as_deref() };
        match guard::compare(digest, twin) {
            Guard::Failed { .. } if self.stop.load(Ordering::SeqCst) => Guard::NotAsked,
            guard => guard,
        }
    }
}

/// One place in each twenty, and every time another one, so that it is not always the same
/// scenario's turn.
fn is_guarded(place: u64) -> bool {
    (place + place / GUARD_EVERY).is_multiple_of(GUARD_EVERY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_run_in_twenty_is_guarded_and_the_first_always() {
        let guarded = |range: Range<u64>| range.filter(|&place| is_guarded(place)).count();
        assert!(is_guarded(0));
        assert_eq!(guarded(0..20_000), 1_000);
    }
}
