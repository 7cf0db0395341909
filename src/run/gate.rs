//! The catalogue as a gate: every mutant against its scenarios, in batches of seeds, until somebody
//! sees it; the same plan without it; and, if so wished, the plan made small.

use super::shrink::{Limits, Shrinker, Size};
use super::usage::measured;
use super::{RunOptions, RunVerdict, run};
use crate::checkers::Verdict;
use crate::mutants::{self, Mutant};
use crate::scenario::{Plan, Scenario};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How many batches of seeds each mutant has: one batch may be lucky, the median of five is not.
pub const BATCHES: u64 = 5;

/// What is to be done.
#[derive(Clone, Debug)]
pub struct Gate {
    /// The scenarios; each belongs to the mutant that it names.
    pub scenarios: Vec<Scenario>,
    /// How many seeds each batch has, for each scenario.
    pub seeds: u64,
    /// How long each plan may be shrunk; `None` for not at all.
    pub shrink: Option<Duration>,
    /// Ends everything early.
    pub stop: Arc<AtomicBool>,
}

/// What a mutant came to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Caught {
    /// Which.
    pub mutant: String,
    /// What goes wrong, in a line.
    pub story: String,
    /// Who is to see it.
    pub caught_by: Vec<String>,
    /// How often each checker was the one that saw it first.
    pub seen_by: BTreeMap<String, u64>,
    /// Whether only those saw it that were to.
    pub intended: bool,
    /// In how many batches it was seen.
    pub batches_caught: u64,
    /// Runs until it was seen: the median of the batches; `None` when more than half saw nothing.
    pub runs_median: Option<u64>,
    /// CPU time until then, in milliseconds.
    pub cpu_ms_median: Option<u64>,
    /// Whether the plans that caught it pass without it.
    pub control_clean: bool,
    /// What was left after shrinking.
    pub shrunk: Option<ShrunkSize>,
}

/// What shrinking came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct ShrunkSize {
    /// What is left.
    pub size: Size,
    /// How many runs it took.
    pub runs: u64,
    /// How much CPU time, in milliseconds.
    pub cpu_ms: u64,
}

impl Caught {
    /// Whether nobody ever saw it.
    pub fn survives(&self) -> bool {
        self.batches_caught == 0
    }

    /// Whether it is as it has to be.
    pub fn is_good(&self) -> bool {
        !self.survives() && self.intended && self.control_clean
    }
}

/// What one batch came to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Batch {
    runs: u64,
    cpu_us: u64,
    caught: Option<Seen>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct Seen {
    by: String,
    intended: bool,
    control_clean: bool,
    shrunk: Option<ShrunkSize>,
}

/// A job: one batch of one mutant.
#[derive(Clone, Copy)]
struct Job {
    mutant: &'static Mutant,
    batch: u64,
}

impl Gate {
    /// The mutants that have a scenario, in the order of the catalogue.
    pub fn mutants(&self) -> Vec<&'static Mutant> {
        let has = |mutant: &&Mutant| self.scenarios_of(mutant.name).next().is_some();
        mutants::ALL.iter().filter(has).collect()
    }

    /// Starts, on so many threads. Each mutant comes out when its batches are over.
    pub fn start(self, jobs: usize) -> Receiver<Caught> {
        let batches = self
            .mutants()
            .into_iter()
            .flat_map(|mutant| (0..BATCHES).map(move |batch| Job { mutant, batch }));
        let shared = Arc::new(Shared {
            jobs: batches.collect(),
            next: AtomicUsize::new(0),
            over: Mutex::default(),
            gate: self,
        });
        let (sender, receiver) = channel();
        for _ in 0..jobs {
            let (shared, sender) = (shared.clone(), sender.clone());
            std::thread::spawn(move || {
                while let Some(caught) = shared.work() {
                    if caught.is_some_and(|caught| sender.send(caught).is_err()) {
                        return;
                    }
                }
            });
        }
        receiver
    }

    fn scenarios_of<'a>(&'a self, mutant: &'a str) -> impl Iterator<Item = &'a Scenario> {
        self.scenarios.iter().filter(move |it| it.mutant.as_deref() == Some(mutant))
    }

    fn is_over(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }

    /// Runs the batch's seeds, each with all scenarios, until one is caught.
    fn batch(&self, job: Job) -> Batch {
        let mut batch = Batch::default();
        for seed in job.batch * self.seeds..(job.batch + 1) * self.seeds {
            for scenario in self.scenarios_of(job.mutant.name) {
                if self.is_over() {
                    return batch;
                }
                let plan = Plan::draw(scenario, seed);
                let (seen, cpu_us) = measured(|| self.seen(&plan, job));
                batch.runs += 1;
                batch.cpu_us += cpu_us;
                if let Some(by) = seen {
                    batch.caught = Some(self.look(&plan, job, by));
                    return batch;
                }
            }
        }
        batch
    }

    /// Who sees it first.
    fn seen(&self, plan: &Plan, job: Job) -> Option<String> {
        let outcome = run(plan, &RunOptions::default());
        let broken = outcome.all_checks();
        let mut broken = broken.iter().filter(|check| check.verdict == Verdict::Violation);
        let known = |checker: &str| job.mutant.caught_by.contains(&checker);
        let intended = broken.clone().find(|check| known(&check.checker));
        intended.or_else(|| broken.next()).map(|check| check.checker.clone())
    }

    /// What else there is to know of a plan that is caught.
    fn look(&self, plan: &Plan, job: Job, by: String) -> Seen {
        let control = super::control(plan);
        let verdict = run(&control, &RunOptions::default()).verdict(&control);
        let shrink = self.shrink.filter(|_| job.batch == 0);
        Seen {
            intended: job.mutant.caught_by.contains(&by.as_str()),
            control_clean: verdict == RunVerdict::Pass,
            shrunk: shrink.and_then(|budget| self.shrunk(plan, budget)),
            by,
        }
    }

    fn shrunk(&self, plan: &Plan, budget: Duration) -> Option<ShrunkSize> {
        let limits = Limits { budget, jobs: 1, stop: self.stop.clone() };
        let (shrunk, cpu_us) = measured(|| Some(Shrinker::new(plan, limits)?.go(&mut |_| {})));
        let shrunk = shrunk?;
        Some(ShrunkSize { size: shrunk.after, runs: shrunk.runs, cpu_ms: cpu_us / 1_000 })
    }
}

