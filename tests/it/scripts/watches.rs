//! Plays a script for the watches of one server: `add k1 data /a`, `lasting k1 recursive /a`,
//! `fire deleted /a`, `remove k1 any /a`, `has k1 data /a`, `forget k1`.

use menagerie::base::{ConnId, ZPath};
use menagerie::tree::{Removal, Trigger, WatchKind, Watches};
use menagerie::wire::{Acls, EventKind};
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
                watches.fire(&trigger(what, ZPath::parse(path).unwrap()), |at, kind, path, _| {
                    let _ = writeln!(transcript, "  {at} {kind:?} {path}");
                });
            }
            ["lasting", at, how, path] => {
                watches.add_lasting(how == "recursive", ZPath::parse(path).unwrap(), conn(at));
            }
            ["remove", at, which, path] => {
                let removed = watches.remove(removal(which), path, conn(at));
                let _ = writeln!(transcript, "  {removed}");
            }
            ["has", at, which, path] => {
                let found = watches.has(removal(which), path, conn(at));
                let _ = writeln!(transcript, "  {found}");
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

fn removal(text: &str) -> Removal {
    match text {
        "children" => Removal::Children,
        "data" => Removal::Data,
        "any" => Removal::Any,
        "persistent" => Removal::Persistent,
        "recursive" => Removal::Recursive,
        _ => panic!("no such watches: {text}"),
    }
}

fn trigger(what: &str, path: ZPath) -> Trigger {
    let kind = match what {
        "created" => EventKind::Created,
        "deleted" => EventKind::Deleted,
        "changed" => EventKind::DataChanged,
        _ => panic!("no trigger: {what}"),
    };
    Trigger { kind, path, acls: Acls::OPEN, parent_acls: Acls::OPEN }
}
