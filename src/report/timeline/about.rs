//! What each event is about: its kind, session, znodes and transaction, so that a reader can follow
//! one of them through the whole history.

use crate::base::{ClientId, SessionId, ZPath, Zxid};
use crate::history::{Answer, Change, Claim, Event, Note, Op, What};
use std::collections::BTreeMap;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident $word:literal,)*) => {
        /// Kinds of events, as a reader chooses among them.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
        pub enum EventKind { $($(#[$doc])* $name,)* }

        impl EventKind {
            /// All of them.
            pub const ALL: &[EventKind] = &[$(EventKind::$name,)*];

            /// As the page calls it.
            pub fn word(self) -> &'static str {
                match self { $(EventKind::$name => $word,)* }
            }
        }
    };
}

kinds! {
    /// Who takes part; the run goes into its next phase.
    Phase "phase",
    /// A fault begins or ends, or the nemesis does something.
    Fault "fault",
    /// A client asks.
    Request "request",
    /// A client learns.
    Answer "answer",
    /// A watch speaks, or is armed again.
    Watch "watch",
    /// A session or connection begins or ends.
    Session "session",
    /// An application takes something for granted.
    Claim "claim",
    /// A server takes on a role.
    Role "role",
    /// An epoch is promised, acknowledged, in force.
    Epoch "epoch",
    /// A server begins or stops to answer clients.
    Serving "serving",
    /// A transaction gets its place.
    Proposed "proposed",
    /// A follower has it on disk.
    Acked "acked",
    /// A quorum has it.
    Committed "committed",
    /// It is in a server's tree.
    Applied "applied",
    /// Whatever a server reads from its disk or has on it.
    Disk "disk",
    /// The leader hears from a session.
    Touched "touched",
}

/// What an event is about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct About {
    /// Its kind.
    pub kind: EventKind,
    /// The session that it concerns.
    pub session: Option<SessionId>,
    /// The znodes.
    pub paths: Vec<ZPath>,
    /// The transaction.
    pub zxid: Option<Zxid>,
}

/// Each event of a history, in its order.
pub fn abouts(events: &[Event]) -> Vec<About> {
    let mut fold = Fold::default();
    events.iter().map(|event| fold.about(&event.what)).collect()
}

type Subject = (Option<SessionId>, Vec<ZPath>);

#[derive(Default)]
struct Fold {
    /// The session of each client, as it last said.
    sessions: BTreeMap<ClientId, SessionId>,
    /// What was asked.
    calls: BTreeMap<(ClientId, u64), Subject>,
    /// What was last proposed at each place.
    txns: BTreeMap<Zxid, Subject>,
}

impl Fold {
    fn about(&mut self, what: &What) -> About {
        let of = |kind, (session, paths): Subject, zxid| About { kind, session, paths, zxid };
        let nothing = || (None, Vec::new());
        match what {
            What::Ensemble { .. } | What::Phase(_) => of(EventKind::Phase, nothing(), None),
            What::FaultStarts { .. } | What::FaultStops { .. } | What::Act(_) => {
                of(EventKind::Fault, nothing(), None)
            }
            What::Invoke { client, call, session, op, .. } => {
                let subject = (Some(*session), paths_of(op));
                self.calls.insert((*client, *call), subject.clone());
                of(EventKind::Request, subject, None)
            }
            What::Return { client, call, answer } => {
                let subject = self.calls.remove(&(*client, *call)).unwrap_or_default();
                let zxid = match answer {
                    Answer::Ok { zxid, .. } | Answer::Refused { zxid, .. } => Some(*zxid),
                    Answer::Unknown(_) => None,
                };
                of(EventKind::Answer, subject, zxid)
            }
            What::Connection { client, session, .. } => {
                self.sessions.insert(*client, *session);
                of(EventKind::Session, (Some(*session), Vec::new()), None)
            }
            What::Watch { client, told, .. } => {
                of(EventKind::Watch, (self.session(*client), vec![told.path.clone()]), told.zxid)
            }
            What::Rearm { client, data, exist, child, .. } => {
                let paths = data.iter().chain(exist).chain(child).cloned().collect();
                of(EventKind::Watch, (self.session(*client), paths), None)
            }
            What::Rearmed { client, .. } | What::Reauth { client, .. } => {
                of(EventKind::Watch, (self.session(*client), Vec::new()), None)
            }
            What::Claim { client, claim } => {
                let (Claim::Acquired { lock, znode, .. } | Claim::Released { lock, znode }) = claim;
                let paths = vec![lock.clone(), znode.clone()];
                of(EventKind::Claim, (self.session(*client), paths), None)
            }
            What::Note { note, .. } => self.about_note(note),
            What::Durable { zxid, .. } => of(EventKind::Disk, self.txn(*zxid), Some(*zxid)),
        }
    }

