//! From a failure to its cause, as people do it: shrink, diverge, triage, promote, corpus, mutants.

use menagerie::report::{self, Report};
use menagerie::scenario::{Expect, Plan};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A mutant's scenario that is caught at once.
const SCENARIO: &str = r#"
about = "Nobody who is served may be taken for dead."
mutant = "untold_touches"
expect = "violation"
caught_by = ["ephemeral_cleanup"]
checkers = ["ephemeral_cleanup", "progress"]
duration_ms = 20_000
workload = [{ name = "ephemerals", clients = 3, ops = 40 }]
fault = [{ name = "pause", every_ms = [4_000, 5_000], lasts_ms = [100, 200] }]
"#;

/// A folder with that scenario, and a report of a run of it that failed.
fn failed(test: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("cause-{test}"));
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(dir.join("scenarios/mutants")).unwrap();
    fs::write(dir.join("scenarios/mutants/silent.toml"), SCENARIO).unwrap();
    let seen = (0..20).any(|seed| {
        let _ = fs::remove_dir_all(dir.join("reports"));
        let args = ["run", "silent", "--seed", &seed.to_string(), "--out", "reports/silent"];
        let output = perform(&dir, &[&args[..], &["--mutant", "untold_touches"]].concat());
        output.status.code() == Some(1)
    });
    assert!(seen, "no seed shows the bug");
    dir
}

fn perform(dir: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_menagerie"));
    command.args(args).current_dir(dir).stdin(Stdio::null());
    command.output().unwrap()
}

