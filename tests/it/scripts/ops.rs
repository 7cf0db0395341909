//! Plays a script for the operations: one leader with its tree, and what is outstanding on top.
//!
//! A line is `SESSION REQUEST`. A write is prepared and applied at once; behind `prepare` it is only
//! prepared, and `apply N` puts the next ones in. `SESSION open MS` begins a session, and `SESSION
//! child PATH N` creates a znode and says that it is the N-th child of its parent.

use super::words::{request, text_of_acls, text_of_reply};
use menagerie::base::{Epoch, SessionId, Xid, Zxid};
use menagerie::ops::{Digest, Kind, Likeness, Preparation, Reading, Reply, Settings};
use menagerie::tree::{Body, Lifetime, Overlay, Rules, Tree, Txn};
use menagerie::wire::{Acl, Identity, opcode};
use std::collections::VecDeque;
use std::fmt::Write;

const SETTINGS: Settings = Settings {
    skips_acl: false,
    super_digest: None,
    digest: Digest::Sha1,
    extended_types: true,
    enforces_quota: false,
    reconfigures: false,
    standalone_enabled: true,
    likeness: Likeness::V3_9,
};

/// The transcript of a script.
pub(super) fn play(script: &str) -> String {
    let mut stage = Stage {
        tree: Tree::new(),
        overlay: Overlay::default(),
        outstanding: VecDeque::new(),
        last: Zxid::floor_of(Epoch(1)),
        transcript: String::new(),
    };
    for line in script.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let _ = writeln!(stage.transcript, "{line}");
        stage.line(line);
    }
    stage.transcript
}

struct Stage {
    tree: Tree,
    overlay: Overlay,
    outstanding: VecDeque<Txn>,
    /// The last place that was given away.
    last: Zxid,
    transcript: String,
}

impl Stage {
    fn line(&mut self, line: &str) {
        if let Some(rest) = line.strip_prefix("prepare ") {
            return self.prepare_line(rest);
        }
        match line.split_once(' ') {
            Some(("apply", count)) => (0..count.parse().unwrap()).for_each(|_| self.apply()),
            None if line == "sessions" => {
                let sessions = format!("{:?}", self.tree.sessions());
                self.say(&sessions);
            }
            _ => self.at_once(line),
        }
    }

    fn at_once(&mut self, line: &str) {
        let (asked_by, asked) = line.split_once(' ').unwrap();
        if !asked.starts_with("open") && !asked.starts_with("child ") {
            let request = request(asked);
            if request.kind() != Kind::Write {
                let reading = Reading {
                    tree: &self.tree,
                    session: SessionId(asked_by.parse().unwrap()),
                    ids: &ids_of(asked_by),
                    settings: &SETTINGS,
                };
                let answer = match request.read(&reading).unwrap() {
                    Ok(reply) => text_of_reply(&reply),
                    Err(code) => code.to_string(),
                };
                return self.say(&answer);
            }
        }
        self.prepare_line(line);
        self.apply();
    }

    fn prepare_line(&mut self, line: &str) {
        let (session, asked) = line.split_once(' ').unwrap();
        let session = SessionId(session.parse().unwrap());
        let zxid = self.last.next().unwrap();
        self.last = zxid;
        let body = match asked.split(' ').collect::<Vec<_>>()[..] {
            ["open", ms] => Body::CreateSession { timeout_ms: ms.parse().unwrap() },
            ["child", path, number] => Body::Create {
                opcode: opcode::CREATE,
                path: path.to_owned(),
                data: "".into(),
                acls: Acl::open(),
                lifetime: Lifetime::Persistent,
                parent_cversion: number.parse().unwrap(),
            },
            _ => request(asked).prepare(&mut Preparation {
                tree: &self.tree,
                overlay: &mut self.overlay,
                session,
                ids: &ids_of(&session.0.to_string()),
                zxid,
                rules: &Rules::CORRECT,
                settings: &SETTINGS,
                room_bytes: 1_000,
            }),
        };
        self.say(&format!("{zxid} {}", text_of_body(&body)));
        let time_ms = 1000 + i64::from(zxid.counter());
        let txn = Txn { session, xid: Xid(1), zxid, time_ms, body };
        assert_eq!(Txn::decode(&txn.encode()), Ok(txn.clone()));
        self.outstanding.push_back(txn);
    }

    fn apply(&mut self) {
        let txn = self.outstanding.pop_front().expect("something is outstanding");
        let mut triggers = Vec::new();
        let applied = self.tree.apply(&txn, &Rules::CORRECT, &mut triggers);
        self.overlay.applied(txn.zxid);
        self.tree.assert_invariants();
        let answer = match Reply::of(&applied) {
            Ok(reply) => text_of_reply(&reply),
            Err(code) => format!("error {code}"),
        };
        self.say(&format!("{} applied: {answer}", txn.zxid));
        for trigger in triggers {
            self.say(&format!("{trigger:?}"));
        }
        assert!(!self.outstanding.is_empty() || self.overlay == Overlay::default());
    }

    fn say(&mut self, what: &str) {
        let _ = writeln!(self.transcript, "  {what}");
    }
}

/// Session 1 has shown itself to be `ann`, others are nobody.
fn ids_of(session: &str) -> Vec<Identity> {
    let ann = Identity { scheme: "digest".into(), id: "ann:hash".into() };
    if session == "1" { vec![ann] } else { Vec::new() }
}

fn text_of_body(body: &Body) -> String {
    match body {
        Body::Create { path, data, lifetime, parent_cversion, .. } => {
            let kind = match lifetime {
                Lifetime::Persistent => String::new(),
                Lifetime::Ephemeral => " ephemeral".to_owned(),
                Lifetime::Container => " container".to_owned(),
                Lifetime::Ttl { ms } => format!(" ttl={ms}ms"),
            };
            format!("create {path:?} {data:?}{kind} parent_cversion={parent_cversion}")
        }
        Body::SetAcl { path, acls, version } => {
            format!("set ACL of {path:?} to {} version={version}", text_of_acls(acls))
        }
        Body::DeleteContainer { path } => format!("delete container {path:?}"),
        Body::Delete { path } => format!("delete {path:?}"),
        Body::SetData { path, data, version } => format!("set {path:?} {data:?} version={version}"),
        Body::Check { path, version } => format!("check {path:?} version={version}"),
        Body::Multi(parts) => {
            let parts: Vec<String> = parts.iter().map(text_of_body).collect();
            format!("multi [{}]", parts.join(", "))
        }
        Body::Error(code) => format!("error {code}"),
        Body::Reconfig { data } => format!("configuration {data:?}"),
        Body::CreateSession { timeout_ms } => format!("begin session timeout={timeout_ms}"),
        Body::CloseSession { paths } => format!("end session {paths:?}"),
    }
}
