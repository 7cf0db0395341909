//! The program as people and scripts use it: help, errors, exit statuses, files.

use menagerie::base::{Epoch, ServerId, Time, Zxid};
use menagerie::history::{self, Event, Note, Phase, Role, What};
use menagerie::report::{self, Report};
use menagerie::run::{
    Check, FaultCount, OpCounts, Outcome, Property, ServerState, Verdict, Violation,
};
use menagerie::scenario::{Expect, Plan, Scenario};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const SMALL: &str = r#"
about = "A small run."
checkers = ["one_leader_per_epoch", "write_order", "progress"]
duration_ms = 3_000

[ensemble]
servers = 3

[[workload]]
name = "register"
clients = 2
ops = 5
"#;

/// A folder of its own for each test, empty.
fn folder(test: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("cli-{test}"));
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(&dir).unwrap();
    dir
}

/// A folder with the small scenario in it.
fn folder_with_scenario(test: &str) -> PathBuf {
    let dir = folder(test);
    fs::create_dir_all(dir.join("scenarios/fast")).unwrap();
    fs::write(dir.join("scenarios/fast/small.toml"), SMALL).unwrap();
    dir
}

fn menagerie(dir: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_menagerie"));
    command.args(args).current_dir(dir).stdin(Stdio::null());
    command
}

fn perform(dir: &Path, args: &[&str]) -> Output {
    menagerie(dir, args).output().unwrap()
}

