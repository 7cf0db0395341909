//! The samples in `reports/samples` are what this build comes to. To write them anew:
//! `INSTA_UPDATE=always cargo test samples`.

use menagerie::report::{self, HISTORY, PLAN, REPORT, Report};
use menagerie::run::{RunOptions, draw, run};
use menagerie::scenario::{Plan, Scenario};
use std::fs;
use std::path::{Path, PathBuf};

/// Short enough to be read as a whole.
const SCENARIO: &str = r#"
about = """
A leader loses sight of its quorum while clients write through it.
A small run to look at: see reports/README.md.
"""
checkers = ["write_order", "session_order", "replica_agreement", "one_leader_per_epoch", "progress"]
duration_ms = 12_000
workload = [{ name = "register", clients = 2, ops = 20, keys = 2 }]
fault = [{ name = "isolate", target = "leader", every_ms = [2_000, 3_000], lasts_ms = [2_000, 4_000] }]

[ensemble]
servers = 3
"#;

/// The folder, the seed, the planted bug.
const SAMPLES: [(&str, u64, Option<&str>); 2] =
    [("pass", 1, None), ("violation", 5, Some("zk_1154"))];

fn plan(seed: u64, mutant: Option<&str>) -> Plan {
    draw(&Scenario::parse("sample", SCENARIO).unwrap(), seed, mutant)
}

fn files(dir: &Path) -> Vec<String> {
    let read = |name| fs::read_to_string(dir.join(name)).unwrap_or_default();
    [REPORT, PLAN, HISTORY].map(read).to_vec()
}

/// Runs the sample and writes what came of it, into a folder aside or over the sample itself.
fn check(name: &str, plan: &Plan) -> Report {
    let shown = Path::new("reports/samples").join(name);
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join(&shown);
    let renew = std::env::var("INSTA_UPDATE").is_ok_and(|it| it == "always");
    let aside = Path::new(env!("CARGO_TARGET_TMPDIR")).join("sample").join(name);
    let dir: &PathBuf = if renew { &sample } else { &aside };
    let outcome = run(plan, &RunOptions::default());
    let report = Report::new(plan, &outcome, &shown);
    report::write(dir, plan, &outcome, &report).unwrap();
    for (now, stored) in files(dir).iter().zip(files(&sample)) {
        let first = now.lines().zip(stored.lines()).find(|(now, stored)| now != stored);
        assert!(*now == stored, "{}: first {first:?}; see reports/README.md", sample.display());
    }
    report
}

#[test]
fn samples_are_what_this_build_comes_to() {
    let verdicts = SAMPLES.map(|(name, seed, mutant)| check(name, &plan(seed, mutant)).verdict);
    assert_eq!(verdicts, ["pass", "violation"]);
}
