//! What kind of event one is, and about whom: for people who look for the next of its kind, and for
//! comparing failures without their details.

use super::{Action, Answer, Event, Note, What};
use crate::base::{NodeId, SessionId};
use serde::Serialize;

impl Event {
    /// Its kind in a few words: `invoke set_data`, `return ok`, `applied`, `act cut`.
    pub fn kind(&self) -> String {
        match &self.what {
            What::Invoke { op, .. } => format!("invoke {}", tag(op)),
            What::Return { answer: Answer::Refused { code, .. }, .. } => format!("return {code:?}"),
            What::Return { answer, .. } => format!("return {}", tag(answer)),
            What::Connection { change, .. } => tag(change),
            What::Claim { claim, .. } => format!("claim {}", tag(claim)),
            What::Watch { told, .. } => format!("watch {}", tag(&told.kind)),
            What::Note { note: Note::Role(role), .. } => format!("role {}", tag(role)),
            What::Note { note, .. } => tag(note),
            What::Act(action) => format!("act {}", tag(action)),
            What::Phase(phase) => format!("phase {}", tag(phase)),
            other => tag(other),
        }
    }

    /// The nodes that it is about; none for what concerns all.
    pub fn nodes(&self) -> Vec<NodeId> {
        match &self.what {
            What::Invoke { client, .. } | What::Return { client, .. } => vec![(*client).into()],
            What::Connection { client, .. } | What::Watch { client, .. } => vec![(*client).into()],
            What::Rearm { client, .. } | What::Rearmed { client, .. } => vec![(*client).into()],
            What::Claim { client, .. } | What::Reauth { client, .. } => vec![(*client).into()],
            What::Note { server, .. } | What::Durable { server, .. } => vec![(*server).into()],
            What::Act(action) => nodes_of(action),
            What::Ensemble { .. } | What::Phase(_) => Vec::new(),
            What::FaultStarts { .. } | What::FaultStops { .. } => Vec::new(),
        }
    }

    /// The session that it is about.
    pub fn session(&self) -> Option<SessionId> {
        match &self.what {
            What::Invoke { session, .. } | What::Connection { session, .. } => Some(*session),
            What::Note { note, .. } => match note {
                Note::Proposed { session, .. } | Note::Touched { session, .. } => Some(*session),
                Note::Expired { session, .. } | Note::LocalSession { session } => Some(*session),
                _ => None,
            },
            _ => None,
        }
    }
}

/// The nodes that an action is about.
pub fn nodes_of(action: &Action) -> Vec<NodeId> {
    match *action {
        Action::Cut { from, to } | Action::Heal { from, to } => vec![from, to],
        Action::Clog { from, to, .. } | Action::Unclog { from, to } => vec![from, to],
        Action::Reset { a, b } => vec![a, b],
        Action::Crash { server, .. } | Action::Restart { server } => vec![server.into()],
        Action::Pause { server } | Action::Resume { server } => vec![server.into()],
        Action::Skew { server, .. } | Action::Unskew { server } => vec![server.into()],
        Action::SlowDisk { server, .. } | Action::FastDisk { server } => vec![server.into()],
    }
}

/// The name of an enum's variant, as histories write it.
fn tag(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => name,
        Ok(serde_json::Value::Object(fields)) => {
            fields.into_iter().next().map(|(name, _)| name).unwrap_or_default()
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{ClientId, ErrorCode, ServerId, Time, Xid, ZPath, Zxid};
    use crate::history::{Op, Phase, Role};

    fn kind(what: What) -> String {
        Event { index: 0, at: Time::ZERO, what }.kind()
    }

    #[test]
    fn kinds_are_words_without_details() {
        let (client, server) = (ClientId(1), ServerId(2));
        let op = Op::Sync { path: ZPath::parse("/a").unwrap() };
        let (session, conn, xid) = (SessionId(1), 1, Xid(1));
        let asked = What::Invoke { client, call: 1, session, conn, xid, op };
        assert_eq!(kind(asked), "invoke sync");
        let answer = Answer::Refused { zxid: Zxid::ZERO, code: ErrorCode::NoNode };
        assert_eq!(kind(What::Return { client, call: 1, answer }), "return NoNode");
        let note = |note| kind(What::Note { server, note });
        assert_eq!(note(Note::Committed { zxid: Zxid::ZERO }), "committed");
        assert_eq!(note(Note::Role(Role::Following(server))), "role following");
        assert_eq!(note(Note::Stopped), "stopped");
        assert_eq!(kind(What::Act(Action::Pause { server })), "act pause");
        assert_eq!(kind(What::Phase(Phase::Heal)), "phase heal");
        assert_eq!(kind(What::Durable { server, zxid: Zxid::ZERO }), "durable");
    }
}
