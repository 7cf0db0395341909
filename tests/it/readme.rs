//! The worked example of the README is what this build prints. To write it anew:
//! `INSTA_UPDATE=always cargo test readme`.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// What the README shows behind `$ cargo run --release --`, and what a test gives the program.
const RUN: &str = "run scenarios/fast/isolated_leader.toml --seed 7 --mutant zk_1154";
const EXPLAIN: &str = "explain reports/isolated_leader/7 | head -n 11";
const BESIDE: &str = "explain reports/isolated_leader/7 | grep -A 4 '^right servers'";
const PROMOTE: &str = "promote reports/isolated_leader/7/shrunk --name zk_1154_small";

fn menagerie(dir: &Path, command: &str) -> Output {
    let scenarios = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let words = command.split(" | ").next().unwrap().split(' ');
    let words = words.map(|word| word.replace("scenarios", scenarios.to_str().unwrap()));
    Command::new(env!("CARGO_BIN_EXE_menagerie")).current_dir(dir).args(words).output().unwrap()
}

/// What is left of it behind the command's pipe.
fn shown(command: &str, printed: &str) -> String {
    let lines: Vec<&str> = printed.lines().collect();
    let lines = match command {
        EXPLAIN => &lines[..11],
        BESIDE => {
            let at = lines.iter().position(|line| line.starts_with("right servers")).unwrap();
            &lines[at..at + 5]
        }
        _ => &lines[..],
    };
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// Puts what a command prints between it and the end of its block, or the next command.
fn with_output(readme: &str, command: &str, printed: &str) -> String {
    let shown = format!("$ cargo run --release -- {command}\n");
    let (before, rest) = readme.split_once(&shown).unwrap_or_else(|| panic!("no `{command}`"));
    let end = rest.find("```").unwrap().min(rest.find("$ ").unwrap_or(usize::MAX));
    format!("{before}{shown}{printed}{}", &rest[end..])
}

#[test]
fn the_worked_example_is_what_this_build_prints() {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("readme");
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(dir.join("scenarios/regressions")).unwrap();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let stored = fs::read_to_string(&file).unwrap();
    let mut readme = stored.clone();
    for command in [RUN, EXPLAIN, BESIDE, PROMOTE] {
        let output = menagerie(&dir, command);
        let printed = shown(command, &String::from_utf8(output.stdout).unwrap());
        readme = with_output(&readme, command, &printed);
    }
    if std::env::var("INSTA_UPDATE").is_ok_and(|it| it == "always") {
        fs::write(&file, &readme).unwrap();
    }
    assert!(readme == stored, "`INSTA_UPDATE=always cargo test readme` writes the example anew");
}
