//! Plays what was once asked of Apache ZooKeeper to our server, and compares the answers line by
//! line, header zxids included. `tests/data/golden/README.md` says where the recordings are from.
//! They are of 3.8.0, and so is the likeness of the server that they are played to.
//!
//! A recording holds the requests and what came back, but not everything that its maker knew:
//! `tables` has the rest.

mod args;
mod canon;
mod player;
mod real;
mod simulated;
mod tables;
mod wire;

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// How many differences of a recording are told.
const SHOWN_MAX: usize = 6;

/// One recording.
pub struct Script {
    /// The file's name without its ending.
    pub name: String,
    /// Its lines.
    pub lines: Vec<Value>,
}

impl Script {
    fn read(file: &Path) -> Script {
        let text = fs::read_to_string(file).unwrap();
        let lines = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        Script { name: file.file_stem().unwrap().to_str().unwrap().to_owned(), lines }
    }

    /// The znode that everything in it is below.
    pub fn root(&self) -> String {
        format!("/g_{}", self.name)
    }
}

/// Every recording, in the order in which they were made.
fn scripts() -> Vec<Script> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/golden");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|it| it == "jsonl")).collect();
    files.sort();
    files.iter().map(|file| Script::read(file)).collect()
}

/// What was recorded and what came now, where they differ; empty when they do not.
fn differences(recorded: &[Value], played: &[Value]) -> Vec<String> {
    let lines = recorded.len().max(played.len());
    let text = |it: Option<&Value>| it.map_or("(nothing)".to_owned(), Value::to_string);
    let differing = (0..lines).filter(|&at| recorded.get(at) != played.get(at));
    differing
        .map(|at| {
            let (then, now) = (text(recorded.get(at)), text(played.get(at)));
            format!("line {}\n  then {then}\n  now  {now}", at + 1)
        })
        .collect()
}

/// Compares everything that was played, and says what differs.
fn check(played: Vec<(Script, Vec<Value>)>) {
    let mut wrong = Vec::new();
    for (script, now) in played {
        let found = differences(&script.lines, &now);
        if !found.is_empty() {
            let text = found[..found.len().min(SHOWN_MAX)].join("\n");
            wrong.push(format!("{}: {} lines differ\n{text}", script.name, found.len()));
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n\n"));
}

#[test]
fn three_simulated_servers_answer_as_recorded() {
    check(simulated::play(scripts()));
}

#[test]
fn a_real_server_answers_as_recorded() {
    check(real::play(scripts()));
}

#[test]
fn a_differing_line_is_told() {
    let lines = |text: &str| vec![serde_json::json!({ "closed": text })];
    assert_eq!(differences(&lines("a"), &lines("a")), [""; 0]);
    assert_eq!(differences(&lines("a"), &lines("b")).len(), 1);
    assert_eq!(differences(&lines("a"), &[]).len(), 1);
}
