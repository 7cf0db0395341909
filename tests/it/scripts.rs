//! Behaviour of the cores as data: a script is a list of inputs, its transcript shows inputs and
//! effects, and lies beside it as a snapshot.

mod client;
mod ops;
mod server;
mod storage;
mod watches;
mod words;
mod zab;

use std::fs;
use std::path::{Path, PathBuf};

/// Plays every script in the folder `tests/data/<core>` and compares its transcript.
fn check(core: &str, play: fn(&str) -> String) {
    let scripts = scripts_of(core);
    assert!(!scripts.is_empty(), "no scripts in tests/data/{core}");
    for script in scripts {
        let name = script.file_stem().unwrap().to_str().unwrap();
        let text = fs::read_to_string(&script).unwrap();
        insta::with_settings!({
            snapshot_path => script.parent().unwrap(),
            prepend_module_to_snapshot => false,
            omit_expression => true,
        }, {
            insta::assert_snapshot!(name, play(&text));
        });
    }
}

fn scripts_of(core: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(core);
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut scripts: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|it| it == "txt")).collect();
    scripts.sort();
    scripts
}

#[test]
fn client() {
    check("client", client::play);
}

#[test]
fn ops() {
    check("ops", ops::play);
}

#[test]
fn watches() {
    check("watches", watches::play);
}

#[test]
fn storage() {
    check("storage", storage::play);
}

#[test]
fn zab() {
    check("zab", zab::play);
}

#[test]
fn server() {
    check("server", server::play);
}