struct Shared {
    gate: Gate,
    jobs: Vec<Job>,
    next: AtomicUsize,
    /// The batches that are over, by the mutant's name and their number.
    over: Mutex<BTreeMap<&'static str, BTreeMap<u64, Batch>>>,
}

impl Shared {
    /// One batch; with the last one of a mutant, all of it. `None` when there is nothing left to do.
    fn work(&self) -> Option<Option<Caught>> {
        let job = *self.jobs.get(self.next.fetch_add(1, Ordering::SeqCst))?;
        let batch = self.gate.batch(job);
        let mut over = self.over.lock().unwrap_or_else(PoisonError::into_inner);
        let batches = over.entry(job.mutant.name).or_default();
        batches.insert(job.batch, batch);
        let all = batches.len() as u64 == BATCHES && !self.gate.is_over();
        Some(all.then(|| summary(job.mutant, batches.values())))
    }
}

fn summary<'a>(mutant: &Mutant, batches: impl Iterator<Item = &'a Batch> + Clone) -> Caught {
    let seen = || batches.clone().filter_map(|batch| batch.caught.as_ref());
    let mut seen_by: BTreeMap<String, u64> = BTreeMap::new();
    seen().for_each(|it| *seen_by.entry(it.by.clone()).or_default() += 1);
    let caught = batches.clone().filter(|batch| batch.caught.is_some());
    Caught {
        mutant: mutant.name.to_owned(),
        story: mutant.story.to_owned(),
        caught_by: mutant.caught_by.iter().map(|&name| name.to_owned()).collect(),
        seen_by,
        intended: seen().all(|it| it.intended),
        batches_caught: seen().count() as u64,
        runs_median: median(caught.clone().map(|batch| batch.runs)),
        cpu_ms_median: median(caught.map(|batch| batch.cpu_us / 1_000)),
        control_clean: seen().all(|it| it.control_clean),
        shrunk: seen().find_map(|it| it.shrunk),
    }
}

/// Of the batches, those that saw nothing being worse than any other.
fn median(caught: impl Iterator<Item = u64>) -> Option<u64> {
    let mut all: Vec<u64> = caught.collect();
    all.sort_unstable();
    all.get(BATCHES as usize / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_that_saw_nothing_come_last() {
        assert_eq!(median([5, 1, 9].into_iter()), Some(9));
        assert_eq!(median([5, 1, 9, 2, 3].into_iter()), Some(3));
        assert_eq!(median([5, 1].into_iter()), None);
    }

    #[test]
    fn one_stray_checker_is_enough() {
        let mutant = &mutants::ALL[0];
        let batch = |by: &str, intended| Batch {
            runs: 1,
            cpu_us: 1_000,
            caught: Some(Seen { by: by.to_owned(), intended, control_clean: true, shrunk: None }),
        };
        let good = [batch("write_order", true), batch("write_order", true)];
        assert!(summary(mutant, good.iter()).is_good());
        let stray = [batch("write_order", true), batch("progress", false)];
        assert!(!summary(mutant, stray.iter()).is_good());
        assert!(summary(mutant, [Batch::default()].iter()).survives());
    }
}
