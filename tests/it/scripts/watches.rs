//! Plays a script for the watches of one server: `add k1 data /a`, `fire deleted /a`, `forget k1`.

use menagerie::base::{ConnId, ZPath};
use menagerie::tree::{Trigger, WatchKind, Watches};
use std::fmt::Write;

/// The transcript of a script.
pub(super) fn play(script: &str) -> String {
    let (mut watches, mut transcript) = (Watches::default(), String::new());
    for line in script.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let _ = writeln!(transcript, "{line}");
        match line.split(' ').collect::<Vec<_>>()[..] {
            ["add", at, kind, path] => {
                watches.add(kind_of(kind), ZPath::parse(path).unwrap(), conn(at))
            }
            ["forget", at] => watches.forget(conn(at)),
            ["fire", what, path] => {
                watches.fire(&trigger(what, ZPath::parse(path).unwrap()), |at, kind, path| {
                    let _ = writeln!(transcript, "  {at} {kind:?} {path}");
                });
            }
            _ => panic!("no input: {line}"),
        }
        watches.assert_invariants(|_| true);
        let _ = writeln!(transcript, "  ({} left)", watches.len());
    }
    transcript
}

fn conn(text: &str) -> ConnId {
    ConnId(text.strip_prefix('k').unwrap().parse().unwrap())
}

fn kind_of(text: &str) -> WatchKind {
    match text {
        "data" => WatchKind::Data,
        "child" => WatchKind::Child,
        _ => panic!("no kind of watch: {text}"),
    }
}

fn trigger(what: &str, path: ZPath) -> Trigger {
    match what {
        "created" => Trigger::Created(path),
        "deleted" => Trigger::Deleted(path),
        "changed" => Trigger::DataChanged(path),
        _ => panic!("no trigger: {what}"),
    }
}
