//! The law of the source tree. Prints every breach, then fails.
//!
//! A check reads one source and says what is wrong in which line. Each is proven able to fail: a
//! test shows it a snippet that breaks its law. To add one, add a function, its line in [`CHECKS`]
//! and its snippet in [`breaking`].

mod source;

use menagerie::scenario::{Registry, Scenario};
use menagerie::{checkers, faults, mutants, workloads};
use source::{Breaches, Source, function_ranges, is_word_at, parameter_count};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Who may name whom. A row names only rows above it, so the graph has no cycle. The rows are in
/// the order of `lib.rs`.
///
/// `base` also holds what both the wire and the history say (`ErrorCode`, `Stat`). `server` passes
/// `DiskOp` of `storage` on to `sim`, and `run` passes the checkers' verdicts on to `report` and
/// `cli`. `run` names `server` for the settings that it hands to each server, and `sim` names
/// `workloads` and `checkers` because a client node asks its workload and the recorder its judges.
const MAY_NAME: &[(&str, &str)] = &[
    ("base", ""),
    ("history", "base"),
    ("wire", "base"),
    ("storage", "base wire"),
    ("tree", "base wire"),
    ("zab", "base wire history"),
    ("ops", "base wire tree"),
    ("client", "base wire history ops"),
    ("server", "base wire history tree zab storage ops"),
    ("real", "base wire history server client"),
    ("faults", "base history"),
    ("model", "base history"),
    ("workloads", "base history"),
    ("checkers", "base history model"),
    ("mutants", "base wire tree zab storage server client"),
    ("sim", "base history workloads faults checkers server client"),
    ("scenario", "base history workloads faults checkers mutants sim"),
    ("run", "base history faults workloads checkers mutants server sim scenario"),
    ("report", "base history faults scenario run"),
    ("cli", "base real scenario run report"),
];

/// Words, and the only places where they may stand. Tests may use what is marked so.
const BANS: &[Ban] = &[
    Ban { words: &["madsim"], only_in: &["src/sim/", "src/run/", "src/lib.rs"], in_tests: false },
    Ban { words: &["tokio"], only_in: &["src/run/", "src/real/", "src/bin/"], in_tests: true },
    Ban { words: &["HashMap", "HashSet"], only_in: &[], in_tests: false },
    Ban { words: &["thread_rng", "select!"], only_in: &[], in_tests: false },
    Ban { words: &["f64", "f32"], only_in: &[], in_tests: false },
    // A command line says how long something may take.
    Ban { words: &["std::time"], only_in: &["src/run/", "src/real/", "src/cli/"], in_tests: true },
    Ban {
        words: &["std::thread", "std::env"],
        only_in: &["src/run/", "src/real/"],
        in_tests: true,
    },
    Ban { words: &["std::net"], only_in: &["src/real/"], in_tests: true },
    Ban {
        words: &["std::fs"],
        only_in: &["src/scenario/", "src/run/", "src/report/", "src/cli/", "src/real/"],
        in_tests: true,
    },
    Ban { words: &["println!", "print!", "eprintln!", "eprint!"], only_in: &[], in_tests: false },
    // One `use` for each module of the standard library, so that the bans above see it.
    Ban { words: &["std::{"], only_in: &[], in_tests: false },
    Ban { words: &["dbg!", "todo!", "unimplemented!"], only_in: &[], in_tests: false },
    Ban { words: &["#[ignore"], only_in: &[], in_tests: false },
    Ban { words: &["unwrap()"], only_in: &[], in_tests: true },
];

struct Ban {
    words: &'static [&'static str],
    only_in: &'static [&'static str],
    in_tests: bool,
}

/// The most lines of a file and of a function, and the most parameters.
const FILE_MAX: usize = 700;
const FUNCTION_MAX: usize = 70;
const PARAMETERS_MAX: usize = 5;

/// Files of a registry's folder that hold what its entries share.
const HELPERS: &[&str] = &[
    // What a plan may fix instead of naming a fault or a workload.
    "faults/fixed",
    "workloads/fixed",
    "faults/target",
    "faults/undo",
    "workloads/ask",
    "workloads/turns",
    "workloads/waiting",
    // Reads everything at the end of each run; scenarios do not choose it.
    "workloads/verify",
    "checkers/judge",
    "checkers/states",
    "checkers/watches",
    "ops/quota",
    "ops/reply",
    "ops/serve",
    "ops/settings",
    "ops/table",
];

type Check = fn(&Source, &mut Breaches);

const CHECKS: &[(&str, Check)] = &[
    ("floors", floors),
    ("bans", bans),
    ("header", header),
    ("file length", file_length),
    ("function length", function_length),
    ("parameters", parameters),
    ("remarks", remarks),
    ("reasons", reasons),
    ("machine paths", machine_paths),
    ("registry", registry),
    ("map", map),
];

