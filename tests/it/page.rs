//! `timeline.html` in a real browser. Without Chromium on this machine nothing is looked at, and
//! that is said.

mod browser;

use browser::Browser;
use menagerie::report::{self, PAGE, Report};
use menagerie::run::{RunOptions, draw, run};
use menagerie::scenario::Scenario;
use serde_json::Value;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A laptop's.
const WINDOW: (u32, u32) = (1366, 768);
const PROBE: &str = include_str!("page/probe.js");

/// The page of a run.
fn page_of(scenario: &str, seed: u64, mutant: Option<&str>) -> PathBuf {
    let scenario = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(scenario);
    let plan = draw(&Scenario::load(&scenario).unwrap(), seed, mutant);
    let outcome = run(&plan, &RunOptions { messages: true, ..RunOptions::default() });
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("page").join(&plan.scenario);
    let report = Report::new(&plan, &outcome, &dir);
    report::write(&dir, &plan, &outcome, &report).unwrap();
    dir.join(PAGE)
}

/// A browser, or a word about why there is none.
fn browser() -> Option<Browser> {
    let Some(program) = browser::installed() else {
        // Past the harness, which keeps to itself what a test that passes prints.
        let _ = writeln!(io::stderr(), "skipped: no Chromium on this machine to open pages with");
        return None;
    };
    Some(Browser::start(&program, WINDOW))
}

fn numbers(of: &Value) -> Vec<u64> {
    of.as_array().unwrap().iter().map(|it| it.as_u64().unwrap()).collect()
}

fn rows(of: &Value) -> &Vec<Value> {
    of["rows"].as_array().unwrap()
}

fn check_filters(seen: &Value) {
    let total = seen["total"].as_u64().unwrap();
    let some = |of: &Value| {
        let matching = of["matching"].as_u64().unwrap();
        assert!(0 < matching && matching < total, "{of}");
    };
    let by_node = &seen["byNode"];
    some(by_node);
    assert_eq!(by_node["query"], format!("node:{}", by_node["node"].as_str().unwrap()));
    assert!(
        !rows(by_node).is_empty() && rows(by_node).iter().all(|row| row["node"] == by_node["node"])
    );
    assert_eq!(seen["unfiltered"]["found"], "");
    some(&seen["byKind"]);
    assert!(
        rows(&seen["byKind"])
            .iter()
            .all(|row| row["words"].as_str().unwrap().starts_with("commits "))
    );
    some(&seen["bySession"]);
    some(&seen["byZnode"]);
    assert_eq!(seen["nothing"]["matching"], 0);
    assert_eq!(seen["nothing"]["rows"], 0);
    some(&seen["both"]);
    for row in rows(&seen["both"]) {
        assert_eq!(row["node"], by_node["node"]);
        assert!(row["words"].as_str().unwrap().starts_with("is "), "{row}");
    }
}

fn check_view(seen: &Value) {
    let zoom = |key: &str| seen["zoom"][key].as_f64().unwrap();
    assert!(zoom("nearer") < zoom("whole") && zoom("nearer") < zoom("farther"));
    assert!(zoom("wheeled") < zoom("farther") && zoom("pannedBy") > 0.0);
    assert_eq!(seen["pings"], serde_json::json!(["false", "true"]), "switches switch");
    assert_ne!(seen["grounds"][0], seen["grounds"][1], "light is not dark");
    assert_eq!(seen["scrolls"], false, "all of it is on the screen");
    assert!(seen["shades"].as_u64().unwrap() > 100, "something is drawn");
}

#[test]
fn the_page_of_a_failure_leads_to_its_evidence() {
    let file = page_of("mutants/zk_1154.toml", 0, Some("zk_1154"));
    let Some(mut browser) = browser() else { return };
    browser.open(&file, "");
    let seen = browser.evaluate(PROBE);
    assert_eq!(seen["title"], "zk_1154, seed 0 · menagerie");
    assert!(
        seen["claims"][0].as_str().unwrap().contains("replica_agreement"),
        "{}",
        seen["claims"]
    );
    assert_eq!(seen["servers"].as_array().unwrap().len(), 5);

    let jump = &seen["jump"];
    let evidence = numbers(&jump["evidence"]);
    let last = *evidence.last().unwrap();
    assert_eq!(numbers(&jump["current"]), [last], "jumping selects the last of the evidence");
    assert_eq!(numbers(&jump["rows"]), [last], "in the list, too");
    assert!(jump["chosen"].as_str().unwrap().contains(&format!("event {last}")));
    assert_eq!(jump["inWindow"], true, "all of the evidence is in sight");
    assert_eq!(numbers(&seen["first"]["current"]), [evidence[0]]);
    assert_eq!(seen["first"]["cursor"], evidence[0]);
    check_filters(&seen);
    check_view(&seen);

    // What the address says brings another reader to the same moment.
    let fragment = seen["fragments"][1].as_str().unwrap();
    browser.open(&file, fragment);
    let moment = "({ time: Math.round(view.cursor.time), event: view.cursor.event })";
    assert_eq!(browser.evaluate(moment), seen["moment"]);
    assert!(browser.complaints.is_empty(), "{:#?}", browser.complaints);
}

#[test]
fn the_page_of_a_run_that_passes_makes_no_claim() {
    let file = page_of("fast/everything.toml", 1, None);
    let Some(mut browser) = browser() else { return };
    browser.open(&file, "");
    let seen = browser.evaluate(PROBE);
    let claims = seen["claims"].as_array().unwrap();
    assert!(claims.len() == 1 && claims[0].as_str().unwrap().starts_with("pass"), "{claims:?}");
    assert!(seen.get("jump").is_none());
    check_filters(&seen);
    check_view(&seen);
    assert!(browser.complaints.is_empty(), "{:#?}", browser.complaints);
}

/// In the shrunk plan nobody asks for anything: clients only say that they are there.
const WHY: &str = "(async () => {
  const frames = async () => { for (let i = 0; i < 3; i++) await new Promise(requestAnimationFrame); };
  document.querySelector('#explain').click();
  await frames();
  const why = document.querySelector('#why');
  const seen = { open: why.open, sentences: why.querySelectorAll('li').length, tables: why.querySelectorAll('table').length };
  const first = why.querySelector('td button');
  first.click();
  await frames();
  return { ...seen, openStill: why.open, chosen: view.chosen.i, first: given.why.besides[0].failing[0].event };
})()";

#[test]
fn the_page_says_why_once_that_was_found_out() {
    let Some(mut browser) = browser() else { return };
    let page = page_of("mutants/zk_3911.toml", 0, Some("zk_3911"));
    let dir = page.parent().unwrap();
    let mut explain = Command::new(env!("CARGO_BIN_EXE_menagerie"));
    let done = explain.arg("explain").arg(dir).args(["--budget", "5"]).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    browser.open(&dir.join("shrunk").join(PAGE), "");
    let seen = browser.evaluate(WHY);
    assert_eq!((&seen["open"], &seen["openStill"]), (&true.into(), &false.into()));
    assert_eq!(seen["sentences"], 5);
    assert!(seen["tables"].as_u64().unwrap() >= 1);
    assert_eq!(seen["chosen"], seen["first"], "an event of the table is shown");
    assert!(browser.complaints.is_empty(), "{:#?}", browser.complaints);
}
