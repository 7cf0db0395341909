//! An event in a line, for people: what it is about, and what happened.

use super::{Answer, Change, Claim, Event, Note, Outcome, Role, What};
use crate::base::ZPath;
use std::fmt;

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nodes: Vec<String> = self.nodes().iter().map(|node| node.to_string()).collect();
        let who = match self.what {
            What::Act(_) => String::new(),
            _ => nodes.join(" "),
        };
        write!(f, "{:>6} {:>9} {who:<4}{}", self.index, self.at.to_string(), self.what)
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            What::Ensemble { members, addresses, enforces_quotas } => {
                write!(f, "the voters are {members}")?;
                if *enforces_quotas {
                    f.write_str(", quotas are enforced")?;
                }
                match addresses.len() {
                    0 => Ok(()),
                    1 => f.write_str(", with one client"),
                    clients => write!(f, ", with {clients} clients"),
                }
            }
            What::Phase(phase) => write!(f, "-- {} --", format!("{phase:?}").to_lowercase()),
            What::Invoke { call, session, op, .. } => {
                write!(f, "asks #{call} {op} (session {session})")
            }
            What::Return { call, answer, .. } => write!(f, "learns #{call} {answer}"),
            What::Connection { conn, session, change, .. } => {
                write!(f, "connection {conn}, session {session}: {change:?}")
            }
            What::Watch { told, .. } => write!(f, "is told that {:?} {}", told.kind, told.path),
            What::Rearm { since, data, exist, child, persistent, recursive, .. } => {
                let lists = [data, exist, child, persistent, recursive];
                let count: usize = lists.iter().map(|list| list.len()).sum();
                write!(f, "leaves {count} watches again, having seen {since}")
            }
            What::Reauth { proofs, .. } => {
                let proofs = proofs.iter().map(|it| format!("{} {}", it.scheme, it.secret));
                write!(f, "shows again who it is: {}", proofs.collect::<Vec<_>>().join(", "))
            }
            What::Rearmed { zxid, .. } => write!(f, "has its watches back at {zxid}"),
            What::Claim { claim, .. } => write!(f, "claims {claim}"),
            What::Note { note, .. } => note.fmt(f),
            What::Durable { zxid, .. } => write!(f, "has on disk all up to {zxid}"),
            What::FaultStarts { fault, name } => write!(f, "fault {fault} ({name}) starts"),
            What::FaultStops { fault, name } => write!(f, "fault {fault} ({name}) stops"),
            What::Act(action) => write!(f, "nemesis: {action}"),
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Answer::Ok { zxid, outcome } => write!(f, "done at {zxid}: {outcome}"),
            Answer::Refused { zxid, code } => write!(f, "refused at {zxid}: {code:?}"),
            Answer::Unknown(lost) => {
                write!(
                    f,
                    "may or may not be done: the {} was lost",
                    format!("{lost:?}").to_lowercase()
                )
            }
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Created { path, .. } => write!(f, "created {path}"),
            Outcome::Exists(stat) => write!(f, "it is there, version {}", stat.version),
            Outcome::Data { data, stat } => write!(f, "{data:?}, version {}", stat.version),
            Outcome::Acl { acls, stat } => write!(f, "{acls:?}, aversion {}", stat.aversion),
            Outcome::AclSet(stat) => write!(f, "set, aversion {}", stat.aversion),
            Outcome::Set(stat) => write!(f, "set, version {}", stat.version),
            Outcome::Children { children, .. } => write!(f, "[{}]", children.join(" ")),
            Outcome::Multi(parts) => {
                let parts: Vec<String> = parts.iter().map(Outcome::to_string).collect();
                write!(f, "all of [{}]", parts.join(", "))
            }
            Outcome::MultiRead(parts) => {
                let parts: Vec<String> = parts.iter().map(Outcome::to_string).collect();
                write!(f, "[{}]", parts.join(", "))
            }
            Outcome::PartRefused(code) => write!(f, "refused: {code:?}"),
            Outcome::Ephemerals(paths) => {
                let paths: Vec<&str> = paths.iter().map(ZPath::as_str).collect();
                write!(f, "[{}]", paths.join(" "))
            }
            Outcome::Number(number) => write!(f, "{number}"),
            Outcome::Identities(all) => {
                let all: Vec<String> =
                    all.iter().map(|it| format!("{}:{}", it.scheme, it.id)).collect();
                write!(f, "[{}]", all.join(" "))
            }
            Outcome::Reconfigured { version, members } => write!(f, "{members} since {version}"),
            Outcome::MultiRefused(codes) => write!(f, "nothing of it: {codes:?}"),
            other => f.write_str(&format!("{other:?}").to_lowercase()),
        }
    }
}

impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Claim::Acquired { lock, znode, fence, .. } => {
                write!(f, "to hold {lock} by {znode}, fence {fence}")
            }
            Claim::Released { lock, znode } => write!(f, "to give {lock} back, by {znode}"),
            #[allow(unreachable_patterns, reason = "more recipes may come to have claims")]
            other => write!(f, "{other:?}"),
        }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Note::Role(Role::Looking) => f.write_str("is LOOKING"),
            Note::Role(Role::Following(leader)) => write!(f, "is FOLLOWING {leader}"),
            Note::Role(Role::Observing(leader)) => write!(f, "is OBSERVING {leader}"),
            Note::Role(Role::Leading) => f.write_str("is LEADING"),
            Note::Epochs { accepted, current } => {
                write!(f, "has on disk: accepted epoch {accepted}, current epoch {current}")
            }
            Note::AckedEpoch { epoch } => write!(f, "promises epoch {epoch}"),
            Note::AckedNewLeader { epoch, last } => {
                write!(f, "acknowledges the history of epoch {epoch}, up to {last}")
            }
            Note::Established { epoch, last } => {
                write!(f, "is established for epoch {epoch}: all up to {last} is committed")
            }
            Note::Serving { zxid, .. } => write!(f, "serves clients, at {zxid}"),
            Note::Configured { version, members } => {
                write!(f, "goes over to {members}, in force since {version}")
            }
            Note::Stopped => f.write_str("stops serving"),
            Note::Proposed { zxid, session, change, .. } => {
                write!(f, "proposes {zxid}: {change}, for session {session}")
            }
            Note::Acked { zxid } => write!(f, "acknowledges {zxid}"),
            Note::Committed { zxid } => write!(f, "commits {zxid}"),
            Note::Applied { zxid, .. } => write!(f, "applies {zxid}"),
            Note::Replayed { zxid, .. } => write!(f, "replays {zxid}"),
            Note::Truncated { to } => write!(f, "cuts its log behind {to}"),
            Note::Installed { zxid, .. } => write!(f, "takes the leader's tree, at {zxid}"),
            Note::Loaded { zxid } => write!(f, "reads its disk: a snapshot at {zxid}"),
            Note::Recovered { zxid, sessions, .. } => {
                let s = if *sessions == 1 { "" } else { "s" };
                write!(f, "has recovered, up to {zxid}, with {sessions} session{s}")
            }
            Note::Failed { reason } => write!(f, "gives up: {reason}"),
            Note::Snapshot { zxid } => write!(f, "has a snapshot on disk, at {zxid}"),
            Note::Touched { session, .. } => write!(f, "hears of session {session}"),
            Note::LocalSession { session } => write!(f, "has session {session} to itself"),
            Note::Expired { session, .. } => write!(f, "takes session {session} for dead"),
            #[allow(unreachable_patterns, reason = "a server may come to say more")]
            other => write!(f, "{other:?}"),
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Change::CreateSession { timeout_ms } => {
                write!(f, "begin the session, timeout {timeout_ms}ms")
            }
            Change::CloseSession { paths } if paths.is_empty() => f.write_str("close the session"),
            Change::CloseSession { paths } => write!(f, "close the session, delete {paths:?}"),
            Change::Create { path, data, ephemeral, .. } => {
                let kind = if *ephemeral { ", ephemeral" } else { "" };
                write!(f, "create {path} with {data:?}{kind}")
            }
            Change::Delete { path } => write!(f, "delete {path}"),
            Change::SetData { path, data, version } => {
                write!(f, "set {path} to {data:?}, version {version}")
            }
            Change::Pass { path } => write!(f, "let {path} go"),
            Change::SetAcl { path, version, .. } => {
                write!(f, "set the access control list of {path}, version {version}")
            }
            Change::Reconfig(members) => write!(f, "go over to {members}"),
            Change::Check { path } => write!(f, "check {path}"),
            Change::Multi(parts) => {
                let parts: Vec<String> = parts.iter().map(Change::to_string).collect();
                write!(f, "multi [{}]", parts.join(", "))
            }
            Change::Error(Some(code)) => write!(f, "nothing ({code:?})"),
            Change::Error(None) => f.write_str("nothing"),
        }
    }
}