fn floors(source: &Source, breaches: &mut Breaches) {
    let Some(own) = source.module() else { return };
    let Some((_, named)) = MAY_NAME.iter().find(|(module, _)| *module == own) else {
        return breaches.add(1, format!("`{own}` has no floor: give it a row in the table"));
    };
    for (line, other) in source.modules_named() {
        let known = MAY_NAME.iter().any(|(module, _)| *module == other);
        if known && other != own && !named.split_whitespace().any(|it| it == other) {
            breaches.add(line, format!("`{own}` may not name `{other}`"));
        }
    }
}

fn bans(source: &Source, breaches: &mut Breaches) {
    for ban in BANS.iter().filter(|ban| !ban.only_in.iter().any(|it| source.path.starts_with(it))) {
        for (line, code) in source.code_lines() {
            let free = ban.in_tests && source.is_test(line);
            for word in ban.words.iter().filter(|word| !free && has_word(code, word)) {
                breaches.add(line, format!("`{word}` does not belong here"));
            }
        }
    }
}

fn has_word(code: &str, word: &str) -> bool {
    code.match_indices(word).any(|(at, _)| is_word_at(code, at, word))
}

fn header(source: &Source, breaches: &mut Breaches) {
    if !source.text.starts_with("//! ") {
        breaches.add(1, "no `//!` that says what the file is for".to_owned());
    }
}

fn file_length(source: &Source, breaches: &mut Breaches) {
    let lines = source.text.lines().count();
    if lines > FILE_MAX {
        breaches.add(1, format!("{lines} lines; {FILE_MAX} is the most"));
    }
}

fn function_length(source: &Source, breaches: &mut Breaches) {
    for (first, last) in function_ranges(&source.code) {
        let lines = last - first + 1;
        if lines > FUNCTION_MAX {
            breaches.add(first, format!("a function of {lines} lines; {FUNCTION_MAX} is the most"));
        }
    }
}

fn parameters(source: &Source, breaches: &mut Breaches) {
    for (first, count) in parameter_count(&source.code) {
        if count > PARAMETERS_MAX {
            breaches.add(first, format!("{count} parameters; {PARAMETERS_MAX} is the most"));
        }
    }
}

fn remarks(source: &Source, breaches: &mut Breaches) {
    for (index, line) in source.prose.lines().enumerate() {
        for word in ["TODO", "FIXME", "XXX"].iter().filter(|word| has_word(line, word)) {
            breaches.add(index + 1, format!("{word}: do it, or open an issue"));
        }
    }
}

fn reasons(source: &Source, breaches: &mut Breaches) {
    for (at, _) in source.code.match_indices("allow(").chain(source.code.match_indices("expect(")) {
        let before = source.code[..at].trim_end();
        let attribute = before.ends_with("#[") || before.ends_with("#![");
        let end = source.code[at..].find(']').map_or(source.code.len(), |it| at + it);
        if attribute && !source.code[at..end].contains("reason") {
            breaches.add(source.line_of(at), "an exception without its `reason`".to_owned());
        }
    }
}

fn machine_paths(source: &Source, breaches: &mut Breaches) {
    let roots = ["home", "root", "work", "Users", "tmp"].map(|root| format!("/{root}/"));
    for (index, line) in source.text.lines().enumerate() {
        let place = |root: &String| {
            let at = line.find(root.as_str())?;
            let before = line[..at].chars().next_back();
            (!before.is_some_and(|it| it.is_alphanumeric() || "._-}~/>".contains(it))).then_some(at)
        };
        if roots.iter().any(|root| place(root).is_some()) {
            breaches.add(index + 1, "the path of somebody's machine".to_owned());
        }
    }
}

/// A file of a registry has its line in the table. The other direction is the compiler's.
fn registry(source: &Source, breaches: &mut Breaches) {
    let Some(place) = source.path.strip_prefix("src/").and_then(|it| it.strip_suffix(".rs")) else {
        return;
    };
    let Some((folder, name)) = place.split_once('/') else { return };
    let Some(names) = registered(folder) else { return };
    if name != "mod" && !HELPERS.contains(&place) && !names.contains(name) {
        breaches.add(1, format!("`{name}` has no line in the table of {folder}/mod.rs"));
    }
}

fn registered(folder: &str) -> Option<BTreeSet<String>> {
    let names = match folder {
        "faults" => faults::names(),
        "workloads" => workloads::names(),
        "checkers" => checkers::names(),
        "mutants" => mutants::names(),
        "ops" => return Some(operations()),
        _ => return None,
    };
    Some(names.into_iter().map(str::to_owned).collect())
}

