//! Every scenario parses and draws; every registered thing is used by one; mistakes are told so
//! that they can be put right.

use menagerie::base::ClientId;
use menagerie::history::Op;
use menagerie::scenario::{Plan, PlanStep, Scenario};
use menagerie::{checkers, faults, workloads};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A scenario to make mistakes in.
const GOOD: &str = r#"
about = "A test."
checkers = ["write_order", "progress"]

[ensemble]
servers = 3

[[workload]]
name = "register"
clients = 2
ops = 10

[[fault]]
name = "isolate"
every_ms = [1_000, 2_000]
lasts_ms = [500, 3_000]
"#;

/// The files of a folder below `scenarios/`, in order.
pub fn files_of(folder: &str) -> Vec<PathBuf> {
    entries(&root().join(folder))
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut all: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    all.sort();
    all
}

/// All scenarios' files; those in `regressions` are plans.
fn files() -> Vec<PathBuf> {
    let folders = entries(&root()).into_iter().filter(|it| !it.ends_with("regressions"));
    folders.filter(|it| it.is_dir()).flat_map(|folder| entries(&folder)).collect()
}

fn all() -> Vec<Scenario> {
    files()
        .iter()
        .map(|file| Scenario::load(file).unwrap_or_else(|error| panic!("{error}")))
        .collect()
}

/// The error that follows from a change to the good scenario.
fn mistake(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "{from}");
    Scenario::parse("x", &GOOD.replace(from, to)).unwrap_err().to_string()
}

#[test]
fn every_scenario_parses_and_is_short() {
    assert!(files().len() >= 18);
    all();
    for file in files() {
        let lines = std::fs::read_to_string(&file).unwrap().lines().count();
        assert!(lines <= 40, "{} has {lines} lines", file.display());
    }
}

#[test]
fn names_are_words_and_unique() {
    for names in [workloads::names(), faults::names(), checkers::names()] {
        let unique: BTreeSet<&str> = names.iter().copied().collect();
        assert_eq!(unique.len(), names.len());
        assert!(
            names.iter().all(|name| name.chars().all(|it| it.is_ascii_lowercase() || it == '_'))
        );
    }
}

#[test]
fn mistakes_say_where_what_and_what_instead() {
    let fault = "name = \"isolate\"";
    let cases = [
        ("unknown key", mistake("servers = 3", "server = 3")),
        ("unknown key at the top", mistake("about =", "abuot = 'x'\nabout =")),
        ("unknown option of a workload", mistake("ops = 10", "ops = 10\nkeyz = 3")),
        ("unknown option of a fault", mistake(fault, "name = \"isolate\"\ntraget = \"leader\"")),
        ("unknown value", mistake(fault, "name = \"isolate\"\ntarget = \"leeder\"")),
        ("unknown checker", mistake("\"progress\"", "\"one_leader\"")),
        ("unknown fault", mistake("\"isolate\"", "\"isolated\"")),
        ("unknown workload", mistake("\"register\"", "\"bank\"")),
        ("less than there is", mistake("clients = 2", "clients = 2\nread_only = true")),
        ("unknown mutant", mistake("about =", "mutant = \"zk_0\"\nabout =")),
        ("min above max", mistake("[1_000, 2_000]", "[2_000, 1_000]")),
        (
            "min above max, network",
            mistake("[ensemble]", "[network]\nlatency_ms = [9, 1]\n[ensemble]"),
        ),
        ("missing about", mistake("about = \"A test.\"", "")),
        ("empty about", mistake("A test.", "")),
        ("missing clients", mistake("clients = 2\n", "")),
        ("no clients", mistake("clients = 2", "clients = 0")),
        ("wrong type", mistake("clients = 2", "clients = \"two\"")),
        ("too many servers", mistake("servers = 3", "servers = 9")),
        ("never happens", mistake("[1_000, 2_000]", "[100_000, 200_000]")),
        ("expects nothing", mistake("checkers =", "expect = \"violation\"\ncheckers =")),
        ("no TOML", mistake("servers = 3", "servers = ")),
    ];
    let told = cases.map(|(what, error)| format!("{what}\n    {error}\n"));
    insta::assert_snapshot!(told.concat());
}