fn status(dir: &Path, args: &[&str]) -> i32 {
    perform(dir, args).status.code().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn event(index: u64, what: What) -> Event {
    Event { index, at: Time::from_ms(index * 10), what }
}

fn phases(phases: &[Phase]) -> Vec<Event> {
    (0..).zip(phases).map(|(index, &phase)| event(index, What::Phase(phase))).collect()
}

/// Two leaders of one epoch.
fn split_brain() -> Vec<Event> {
    let last = Zxid::ZERO;
    let leads = |server| {
        let note = Note::Established { epoch: Epoch(1), last };
        What::Note { server: ServerId(server), note }
    };
    vec![event(0, What::Phase(Phase::Start)), event(1, leads(1)), event(2, leads(2))]
}

/// Writes a history into a folder, with a plan beside it if there is one.
fn store(dir: &Path, events: &[Event], plan: Option<&Plan>) {
    let mut bytes = Vec::new();
    history::write(events, &mut bytes).unwrap();
    fs::write(dir.join(report::HISTORY), bytes).unwrap();
    if let Some(plan) = plan {
        fs::write(dir.join(report::PLAN), plan.to_toml()).unwrap();
    }
}

fn small_plan() -> Plan {
    Plan::draw(&Scenario::parse("small", SMALL).unwrap(), 7)
}

/// What a failing run might have come to.
fn fixed_outcome() -> Outcome {
    let check = |checker: &str, property, verdict, checked| Check {
        checker: checker.to_owned(),
        property,
        verdict,
        checked,
        violation: None,
        at: None,
    };
    let claim = "epoch 1 has two leaders: s1 and s2".to_owned();
    let broken = Check {
        violation: Some(Violation::new(claim, [1, 2])),
        at: Some(Time(20_000)),
        ..check("one_leader_per_epoch", Property::Safety, Verdict::Violation, 2)
    };
    let events = split_brain();
    Outcome {
        digest: 0x9f02,
        simulated: Time::from_ms(41_207),
        checks: vec![
            broken,
            check("write_order", Property::Safety, Verdict::Vacuous, 0),
            check("progress", Property::Liveness, Verdict::Unknown, 0),
        ],
        ops: OpCounts { invoked: 18_231, ok: 18_000, refused: 200, unknown: 31 },
        faults: vec![FaultCount { fault: "isolate".to_owned(), count: 5 }],
        servers: vec![
            server(1, true, Role::Leading),
            server(2, true, Role::Following(ServerId(1))),
            server(3, false, Role::Looking),
        ],
        steps: Default::default(),
        internal: None,
        messages: None,
        events,
    }
}

fn server(id: u8, up: bool, role: Role) -> ServerState {
    ServerState {
        server: ServerId(id),
        up,
        role,
        epoch: Epoch(1),
        zxid: Zxid::new(Epoch(1), 17),
        sessions: 4,
        digest: 0x41c8,
        serving: up,
    }
}

fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

#[test]
fn every_command_explains_itself() {
    let dir = folder("help");
    for command in [
        "",
        "run",
        "sweep",
        "replay",
        "shrink",
        "explain",
        "causality",
        "diverge",
        "triage",
        "promote",
        "corpus",
        "mutants",
        "check",
        "list",
        "bench",
    ] {
        let args: Vec<&str> = [command, "--help"].into_iter().filter(|it| !it.is_empty()).collect();
        let output = perform(&dir, &args);
        assert!(output.status.success() && output.stderr.is_empty());
        insta::assert_snapshot!(format!("help_{command}"), stdout(&output));
    }
    assert_eq!(stdout(&perform(&dir, &["--version"])), "menagerie 0.1.0\n");
}

#[test]
fn mistakes_are_told_with_what_would_be_accepted() {
    let dir = folder_with_scenario("mistakes");
    let mut corrupt = Vec::new();
    history::write(&phases(&[Phase::Start, Phase::Load]), &mut corrupt).unwrap();
    corrupt.truncate(corrupt.len() - 5);
    fs::write(dir.join("history.jsonl"), corrupt).unwrap();
    let plan = small_plan().to_toml();
    fs::write(dir.join("cut.toml"), &plan[..plan.len() / 2]).unwrap();
    fs::write(dir.join("small.toml"), &plan).unwrap();
    fs::create_dir(dir.join("empty")).unwrap();
    let mistakes: &[&[&str]] = &[
        &["run", "smal"],
        &["run", "scenarios/smal.toml"],
        &["run", "small", "--seed", "x"],
        &["sweep", "small", "--seeds", "5..5"],
        &["sweep", "small", "--seeds", "0..5", "--jobs", "0"],
        &["sweep", "empty", "--seeds", "0..5"],
        &["check", "history.jsonl"],
        &["check", "absent.jsonl"],
        &["replay", "cut.toml"],
        &["replay", "empty"],
        &["replay", "cut.toml", "--until", "soon"],
        &["shrink", "small.toml"],
        &["list", "nothing"],
    ];
    let told = mistakes.iter().map(|args| {
        let output = perform(&dir, args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(output.stdout.is_empty(), "{args:?}");
        format!("$ menagerie {}\n{}\n", args.join(" "), stderr(&output))
    });
    insta::assert_snapshot!(told.collect::<String>());
}

#[test]
fn an_unknown_mutant_is_told() {
    let dir = folder_with_scenario("mutant");
    let output = perform(&dir, &["run", "small", "--seed", "1", "--mutant", "nonee"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("unknown mutant `nonee`; did you mean `none`?"));
}

#[test]
fn a_report_says_all_of_a_run() {
    let dir = folder("report");
    let (plan, outcome) = (small_plan(), fixed_outcome());
    let report = Report::new(&plan, &outcome, Path::new("reports/small/7"));
    report::write(&dir, &plan, &outcome, &report).unwrap();
    insta::assert_snapshot!("report_json", report.to_json());
    assert_eq!(report::read_report(&dir.join(report::REPORT)).unwrap(), report);
    assert_eq!(report::read_plan(&dir.join(report::PLAN)).unwrap(), plan);
    assert_eq!(report::read_history(&dir.join(report::HISTORY)).unwrap(), outcome.events);
    let text = report::run_text(&report, Path::new("reports/small/7"));
    let servers = report::servers_text(&outcome.servers);
    insta::assert_snapshot!("report_text", plain(&format!("{text}\n{servers}")));
}

#[test]
fn a_run_that_broke_off_inside_violates_the_invariants() {
    let plan = small_plan();
    let checks = fixed_outcome().checks[1..].to_vec();
    let internal = Some("s1: the log has a gap".to_owned());
    let outcome = Outcome { checks, internal, ..fixed_outcome() };
    let report = Report::new(&plan, &outcome, Path::new("x"));
    assert_eq!((report.verdict.as_str(), report.exit_status), ("violation", 1));
    assert_eq!(report.checks.last().unwrap().checker, "invariants");
}

#[test]
fn the_exit_status_says_what_a_history_comes_to() {
    let dir = folder("status");
    let check = || status(&dir, &["check", "history.jsonl"]);
    store(&dir, &split_brain(), None);
    assert_eq!(check(), 1);
    store(&dir, &phases(&[Phase::Start, Phase::Load]), None);
    assert_eq!(check(), 2);
    store(&dir, &phases(&[Phase::Start, Phase::Verify, Phase::End]), None);
    assert_eq!(check(), 3);
    let caught_by = vec!["one_leader_per_epoch".to_owned()];
    let expecting = Plan { expect: Expect::Violation, caught_by, ..small_plan() };
    store(&dir, &split_brain(), Some(&expecting));
    assert_eq!(check(), 0);
}

#[test]
fn a_replay_compares_with_the_report() {
    let dir = folder_with_scenario("replay");
    let run = perform(&dir, &["run", "small", "--seed", "5"]);
    let first = run.status.code().unwrap();
    assert!(stdout(&run).contains("small, seed 5"));
    assert_eq!(status(&dir, &["replay", "reports/small/5"]), first);
    assert_eq!(status(&dir, &["replay", "reports/small/5/plan.toml"]), first);
    let file = dir.join("reports/small/5/report.json");
    let mut report = report::read_report(&file).unwrap();
    assert_eq!(report.exit_status, first as u8);
    report.digest = "0123456789abcdef".to_owned();
    fs::write(&file, report.to_json()).unwrap();
    assert_eq!(status(&dir, &["replay", "reports/small/5"]), 4);
    let history = dir.join("reports/small/5/history.jsonl");
    let lines = fs::read_to_string(&history).unwrap();
    let kept: Vec<&str> = lines.lines().take(40).collect();
    fs::write(&history, kept.join("\n") + "\n").unwrap();
    let text = stdout(&perform(&dir, &["replay", "reports/small/5"]));
    assert!(text.contains("the first 40 events"), "it says where they part: {text}");
    assert_eq!(status(&dir, &["replay", "reports/small/5", "--until", "500ms"]), 0);
}

#[test]
fn a_run_without_a_seed_says_it_first() {
    let dir = folder_with_scenario("seed");
    let text = stdout(&perform(&dir, &["run", "small"]));
    let seed = text.lines().next().unwrap().strip_prefix("seed").unwrap().trim().to_owned();
    assert!(text.contains(&format!("small, seed {seed}")));
    let output = perform(&dir, &["run", "small", "--format", "json"]);
    let report: Report = serde_json::from_slice(&output.stdout).unwrap();
    assert!(stderr(&output).contains(&report.seed.to_string()));
}

#[test]
fn a_printed_plan_is_the_plan() {
    let dir = folder_with_scenario("plan");
    let output = perform(&dir, &["run", "small", "--seed", "7", "--print-plan"]);
    assert_eq!(Plan::parse(&stdout(&output)).unwrap(), small_plan());
    assert!(!dir.join("reports").exists());
}

/// The summary of a sweep without the one figure that differs from time to time.
fn swept(dir: &Path, jobs: &str) -> (serde_json::Value, Vec<String>) {
    let args = ["sweep", "small", "--seeds", "0..3", "--jobs", jobs, "--format", "json"];
    let output = perform(dir, &args);
    let mut summary: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let stored = fs::read_to_string(dir.join("reports/sweep/summary.json")).unwrap();
    assert_eq!(stored, stdout(&output));
    summary.as_object_mut().unwrap().remove("cpu_ms");
    let results = fs::read_to_string(dir.join("reports/sweep/results.ndjson")).unwrap();
    let mut lines: Vec<String> = results.lines().map(str::to_owned).collect();
    lines.sort();
    (summary, lines)
}

#[test]
fn a_sweep_says_the_same_with_any_number_of_jobs() {
    let dir = folder_with_scenario("sweep");
    let (summary, lines) = swept(&dir, "1");
    assert_eq!((summary["runs"].as_u64(), lines.len()), (Some(3), 3));
    assert_eq!(summary["guarded"], 1);
    assert_eq!(summary["diverged"].as_array().unwrap().len(), 0);
    assert_eq!(summary["guard_failures"].as_array().unwrap().len(), 0);
    assert_eq!(swept(&dir, "2"), (summary, lines));
}

#[test]
fn nobody_panics_when_the_reader_goes_away() {
    let dir = folder_with_scenario("pipe");
    for args in [&["run", "small"][..], &["list"], &["--help"]] {
        let mut command = menagerie(&dir, args);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let errors = stderr(&child.wait_with_output().unwrap());
        assert!(!errors.contains("panicked"), "{errors}");
    }
}

#[test]
fn every_registry_can_be_listed() {
    let dir = folder_with_scenario("list");
    for (kind, name) in [
        ("scenarios", "small"),
        ("faults", "isolate"),
        ("workloads", "register"),
        ("checkers", "write_order"),
        ("mutants", "mutants"),
    ] {
        assert!(stdout(&perform(&dir, &["list", kind])).contains(name));
        let json = perform(&dir, &["list", kind, "--format", "json"]);
        let json: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
        assert!(json[kind].is_array());
    }
}