/// The files that the table of operations draws upon.
fn operations() -> BTreeSet<String> {
    let text = fs::read_to_string(root().join("src/ops/mod.rs")).unwrap();
    let (_, table) = text.split_once("operations! {").unwrap();
    let words = table.split_whitespace().filter_map(|word| word.split_once("::"));
    words.filter(|(_, what)| what.starts_with("reply")).map(|(file, _)| file.to_owned()).collect()
}

/// The map names the modules in the order of the floors, and leaves none out.
fn map(source: &Source, breaches: &mut Breaches) {
    if source.path != "src/lib.rs" {
        return;
    }
    let modules = |line: &str| line.strip_prefix("pub mod ")?.strip_suffix(';').map(str::to_owned);
    let stand: Vec<String> = source.code.lines().filter_map(modules).collect();
    let due: Vec<&str> = MAY_NAME.iter().map(|(module, _)| *module).collect();
    if stand != due {
        breaches.add(1, format!("the modules are {stand:?}; in the order of the floors {due:?}"));
    }
    for module in due {
        let linked = [format!("| [`{module}`] |"), format!("| [`mod@{module}`] |")];
        if !linked.iter().any(|it| source.text.contains(it.as_str())) {
            breaches.add(1, format!("`{module}` is not on the map"));
        }
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All files below a folder whose name ends so, in order.
fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let Ok(entries) = fs::read_dir(root().join(folder)) else { return files };
    for path in entries.map(|it| it.unwrap().path()) {
        if path.is_dir() {
            let below = path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
            files.extend(self::files(&below, extension));
        } else if path.extension().is_some_and(|it| it == extension) {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn read(file: &Path) -> Source {
    let path = file.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
    Source::new(&path, &fs::read_to_string(file).unwrap())
}

fn checked(source: &Source, checks: &[(&str, Check)]) -> Vec<String> {
    let mut breaches = Breaches::default();
    checks.iter().for_each(|(_, check)| check(source, &mut breaches));
    breaches.told(&source.path)
}

#[test]
fn the_tree_keeps_the_law() {
    let sources = files("src", "rs").into_iter().chain(files("tests", "rs"));
    let mut told: Vec<String> = sources.flat_map(|file| checked(&read(&file), CHECKS)).collect();
    let paths = [("machine paths", machine_paths as Check)];
    let folders = [("scenarios", "toml"), ("reports/samples", "json"), ("reports/samples", "toml")];
    let texts = folders.iter().flat_map(|(folder, extension)| files(folder, extension));
    let pages = ["README.md", "CHANGELOG.md", "Cargo.toml", "reports/README.md", ".ci/run"];
    let texts = texts.chain(pages.map(|page| root().join(page)));
    told.extend(texts.flat_map(|file| checked(&read(&file), &paths)));
    assert!(told.is_empty(), "\n{}\n", told.join("\n"));
}

#[test]
fn rows_name_only_rows_above() {
    let mut above = BTreeSet::new();
    for (module, named) in MAY_NAME {
        assert!(named.split_whitespace().all(|it| above.contains(it)), "{module}");
        above.insert(*module);
    }
}

#[test]
fn every_helper_is_a_file() {
    let missing = HELPERS.iter().filter(|it| !root().join(format!("src/{it}.rs")).is_file());
    assert_eq!(missing.collect::<Vec<_>>(), [&""; 0]);
}

/// Which names none of the scenarios below `scenarios/` uses.
fn unused(names: Vec<&'static str>, used: &BTreeSet<String>) -> Vec<&'static str> {
    names.into_iter().filter(|name| !used.contains(*name)).collect()
}

#[test]
fn everything_registered_is_used_by_a_scenario() {
    let mut used = BTreeSet::new();
    for file in files("scenarios", "toml").iter().filter(|it| !is_plan(it)) {
        let scenario = Scenario::load(file).unwrap_or_else(|error| panic!("{error}"));
        used.extend(scenario.workloads.into_iter().map(|it| it.into_inner().name));
        used.extend(scenario.faults.into_iter().map(|it| it.into_inner().name));
        used.extend(scenario.checkers);
    }
    assert_eq!(unused(faults::names(), &used), [""; 0]);
    assert_eq!(unused(workloads::names(), &used), [""; 0]);
    assert_eq!(unused(checkers::names(), &used), [""; 0]);
    assert_eq!(unused(vec!["nowhere"], &used), ["nowhere"]);
}

/// Failures once found are kept as plans, not as scenarios.
fn is_plan(file: &Path) -> bool {
    file.parent().is_some_and(|folder| folder.ends_with("regressions"))
}

/// The kinds of histories that a checker has none of.
fn untold(checker: &str) -> Vec<&'static str> {
    let histories = files(&format!("tests/data/checkers/{checker}"), "jsonl");
    let any = |kind: &str| {
        histories.iter().any(|it| it.file_name().unwrap().to_str().unwrap().starts_with(kind))
    };
    ["accept", "reject"].into_iter().filter(|kind| !any(kind)).collect()
}

#[test]
fn every_checker_accepts_one_history_and_rejects_another() {
    let untold = |name: &&'static str| untold(name).into_iter().map(|kind| (*name, kind)).collect();
    let missing: Vec<(&str, &str)> =
        checkers::names().iter().flat_map::<Vec<_>, _>(untold).collect();
    assert_eq!(missing, [("", ""); 0]);
    assert_eq!(self::untold("nobody"), ["accept", "reject"]);
}

/// What `menagerie list` says of faults, workloads, checkers and mutants, the page says, too.
fn untold_in(page: &str) -> Vec<String> {
    use Registry::{Checkers, Faults, Mutants, Workloads};
    let lines = [Faults, Workloads, Checkers, Mutants].into_iter().flat_map(Registry::lines);
    let rows = lines.map(|line| format!("| `{}` | {} |", line.name, line.about));
    rows.filter(|row| !page.contains(row.as_str())).collect()
}

#[test]
fn the_readme_says_what_the_list_says() {
    let page = fs::read_to_string(root().join("README.md")).unwrap();
    assert_eq!(untold_in(&page), [""; 0]);
    assert_eq!(untold_in(&page.replace("the lock recipe", "")), ["| `lock` | the lock recipe |"]);
}

/// For each check a source that breaks its law, and in which lines.
fn breaking(check: &str) -> (&'static str, String, &'static [usize]) {
    let lines = |count: usize| "    let it = 1;\n".repeat(count);
    match check {
        "floors" => (
            "src/tree/x.rs",
            "//! X.\nuse crate::base::Zxid;\nuse crate::{\n    base::Xid,\n    zab::Vote,\n};\n// crate::sim\n"
                .to_owned(),
            &[5],
        ),
        "bans" => (
            "src/tree/x.rs",
            "//! X.\nuse std::collections::HashMap;\nfn f() {\n    madsim::go();\n    g(\"HashMap\").unwrap();\n}\n\
             #[cfg(test)]\nmod tests {\n    fn f() {\n        g().unwrap();\n        let it: f64 = 1.0;\n    }\n}\n"
                .to_owned(),
            &[2, 4, 5, 11],
        ),
        "header" => ("src/tree/x.rs", "use crate::base::Zxid;\n".to_owned(), &[1]),
        "file length" => ("src/tree/x.rs", "//! X.\n".to_owned() + &lines(FILE_MAX), &[1]),
        "function length" => {
            let long = format!("fn long() {{\n{}}}\n", lines(FUNCTION_MAX - 1));
            let short = format!("fn short() -> [u8; 2] {{\n{}}}\n", lines(FUNCTION_MAX - 2));
            ("src/tree/x.rs", format!("//! X.\n{short}{long}"), &[FUNCTION_MAX + 2])
        }
        "parameters" => (
            "src/tree/x.rs",
            "//! X.\nfn five<F: Fn(u8, u8) -> u8>(&mut self, a: [u8; 2], b: (u8, u8), c: F, d: u8, e: u8) {}\n\
             fn six(\n    a: u8,\n    b: u8,\n    c: u8,\n    d: u8,\n    e: u8,\n    f: u8,\n) {\n}\n"
                .to_owned(),
            &[3],
        ),
        "remarks" => {
            ("src/tree/x.rs", "//! X.\n// TODO: this\nlet it = \"XXX\";\n".to_owned(), &[2])
        }
        "reasons" => (
            "src/tree/x.rs",
            "//! X.\n#[allow(dead_code, reason = \"so\")]\n#![allow(\n    dead_code\n)]\nlet it = x.expect(\"so\");\n"
                .to_owned(),
            &[3],
        ),
        "machine paths" => {
            let path = ["", "home", "me"].join("/");
            ("src/tree/x.rs", format!("//! X.\n// ~/work/x\nlet it = \"{path}/x\";\n"), &[3])
        }
        "registry" => ("src/faults/unheard_of.rs", "//! X.\n".to_owned(), &[1]),
        "map" => {
            let whole = fs::read_to_string(root().join("src/lib.rs")).unwrap();
            ("src/lib.rs", whole.replace("pub mod zab;\n", ""), &[1])
        }
        _ => panic!("no snippet shows that `{check}` can fail"),
    }
}

#[test]
fn each_check_can_fail() {
    for check in CHECKS {
        let (path, text, lines) = breaking(check.0);
        let mut breaches = Breaches::default();
        check.1(&Source::new(path, &text), &mut breaches);
        assert_eq!(breaches.lines(), lines, "{}: {:?}", check.0, breaches.told(path));
    }
}

#[test]
fn a_module_without_a_floor_is_a_breach() {
    let source = Source::new("src/attic/mod.rs", "//! X.\n");
    assert_eq!(checked(&source, CHECKS).len(), 1);
}