/// What is printed, when the status is this.
fn told(dir: &Path, args: &[&str], status: i32) -> String {
    let output = perform(dir, args);
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(status), "{args:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

fn json(dir: &Path, args: &[&str], status: i32) -> serde_json::Value {
    let text = told(dir, &[args, &["--format", "json"]].concat(), status);
    serde_json::from_str(&text).unwrap()
}

fn plan(dir: &Path, file: &str) -> Plan {
    report::read_plan(&dir.join(file)).unwrap()
}

#[test]
fn a_report_is_shrunk_into_a_report_that_replays() {
    let dir = failed("shrink");
    let shrunk = json(&dir, &["shrink", "reports/silent", "--jobs", "1"], 0);
    assert_eq!(
        (shrunk["after"]["clients"].as_u64(), shrunk["minimal"].as_bool()),
        (Some(1), Some(true))
    );
    assert!(shrunk["after"]["ops"].as_u64() < shrunk["before"]["ops"].as_u64());
    assert_eq!(
        shrunk["fingerprint"].as_str().unwrap().split(' ').next(),
        Some("ephemeral_cleanup")
    );
    assert!(told(&dir, &["replay", "reports/silent/shrunk"], 1).contains("the same history"));
    let kept: Report = report::read_report(&dir.join("reports/silent/shrunk/report.json")).unwrap();
    assert_eq!(shrunk["report"]["digest"], kept.digest.as_str());
    let again = json(&dir, &["shrink", "reports/silent/shrunk", "--out", "again"], 0);
    assert_eq!(again["after"]["ops"], shrunk["after"]["ops"]);
}

#[test]
fn what_passes_is_not_shrunk() {
    let dir = failed("passes");
    told(&dir, &["run", "silent", "--seed", "1", "--mutant", "none", "--out", "good"], 0);
    let output = perform(&dir, &["shrink", "good"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("does not fail"));
    assert!(!dir.join("good/shrunk").exists());
}

#[test]
fn two_histories_part_where_they_differ() {
    let dir = failed("diverge");
    assert!(told(&dir, &["diverge", "reports/silent", "reports/silent"], 0).starts_with("same "));
    let text = fs::read_to_string(dir.join("reports/silent/history.jsonl")).unwrap();
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let place = lines.iter().position(|line| line.contains("\"ok\"")).unwrap();
    let mut other = lines.clone();
    other[place] = other[place].replacen("\"call\":", "\"call\":9", 1);
    fs::write(dir.join("other.jsonl"), other.join("\n")).unwrap();
    let parting = json(&dir, &["diverge", "reports/silent", "other.jsonl"], 4);
    assert_eq!(parting["same"].as_u64(), Some(place as u64));
    let who = parting["first"][0]["return"]["client"].as_str().unwrap().to_owned();
    for event in parting["before"].as_array().unwrap() {
        assert!(event.to_string().contains(&format!("\"{who}\"")), "{event}");
    }
    let text = told(&dir, &["diverge", "reports/silent", "other.jsonl", "--context", "2"], 4);
    assert!(text.starts_with(&format!("same       the first {place} events")), "{text}");
    assert_eq!(
        text.lines().filter(|line| line.starts_with("  ") && !line.contains(" in ")).count(),
        2
    );
}

#[test]
fn failures_are_sorted_by_what_they_are() {
    let dir = failed("triage");
    let sweep =
        ["sweep", "silent", "--seeds", "0..10", "--mutant", "untold_touches", "--jobs", "1"];
    told(&dir, &sweep, 1);
    let groups = json(&dir, &["triage", "reports/sweep"], 1);
    let reports = fs::read_dir(dir.join("reports/sweep/silent")).unwrap().count() as u64;
    let counts = groups.as_array().unwrap().iter().map(|group| group["count"].as_u64().unwrap());
    assert_eq!(counts.sum::<u64>(), reports);
    let first = &groups[0];
    assert!(first["fingerprint"].as_str().unwrap().starts_with("ephemeral_cleanup ("));
    assert!(first["quickest"]["at_ms"].as_u64() <= first["first"]["at_ms"].as_u64());
    assert!(first["first"]["seed"].as_u64() <= first["quickest"]["seed"].as_u64());
    assert!(
        told(&dir, &["triage", "reports/sweep"], 1).contains("menagerie explain reports/sweep")
    );
    told(&dir, &["run", "silent", "--seed", "1", "--mutant", "none", "--out", "good/1"], 0);
    assert_eq!(told(&dir, &["triage", "good"], 0), "no failures\n");
}

#[test]
fn a_failure_is_kept_and_has_to_stay_what_it_was() {
    let dir = failed("promote");
    let file = "scenarios/regressions/silent_learner.toml";
    let promote = ["promote", "reports/silent", "--name", "silent_learner"];
    let kept = json(&dir, &promote, 0);
    assert_eq!((kept["file"].as_str(), kept["expect"].as_str()), (Some(file), Some("violation")));
    let first = plan(&dir, file);
    assert_eq!(
        (first.expect, first.caught_by.as_slice()),
        (Expect::Violation, &["ephemeral_cleanup".to_owned()][..])
    );
    assert!(first.about.contains("with the bug untold_touches"), "{}", first.about);
    let refused = perform(&dir, &promote);
    assert_eq!(refused.status.code(), Some(2));
    assert_eq!(json(&dir, &["corpus"], 0)[0]["standing"], "reproduces");

    // The bug is put right, and the plan is kept as one that has to pass.
    let fixed = Plan { mutant: None, ..first.clone() };
    fs::write(dir.join(file), fixed.to_toml()).unwrap();
    assert_eq!(json(&dir, &["corpus", "--search", "0"], 2)[0]["standing"], "moved");
    told(
        &dir,
        &["promote", file, "--name", "silent_learner", "--force", "--about", "All is well."],
        0,
    );
    let second = plan(&dir, file);
    assert_eq!((second.expect, second.about.as_str()), (Expect::Pass, "All is well."));
    assert_eq!(json(&dir, &["corpus"], 0)[0]["standing"], "passes");

    // It comes back.
    fs::write(dir.join(file), Plan { mutant: first.mutant.clone(), ..second }.to_toml()).unwrap();
    assert_eq!(json(&dir, &["corpus"], 1)[0]["standing"], "fails_again");
    let odd = perform(&dir, &["promote", "reports/silent", "--name", "No Name"]);
    assert_eq!(odd.status.code(), Some(2));
}

#[test]
fn what_has_moved_is_found_nearby() {
    let dir = failed("anchor");
    told(&dir, &["promote", "reports/silent", "--name", "moved"], 0);
    let file = "scenarios/regressions/moved.toml";
    let mut lame = plan(&dir, file);
    lame.clients.clear();
    fs::write(dir.join(file), lame.to_toml()).unwrap();
    let corpus = json(&dir, &["corpus", "--search", "10"], 2);
    assert_eq!(
        (&corpus[0]["standing"], &corpus[0]["found_nearby"]),
        (&"moved".into(), &true.into())
    );
    assert_eq!(plan(&dir, file), lame);
    assert_eq!(json(&dir, &["corpus", "--search", "10", "--write"], 0)[0]["written"], true);
    assert_eq!(json(&dir, &["corpus"], 0)[0]["standing"], "reproduces");
}

#[test]
fn the_catalogue_is_a_gate() {
    let dir = failed("gate");
    let gate = json(&dir, &["mutants", "--seeds", "30", "--shrink", "--jobs", "2"], 0);
    let row = &gate["mutants"][0];
    assert_eq!(
        (row["mutant"].as_str(), row["batches_caught"].as_u64()),
        (Some("untold_touches"), Some(5))
    );
    assert_eq!((&row["intended"], &row["control_clean"]), (&true.into(), &true.into()));
    assert!(row["shrunk"]["size"]["ops"].as_u64().unwrap() <= 20);
    let text = told(&dir, &["mutants", "untold_touches", "--seeds", "30"], 0);
    assert!(text.contains("all caught as intended"), "{text}");
    assert!(
        told(&dir, &["mutants", "--seeds", "30", "--format", "html"], 0)
            .contains("<td>ephemeral_cleanup")
    );

    // Nobody asks for anything: nothing is at risk, and the bug survives.
    let calm = SCENARIO.replace("ops = 40", "ops = 0");
    fs::write(dir.join("scenarios/mutants/silent.toml"), calm).unwrap();
    let gate = json(&dir, &["mutants", "--seeds", "2"], 1);
    assert_eq!(gate["survivors"][0], "untold_touches");
}

#[test]
fn a_failure_is_explained_beside_a_run_that_passes() {
    let dir = failed("explain");
    let told = json(&dir, &["explain", "reports/silent", "--jobs", "1"], 0);
    let sentences: Vec<&str> =
        told["sentences"].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
    assert_eq!(sentences.len(), 5);
    assert!(sentences[0].contains("with the bug untold_touches"), "{}", sentences[0]);
    assert!(sentences[3].contains("(event "), "{}", sentences[3]);
    let same = told["without_bug"]["same"].as_u64().unwrap();
    assert!(same > 0 && told["without_bug"]["failing"] != told["without_bug"]["passing"]);
    let text = fs::read_to_string(dir.join("reports/silent/explain.txt")).unwrap();
    assert!(text.contains("it fails") && text.contains("right servers"), "{text}");
    assert!(dir.join("reports/silent/shrunk/plan.toml").exists());
    told_nothing(&dir, "explain");
}

/// A run that passes has nothing to explain.
fn told_nothing(dir: &Path, command: &str) {
    told(dir, &["run", "silent", "--seed", "1", "--mutant", "none", "--out", "good"], 0);
    let output = perform(dir, &[command, "good"]);
    assert_eq!((output.status.code(), output.stdout.is_empty()), (Some(2), true));
}

#[test]
fn the_probability_of_a_failure_rises_to_certainty() {
    let dir = failed("causality");
    told(&dir, &["shrink", "reports/silent", "--jobs", "1"], 0);
    let look = ["causality", "reports/silent", "--points", "6", "--forks", "8"];
    let curve = json(&dir, &look, 0);
    let points = curve["points"].as_array().unwrap();
    let part = |point: &serde_json::Value, key: &str| point[key].as_u64().unwrap();
    assert_eq!(points.len(), 7);
    assert_eq!(part(&points[6], "permille"), 1_000);
    for point in points {
        let [low, at, high] =
            ["low_permille", "permille", "high_permille"].map(|it| part(point, it));
        assert!(low <= at && at <= high);
    }
    assert_eq!(curve, json(&dir, &look, 0));
    assert!(told(&dir, &look, 0).contains("drawn anew"));
    told_nothing(&dir, "causality");
}

/// What the walker prints when it is told these commands.
fn walked(dir: &Path, commands: &str) -> String {
    use std::io::Write;
    let mut walker = Command::new(env!("CARGO_BIN_EXE_menagerie"));
    walker.args(["replay", "reports/silent", "--step"]).current_dir(dir);
    let walker = walker.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut walker = walker.spawn().unwrap();
    walker.stdin.take().unwrap().write_all(commands.as_bytes()).unwrap();
    String::from_utf8(walker.wait_with_output().unwrap().stdout).unwrap()
}

#[test]
fn one_walks_through_a_run() {
    let dir = failed("step");
    let there = walked(&dir, "n s2\nn s2\nb s2\nq\n");
    let heads: Vec<&str> = there.lines().filter(|line| line.contains(", t=")).collect();
    assert_eq!(heads.len(), 4, "{there}");
    assert_eq!(heads[1], heads[3]);
    assert!(heads[1].starts_with("s2  ") && heads[1] != heads[2]);

    let applied = walked(&dir, "k applied\n");
    let moment = applied.rsplit("\n\n").next().unwrap();
    assert!(moment.contains("arrived") && moment.contains(" applies "), "{moment}");
    assert!(moment.contains("before") && moment.contains("after"), "{moment}");
    assert!(moment.contains("decided"), "{moment}");

    let end = walked(&dir, "v\nn\nt 1.5s\ne 3\nk nonsense\nn s9\ne 99999\nfly\nl\nh\n");
    assert!(end.contains("takes session"), "{end}");
    assert!(end.contains("no event is called nonsense; there are "), "{end}");
    assert!(end.contains("nobody is called s9; there are "), "{end}");
    assert!(end.contains("there are events 0 to "), "{end}");
    assert!(end.contains("unknown command `fly`"), "{end}");
    assert!(end.contains("\n>"), "{end}");
}
