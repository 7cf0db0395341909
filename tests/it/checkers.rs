//! The judges are judged: every checker accepts and rejects the histories in `tests/data/checkers`.
//!
//! `<checker>/accept*.jsonl` has to pass, and not for lack of anything to judge; `reject*.jsonl` has
//! to give a violation of that checker, whose claim is in the snapshot.

use menagerie::base::{Epoch, SessionId, Zxid};
use menagerie::checkers::{ALL, Check, Judge, Verdict, overall};
use menagerie::history::{self, Event};
use std::fs;
use std::io::BufReader;
use std::path::{Path, PathBuf};

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/checkers")
}

fn sorted(dir: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(dir).unwrap().map(|it| it.unwrap().path()).collect();
    paths.sort();
    paths
}

fn play(file: &Path, names: &[&str]) -> (Vec<Check>, Judge) {
    let file = BufReader::new(fs::File::open(file).unwrap());
    let events: Vec<Event> = history::read(file).unwrap();
    let mut judge = Judge::new(names).unwrap();
    events.iter().for_each(|event| judge.observe(event));
    judge.finish();
    (judge.verdicts(), judge)
}

fn name_of(path: &Path) -> &str {
    path.file_stem().unwrap().to_str().unwrap()
}

#[test]
fn every_history_gets_its_verdict() {
    let mut claims = String::new();
    for dir in sorted(&data()) {
        let checker = name_of(&dir);
        claims.push_str(&format!("{checker}\n"));
        for file in sorted(&dir) {
            let (checks, _) = play(&file, &[checker]);
            let (name, check) = (name_of(&file), &checks[0]);
            let due = if name.starts_with("accept") { Verdict::Pass } else { Verdict::Violation };
            assert_eq!(check.verdict, due, "{}: {:?}", file.display(), check.violation);
            let said = match &check.violation {
                Some(it) => format!("{} {:?}", it.claim, it.evidence),
                None => format!("({} judgements)", check.checked),
            };
            claims.push_str(&format!("  {name}: {said}\n"));
        }
    }
    insta::assert_snapshot!(claims);
}

#[test]
fn what_one_accepts_no_other_rejects() {
    for dir in sorted(&data()) {
        for file in sorted(&dir).iter().filter(|file| name_of(file).starts_with("accept")) {
            let (checks, _) = play(file, &[]);
            let broken: Vec<&Check> = checks.iter().filter(|it| it.violation.is_some()).collect();
            assert!(broken.is_empty(), "{}: {broken:?}", file.display());
        }
    }
}

#[test]
fn an_unknown_name_is_an_error_that_helps() {
    let error = Judge::new(&["one_leader"]).err().unwrap();
    let text = error.to_string();
    assert!(text.contains("unknown checker `one_leader`; did you mean `one_leader_per_epoch`?"));
    assert!(Judge::new(&["nonsense"]).is_err());
}

#[test]
fn a_run_that_shows_nothing_is_vacuous() {
    let mut judge = Judge::new(&["mutual_exclusion", "watch_delivery"]).unwrap();
    judge.finish();
    assert_eq!(overall(&judge.verdicts()).0, Verdict::Vacuous);
    let mut judge = Judge::new(&["progress"]).unwrap();
    judge.finish();
    assert_eq!(overall(&judge.verdicts()).0, Verdict::Unknown);
}

#[test]
fn every_version_of_the_tree_stays_readable() {
    let (_, judge) = play(&data().join("sequence_monotonicity/accept.jsonl"), &[]);
    let versions = judge.model().versions();
    let at = |counter| Zxid::new(Epoch(1), counter);
    let count = |counter| versions.children_at("/a", at(counter)).len();
    assert_eq!([1, 2, 3, 4, 5, 6].map(count), [0, 0, 1, 2, 1, 2]);
    assert_eq!(versions.stat_at("/a", at(1)), None);
    let stat = versions.stat_at("/a", at(6)).unwrap();
    assert_eq!((stat.cversion, stat.num_children, stat.pzxid), (4, 2, at(6)));
    let root = versions.stat_at("/", Zxid::ZERO).unwrap();
    assert_eq!((root.cversion, root.num_children), (-1, 1));
    assert_eq!(versions.stat_at("/zookeeper", Zxid::ZERO).unwrap().cversion, -2);
    assert_eq!(versions.ephemerals_at(SessionId(0x101), at(4)).len(), 1);
    assert_eq!(versions.ephemerals_at(SessionId(0x101), at(5)).len(), 0);
    let floor = Zxid::floor_of(Epoch(2));
    assert_eq!(versions.stat_at("/a", floor), versions.stat_at("/a", at(6)));
}

/// Histories may come from files, and from servers that are wrong on purpose.
#[test]
fn a_damaged_history_is_judged_all_the_same() {
    for dir in sorted(&data()) {
        for file in sorted(&dir) {
            let file = BufReader::new(fs::File::open(file).unwrap());
            let events: Vec<Event> = history::read(file).unwrap();
            for missing in 0..events.len() {
                let mut judge = Judge::new(&[] as &[&str]).unwrap();
                let rest = events.iter().enumerate().filter(|(place, _)| *place != missing);
                rest.for_each(|(_, event)| judge.observe(event));
                judge.finish();
                assert_eq!(judge.verdicts().len(), ALL.len());
            }
        }
    }
}