    fn about_note(&mut self, note: &Note) -> About {
        let of = |kind, (session, paths): Subject, zxid| About { kind, session, paths, zxid };
        let plain = |kind| About { kind, session: None, paths: Vec::new(), zxid: None };
        match note {
            Note::Role(_) | Note::Configured { .. } => plain(EventKind::Role),
            Note::Epochs { .. }
            | Note::AckedEpoch { .. }
            | Note::AckedNewLeader { .. }
            | Note::Established { .. } => plain(EventKind::Epoch),
            Note::Serving { .. } | Note::Stopped => plain(EventKind::Serving),
            Note::Proposed { zxid, session, change, .. } => {
                let subject = (Some(*session), paths_changed(change));
                self.txns.insert(*zxid, subject.clone());
                of(EventKind::Proposed, subject, Some(*zxid))
            }
            Note::Acked { zxid } => of(EventKind::Acked, self.txn(*zxid), Some(*zxid)),
            Note::Committed { zxid } => of(EventKind::Committed, self.txn(*zxid), Some(*zxid)),
            Note::Applied { zxid, .. } | Note::Replayed { zxid, .. } => {
                of(EventKind::Applied, self.txn(*zxid), Some(*zxid))
            }
            Note::Truncated { to: zxid }
            | Note::Installed { zxid, .. }
            | Note::Loaded { zxid }
            | Note::Recovered { zxid, .. }
            | Note::Snapshot { zxid } => About { zxid: Some(*zxid), ..plain(EventKind::Disk) },
            Note::Failed { .. } => plain(EventKind::Disk),
            Note::Touched { session, .. } => {
                About { session: Some(*session), ..plain(EventKind::Touched) }
            }
            Note::Expired { session, .. } | Note::LocalSession { session } => {
                About { session: Some(*session), ..plain(EventKind::Session) }
            }
        }
    }

    fn session(&self, client: ClientId) -> Option<SessionId> {
        self.sessions.get(&client).copied()
    }

    fn txn(&self, zxid: Zxid) -> Subject {
        self.txns.get(&zxid).cloned().unwrap_or_default()
    }
}

fn paths_of(op: &Op) -> Vec<ZPath> {
    match op {
        Op::Create { path, .. }
        | Op::Delete { path, .. }
        | Op::Exists { path, .. }
        | Op::GetData { path, .. }
        | Op::SetData { path, .. }
        | Op::GetChildren { path, .. }
        | Op::Check { path, .. }
        | Op::GetAcl { path }
        | Op::SetAcl { path, .. }
        | Op::AddWatch { path, .. }
        | Op::RemoveWatches { path, .. }
        | Op::CheckWatches { path, .. }
        | Op::GetAllChildrenNumber { path }
        | Op::Sync { path } => vec![path.clone()],
        Op::Multi(parts) | Op::MultiRead(parts) => parts.iter().flat_map(paths_of).collect(),
        Op::Close | Op::AddAuth(_) | Op::Reconfig { .. } => Vec::new(),
        Op::GetEphemerals { .. } | Op::WhoAmI => Vec::new(),
    }
}

fn paths_changed(change: &Change) -> Vec<ZPath> {
    match change {
        Change::Create { path, .. }
        | Change::Delete { path }
        | Change::Pass { path }
        | Change::SetData { path, .. }
        | Change::SetAcl { path, .. }
        | Change::Check { path } => vec![path.clone()],
        Change::CloseSession { paths } => paths.clone(),
        Change::Multi(parts) => parts.iter().flat_map(paths_changed).collect(),
        Change::CreateSession { .. } | Change::Reconfig(_) | Change::Error(_) => Vec::new(),
    }
}
