//! After the faults are over, the ensemble comes to rest within its time: one established leader,
//! every server serving and with the same tree, every client answered, no session left behind
//! (liveness after quiescence: H14, H19 and S12 in `zookeeper.md`, B).
//!
//! Judged at the end of a run that came to its end. A run that never reached the phase `verify` did
//! not come to rest.

use super::{Checker, Violation};
use crate::base::{ClientId, Millis, ServerId, SessionId, Time, Zxid};
use crate::history::{Answer, ConnectionChange, Event, Note, Phase, What};
use crate::model::Model;
use std::collections::BTreeMap;

/// What was committed so shortly before the end may still be on its way: sessions that are left
/// behind may be closed at any time.
const ON_ITS_WAY: Millis = Millis(2_000);

/// A client, as far as it is owed something.
#[derive(Clone, Copy, Default)]
struct Client {
    /// The session that it believes in.
    session: Option<SessionId>,
    /// Whether its process is there.
    there: bool,
    /// When and in which event it last changed.
    since: (Time, u64),
    /// Whether it was answered while everything was verified.
    answered: bool,
}

/// Everything comes to rest, and serves.
#[derive(Default)]
pub struct Progress {
    clients: BTreeMap<ClientId, Client>,
    /// The events in which phases began.
    healed: u64,
    verified: Option<u64>,
    ended: (Time, u64),
    /// From when on nothing disturbed the expiry of sessions.
    calm_since: Time,
    /// Sessions whose clients have left them, and when.
    left: BTreeMap<SessionId, (Time, u64)>,
    checked: u64,
}

impl Checker for Progress {
    fn observe(&mut self, event: &Event, _model: &Model) -> Result<(), Violation> {
        match &event.what {
            What::Phase(phase) => self.phase(event, *phase),
            What::Connection { client, session, change, .. } => {
                self.connection(event, (*client, *session), change);
            }
            What::Return { client, answer: Answer::Ok { .. }, .. } if self.verified.is_some() => {
                self.clients.entry(*client).or_default().answered = true;
            }
            What::Invoke { client, .. } => {
                self.clients.entry(*client).or_default().there = true;
            }
            What::Note { note: Note::Established { .. }, .. } => {
                self.calm_since = self.calm_since.max(event.at);
            }
            _ => {}
        }
        Ok(())
    }

    fn finish(&mut self, model: &Model) -> Result<(), Violation> {
        let end = self.ended.1;
        if self.verified.is_none() {
            let claim = "the ensemble did not come to rest within the settle time".to_owned();
            let restless = restless(model, self.ended.0);
            let claim = restless.map_or_else(|| claim.clone(), |why| format!("{claim}: {why}"));
            return Err(Violation::new(claim, [self.healed, end]));
        }
        self.checked += 1;
        if let Some(why) = restless(model, self.ended.0) {
            return Err(Violation::new(format!("at the end of the run {why}"), [end]));
        }
        self.every_client_answered()?;
        self.no_session_left(model)
    }

    fn checked(&self) -> u64 {
        self.checked
    }
}

impl Progress {
    fn phase(&mut self, event: &Event, phase: Phase) {
        match phase {
            Phase::Heal => {
                self.healed = event.index;
                self.calm_since = self.calm_since.max(event.at);
            }
            Phase::Verify => self.verified = Some(event.index),
            Phase::End => self.ended = (event.at, event.index),
            Phase::Start | Phase::Load | Phase::Settle => {}
        }
    }

    fn connection(
        &mut self,
        event: &Event,
        (id, session): (ClientId, SessionId),
        change: &ConnectionChange,
    ) {
        let client = self.clients.entry(id).or_default();
        client.since = (event.at, event.index);
        let before = client.session;
        match change {
            ConnectionChange::Connected { .. } => {
                (client.session, client.there) = (Some(session), true);
                self.left.remove(&session);
            }
            ConnectionChange::Disconnected => return,
            ConnectionChange::Expired | ConnectionChange::GaveUp => client.session = None,
            ConnectionChange::Closed | ConnectionChange::AuthFailed => client.session = None,
            ConnectionChange::Vanished => (client.session, client.there) = (None, false),
        }
        if let Some(before) = before.filter(|before| client.session != Some(*before)) {
            self.left.insert(before, (event.at, event.index));
        }
    }

    fn every_client_answered(&mut self) -> Result<(), Violation> {
        for (id, client) in self.clients.iter().filter(|(_, client)| client.there) {
            self.checked += 1;
            if !client.answered {
                let claim = format!("{id} got no answer after the ensemble had come to rest");
                let since = self.verified.unwrap_or(client.since.1);
                return Err(Violation::new(claim, [client.since.1, since, self.ended.1]));
            }
        }
        Ok(())
    }

    /// H14: the sessions that nobody holds are closed, after their timeout and two ticks. (A timeout
    /// has two ticks or more, so twice the timeout is enough.)
    fn no_session_left(&mut self, model: &Model) -> Result<(), Violation> {
        let head = model.ledger().head();
        for (session, life) in model.versions().sessions() {
            let held = self.clients.values().any(|client| client.session == Some(session));
            if held || !life.is_alive_at(head) {
                continue;
            }
            let created = model.ledger().get(life.created).map(|txn| (txn.at, txn.event));
            let left = self.left.get(&session).copied().or(created);
            let (since, event) = left.unwrap_or_default();
            let due = since.max(self.calm_since) + Millis(2 * u64::from(life.timeout_ms));
            if due < self.ended.0 {
                let claim = format!(
                    "session {session} is still open, though its client is gone since {since} and \
                     its timeout is {}ms",
                    life.timeout_ms
                );
                return Err(Violation::new(claim, [event, self.ended.1]));
            }
        }
        Ok(())
    }
}

/// What is not at rest at `now`, in words.
fn restless(model: &Model, now: Time) -> Option<String> {
    let ledger = model.ledger();
    if ledger.reigns().is_empty() {
        return Some("no leader was ever established".to_owned());
    }
    let mut complete: Option<(ServerId, u64)> = None;
    for (id, standing) in ledger.servers().iter() {
        if !standing.serving {
            return Some(format!("{id} does not serve"));
        }
        if let Some(missing) = ledger.first_between(standing.position, Zxid::MAX) {
            if missing.at + ON_ITS_WAY < now {
                let (has, lacks) = (standing.position, missing.zxid);
                return Some(format!("{id} is at {has} and lacks {lacks}, from {}", missing.at));
            }
            continue;
        }
        let Some(digest) = standing.digest else { continue };
        let (first, due) = *complete.get_or_insert((id, digest));
        if digest != due {
            return Some(format!("the trees of {first} and {id} differ at {}", ledger.head()));
        }
    }
    None
}
