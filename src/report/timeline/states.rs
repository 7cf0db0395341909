//! How each server stood after each event, as the history tells it.

use crate::base::{Epoch, ServerId, Zxid};
use crate::history::{Action, Change, Event, Note, Role, What};
use std::collections::BTreeMap;

/// A server as it stood from one event on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stand {
    /// Whether its process runs.
    pub up: bool,
    /// The role that it last took on.
    pub role: Role,
    /// The epoch whose initial history it holds.
    pub epoch: Epoch,
    /// The last transaction in its tree.
    pub zxid: Zxid,
    /// Number of sessions in its tree's table; `None` where the history does not tell.
    pub sessions: Option<i64>,
    /// Of its tree; `None` while it reads its disk.
    pub digest: Option<u64>,
    /// Whether it answers clients.
    pub serving: bool,
}

impl Stand {
    const FRESH: Stand = Stand {
        up: true,
        role: Role::Looking,
        epoch: Epoch(0),
        zxid: Zxid::ZERO,
        sessions: Some(0),
        digest: Some(0),
        serving: false,
    };
}

/// How a server stood, and from which event on. Ascending; the first one from event 0.
pub type Stands = Vec<(u64, Stand)>;

/// Every server of the history, over its whole length.
pub fn stands(servers: &[ServerId], events: &[Event]) -> BTreeMap<ServerId, Stands> {
    let fresh = |&server: &ServerId| (server, vec![(0, Stand::FRESH)]);
    let mut fold = Fold { stands: servers.iter().map(fresh).collect(), ..Fold::default() };
    events.iter().for_each(|event| fold.observe(event));
    fold.stands
}

#[derive(Default)]
struct Fold {
    stands: BTreeMap<ServerId, Stands>,
    /// By how many sessions the table grows with a transaction, by its place and its bytes' hash.
    growth: BTreeMap<(Zxid, u64), i64>,
    /// How many sessions a tree has, by its place and its digest: of a tree that is sent as a whole
    /// the history tells only these.
    sizes: BTreeMap<(Zxid, u64), i64>,
}

impl Fold {
    fn observe(&mut self, event: &Event) {
        let (server, mut stand) = match &event.what {
            What::Note { server, .. } => (*server, self.last(*server)),
            What::Act(Action::Crash { server, .. } | Action::Restart { server }) => {
                (*server, self.last(*server))
            }
            _ => return,
        };
        match &event.what {
            What::Note { note, .. } => self.note(note, &mut stand),
            What::Act(Action::Crash { .. }) => go_down(&mut stand),
            _ => stand.up = true,
        }
        if let (Some(sessions), Some(digest)) = (stand.sessions, stand.digest) {
            self.sizes.insert((stand.zxid, digest), sessions);
        }
        self.add(event.index, server, stand);
    }

    fn last(&self, server: ServerId) -> Stand {
        let stands = self.stands.get(&server).and_then(|stands| stands.last());
        stands.map_or(Stand::FRESH, |(_, stand)| *stand)
    }

    fn add(&mut self, index: u64, server: ServerId, stand: Stand) {
        if stand != self.last(server) || !self.stands.contains_key(&server) {
            self.stands.entry(server).or_default().push((index, stand));
        }
    }

    fn note(&mut self, note: &Note, stand: &mut Stand) {
        match note {
            Note::Role(role) => stand.role = *role,
            Note::Epochs { current, .. } => stand.epoch = *current,
            Note::Serving { .. } => stand.serving = true,
            Note::Stopped => stand.serving = false,
            Note::Proposed { zxid, hash, change, .. } => {
                self.growth.insert((*zxid, *hash), growth(change));
            }
            Note::Applied { zxid, hash, digest } | Note::Replayed { zxid, hash, digest } => {
                let growth = self.growth.get(&(*zxid, *hash)).copied().unwrap_or(0);
                (stand.zxid, stand.digest) = (*zxid, Some(*digest));
                stand.sessions = stand.sessions.map(|before| before + growth);
            }
            Note::Installed { zxid, digest } => {
                (stand.zxid, stand.digest) = (*zxid, Some(*digest));
                stand.sessions = self.sizes.get(&(*zxid, *digest)).copied();
            }
            Note::Loaded { zxid } => {
                (stand.zxid, stand.sessions, stand.digest) = (*zxid, None, None);
            }
            Note::Recovered { zxid, digest, sessions } => {
                (stand.zxid, stand.digest) = (*zxid, Some(*digest));
                stand.sessions = Some(i64::from(*sessions));
            }
            Note::Failed { .. } => go_down(stand),
            Note::AckedEpoch { .. }
            | Note::AckedNewLeader { .. }
            | Note::Configured { .. }
            | Note::Established { .. }
            | Note::Acked { .. }
            | Note::Committed { .. }
            | Note::Truncated { .. }
            | Note::Snapshot { .. }
            | Note::Touched { .. }
            | Note::LocalSession { .. }
            | Note::Expired { .. } => {}
        }
    }
}

fn go_down(stand: &mut Stand) {
    (stand.up, stand.serving, stand.role) = (false, false, Role::Looking);
}

fn growth(change: &Change) -> i64 {
    match change {
        Change::CreateSession { .. } => 1,
        Change::CloseSession { .. } => -1,
        Change::Create { .. }
        | Change::Delete { .. }
        | Change::Pass { .. }
        | Change::SetData { .. }
        | Change::SetAcl { .. }
        | Change::Check { .. }
        | Change::Multi(_)
        | Change::Reconfig(_)
        | Change::Error(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{RunOptions, ServerState, draw, run};
    use crate::scenario::Scenario;
    use std::path::Path;

    /// What the history tells of a server at its end.
    fn told(server: ServerId, (_, stand): (u64, Stand)) -> ServerState {
        ServerState {
            server,
            up: stand.up,
            role: stand.role,
            epoch: stand.epoch,
            zxid: stand.zxid,
            sessions: stand.sessions.expect("the history tells") as u32,
            digest: stand.digest.expect("no server reads its disk at the end"),
            serving: stand.serving,
        }
    }

    /// The servers themselves say the same of their end, after whatever befell them.
    #[test]
    fn the_history_tells_how_servers_stand() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/fast");
        for file in std::fs::read_dir(folder).expect("scenarios").map(|it| it.expect("a file")) {
            let scenario = Scenario::load(&file.path()).expect("a scenario");
            let outcome = run(&draw(&scenario, 5, None), &RunOptions::default());
            let servers: Vec<ServerId> = outcome.servers.iter().map(|it| it.server).collect();
            let stands = stands(&servers, &outcome.events);
            let last = |server: &ServerId| told(*server, *stands[server].last().expect("one"));
            let told: Vec<ServerState> = servers.iter().map(last).collect();
            assert_eq!(told, outcome.servers, "{}", file.path().display());
        }
    }
}