#[test]
fn plans_survive_their_file() {
    for scenario in all() {
        for seed in [0, 1, 77, u64::MAX] {
            let plan = Plan::draw(&scenario, seed);
            let text = plan.to_toml();
            let again = Plan::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
            assert_eq!(again, plan);
            assert_eq!(again.to_toml(), text);
        }
    }
}

#[test]
fn a_plan_builds_all_that_it_names() {
    for scenario in all() {
        let plan = Plan::draw(&scenario, 1);
        assert_eq!(plan.build_faults().len(), scenario.faults.len());
        plan.clients.iter().for_each(|client| drop(plan.build_workload(client)));
        assert!(plan.faults.iter().all(|fault| !fault.windows.is_empty() || fault.index > 0));
    }
}

#[test]
fn a_seed_draws_one_plan_and_another_seed_another() {
    let scenario = Scenario::parse("x", GOOD).unwrap();
    assert_eq!(Plan::draw(&scenario, 5), Plan::draw(&scenario, 5));
    let plans: Vec<Plan> = (0..50).map(|seed| Plan::draw(&scenario, seed)).collect();
    let worlds: BTreeSet<u64> = plans.iter().map(|plan| plan.world_seed).collect();
    assert_eq!(worlds.len(), 50);
    assert_ne!(plans[0].faults[0].windows, plans[1].faults[0].windows);
}

#[test]
fn removing_one_fault_moves_no_other() {
    for scenario in all() {
        let whole = Plan::draw(&scenario, 3);
        for removed in 0..scenario.faults.len() {
            let mut fewer = scenario.clone();
            let name = fewer.faults.remove(removed).into_inner().name;
            let fewer = Plan::draw(&fewer, 3);
            let others = whole.faults.iter().enumerate().filter(|(place, _)| *place != removed);
            for ((_, before), after) in others.zip(&fewer.faults) {
                if before.name != name {
                    assert_eq!((&before.windows, &before.stream), (&after.windows, &after.stream));
                }
            }
            assert_eq!(whole.clients, fewer.clients);
        }
    }
}

#[test]
fn a_broken_plan_says_where() {
    let plan = Plan::draw(&Scenario::parse("x", GOOD).unwrap(), 1);
    let text = plan.to_toml();
    let whole = text.trim_end().len();
    for length in 0..whole {
        assert!(Plan::parse(&text[..length]).is_err(), "cut off after {length} bytes");
    }
    let change = |from: &str, to: &str| {
        assert!(text.contains(from), "{from} in {text}");
        Plan::parse(&text.replace(from, to)).unwrap_err().to_string()
    };
    let mut twice = plan.clone();
    twice.clients[1].id = ClientId(1);
    let mut backwards = plan.clone();
    backwards.faults[0].windows = vec![[2_000, 1_000]];
    let asking = |text: &str| {
        let mut asking = plan.clone();
        let ops = vec![serde_json::from_str::<Op>(text).unwrap()];
        asking.clients[0].steps = Some(vec![PlanStep::Ask { at_us: 0, ops }]);
        Plan::parse(&asking.to_toml()).unwrap_err().to_string()
    };
    let told = [
        Plan::parse(&text[..whole / 2]).unwrap_err().to_string(),
        change("format = 1", "format = 2"),
        change("world_seed = ", "world_sead = "),
        change("\"isolate\"", "\"isolat\""),
        change("index = 0", "index = zero"),
        change("\"s3\"", "\"s4\""),
        Plan::parse(&twice.to_toml()).unwrap_err().to_string(),
        Plan::parse(&backwards.to_toml()).unwrap_err().to_string(),
        asking(r#"{"check": {"path": "/a", "version": 1}}"#),
        asking(r#"{"multi": [{"get_data": {"path": "/a", "watch": false}}]}"#),
        asking(r#"{"multi_read": [{"get_children": {"path": "/a", "watch": false}}]}"#),
        asking(r#"{"multi_read": [{"get_data": {"path": "/a", "watch": true}}]}"#),
    ];
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn the_form_of_a_plan() {
    let plan = Plan::draw(&Scenario::parse("x", GOOD).unwrap(), 1);
    insta::assert_snapshot!(plan.to_toml());
}
