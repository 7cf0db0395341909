//! The same plan gives the same history, byte for byte, whoever runs it and beside whatever.

use crate::scenarios::files_of;
use menagerie::base::Redraw;
use menagerie::history;
use menagerie::run::{Outcome, RunOptions, draw, run};
use menagerie::scenario::{Plan, Scenario};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

const SEED: u64 = 11;

fn bytes(outcome: &Outcome) -> Vec<u8> {
    let mut bytes = Vec::new();
    history::write(&outcome.events, &mut bytes).unwrap();
    bytes
}

/// The second run is that of the plan's file, and has its messages recorded.
#[test]
fn a_plan_gives_one_history() {
    for file in files_of("fast") {
        let mut plan = draw(&Scenario::load(&file).unwrap(), SEED, None);
        // Chance drawn anew from the very beginning, and once more.
        let redraw = |(from_us, seed)| Redraw { from_us, seed };
        plan.redraws = [(0, 2), (10_000_000, 3)].map(redraw).to_vec();
        let first = run(&plan, &RunOptions::default());
        let recording = RunOptions { messages: true, ..RunOptions::default() };
        let second = run(&Plan::parse(&plan.to_toml()).unwrap(), &recording);
        assert_eq!(first.digest, second.digest, "{}", file.display());
        assert!(bytes(&first) == bytes(&second), "{}", file.display());
        assert!(first.messages.is_none() && !second.messages.unwrap().is_empty());
    }
}

/// What a sweep by the real program writes down, a line for each run, whatever their order.
fn results(jobs: &str) -> BTreeSet<String> {
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("jobs-{jobs}"));
    let _ = fs::remove_dir_all(&out);
    let mut sweep = Command::new(env!("CARGO_BIN_EXE_menagerie"));
    sweep.args(["sweep", "scenarios/fast", "--seeds", "40..42", "--jobs", jobs, "--out"]).arg(&out);
    sweep.current_dir(env!("CARGO_MANIFEST_DIR")).stdin(Stdio::null());
    let done = sweep.output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let lines = fs::read_to_string(out.join("results.ndjson")).unwrap();
    lines.lines().map(str::to_owned).collect()
}

#[test]
fn a_sweep_comes_to_the_same_on_one_thread_and_on_two() {
    let one = results("1");
    assert_eq!(one.len(), 2 * files_of("fast").len());
    assert!(one.iter().all(|line| line.contains("\"digest\":")), "{:?}", one.first());
    assert_eq!(one, results("2"));
}
