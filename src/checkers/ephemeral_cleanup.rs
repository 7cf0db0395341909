//! Ephemeral znodes live exactly as long as their session, and sessions as long as their clients:
//! H12, H14 and H15 (`zookeeper.md`, B.1).

use super::{Checker, Violation};
use crate::base::{ClientId, Millis, ServerId, SessionId, Time, ZPath};
use crate::history::{Answer, Change, ConnectionChange, Event, Note, Phase, What};
use crate::model::{Model, PerServer, Txn, before};
use std::collections::{BTreeMap, BTreeSet};

/// Since when a session has had no client.
#[derive(Clone, Copy)]
struct Gone {
    at: Time,
    event: u64,
}

/// A client that is connected to nobody.
#[derive(Clone, Copy)]
struct Alone {
    since: Time,
    event: u64,
}

/// When a leader heard last of a session: on its own clock, and in which event.
type Touches = BTreeMap<SessionId, (u64, u64)>;

/// What lives with a session ends with it.
#[derive(Default)]
pub struct EphemeralCleanup {
    /// How many committed transactions were looked at.
    seen: usize,
    touches: PerServer<Touches>,
    /// The session that each client believes in.
    current: BTreeMap<ClientId, SessionId>,
    /// Sessions whose clients have seen a zxid in them.
    heard: BTreeSet<SessionId>,
    /// When the client of each session was last answered, and in which event; while it is connected.
    answered: BTreeMap<SessionId, (Time, u64)>,
    /// Clients that are connected to nobody, and since when.
    alone: BTreeMap<ClientId, Alone>,
    /// The timeout that each client was told last.
    timeouts: BTreeMap<ClientId, u32>,
    /// A fault has begun: from then on a server may lose what it has heard on its way to the leader.
    disturbed: bool,
    /// Sessions that a client has left without closing them.
    gone: BTreeMap<SessionId, Gone>,
    /// From when on nothing disturbed the expiry of sessions.
    calm_since: Time,
    verified: bool,
    ended: Option<(Time, u64)>,
    checked: u64,
}

impl Checker for EphemeralCleanup {
    fn observe(&mut self, event: &Event, model: &Model) -> Result<(), Violation> {
        match &event.what {
            What::Note { server, note } => {
                self.note(event, *server, note, model)?;
                self.transactions(model)
            }
            What::Connection { client, session, change, .. } => {
                self.not_for_ever(event, *client, change)?;
                self.connection(event, (*client, *session), change, model)
            }
            What::Return { client, answer, .. } => {
                self.answer(event, model, *client, answer);
                Ok(())
            }
            What::FaultStarts { .. } => {
                self.disturbed = true;
                Ok(())
            }
            What::Phase(phase) => {
                self.phase(event, *phase);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// H14, the other half: what nobody's session holds any more is gone at last.
    fn finish(&mut self, model: &Model) -> Result<(), Violation> {
        let Some((now, end)) = self.ended.filter(|_| self.verified) else { return Ok(()) };
        let head = model.ledger().head();
        for (session, life) in model.versions().sessions() {
            if !life.is_alive_at(head) || self.current.values().any(|it| *it == session) {
                continue;
            }
            let left = model.versions().ephemerals_at(session, head);
            let Some(path) = left.first() else { continue };
            let (since, event) = self.left_behind(session, model);
            // Expiry takes the timeout and at most two ticks, and a timeout has two ticks or more.
            let due = since.max(self.calm_since) + Millis(2 * u64::from(life.timeout_ms));
            if due < now {
                let claim = format!(
                    "{path} still lives with session {session}, whose client is gone since {since}"
                );
                return Err(Violation::new(claim, [event, end]));
            }
        }
        Ok(())
    }

    fn checked(&self) -> u64 {
        self.checked
    }
}

impl EphemeralCleanup {
    fn phase(&mut self, event: &Event, phase: Phase) {
        match phase {
            Phase::Heal => self.calm_since = self.calm_since.max(event.at),
            Phase::Verify => self.verified = true,
            Phase::End => self.ended = Some((event.at, event.index)),
            Phase::Start | Phase::Load | Phase::Settle => {}
        }
    }

    fn answer(&mut self, event: &Event, model: &Model, client: ClientId, answer: &Answer) {
        let Some(&session) = self.current.get(&client) else { return };
        match answer {
            Answer::Ok { zxid, .. } => {
                // A server that only reads may not even know of the session.
                if model.versions().session(session).is_some_and(|life| life.created <= *zxid) {
                    self.heard.insert(session);
                }
                self.answered.insert(session, (event.at, event.index));
            }
            Answer::Refused { .. } => {
                self.answered.insert(session, (event.at, event.index));
            }
            Answer::Unknown(_) => {}
        }
    }

    fn note(
        &mut self,
        event: &Event,
        server: ServerId,
        note: &Note,
        model: &Model,
    ) -> Result<(), Violation> {
        match note {
            Note::Established { .. } => {
                self.touches.of(server).clear();
                self.calm_since = self.calm_since.max(event.at);
                Ok(())
            }
            Note::Touched { session, at } => {
                self.touches.of(server).insert(*session, (*at, event.index));
                Ok(())
            }
            Note::Expired { session, at } => {
                self.not_while_heard(event, (server, *session), model)?;
                self.not_early(event, server, (*session, *at), model)
            }
            _ => Ok(()),
        }
    }

    /// H14, as the client sees it: as long as nothing is wrong, nobody who is answered within a third
    /// of the timeout is taken for dead, whatever the leader says that it has heard.
    fn not_while_heard(
        &mut self,
        event: &Event,
        (server, session): (ServerId, SessionId),
        model: &Model,
    ) -> Result<(), Violation> {
        let (Some(&(last, since)), Some(life), false) =
            (self.answered.get(&session), model.versions().session(session), self.disturbed)
        else {
            return Ok(());
        };
        self.checked += 1;
        let silent = event.at.since(last);
        if silent.0 * 3 >= u64::from(life.timeout_ms) {
            return Ok(());
        }
        let claim = format!(
            "{server} took session {session} for dead {silent} after its client had been answered; \
             its timeout is {}ms, and nothing was wrong",
            life.timeout_ms
        );
        Err(Violation::new(claim, [since, event.index]))
    }

    /// H14: by the leader's own clock the whole timeout has passed. A session that this leader has
    /// never heard of counts from its taking office, which is not on its clock: not judged.
    fn not_early(
        &mut self,
        event: &Event,
        server: ServerId,
        (session, at): (SessionId, u64),
        model: &Model,
    ) -> Result<(), Violation> {
        let touched = self.touches.of(server).remove(&session);
        let (Some((last, since)), Some(life)) = (touched, model.versions().session(session)) else {
            return Ok(());
        };
        self.checked += 1;
        let silent = at.saturating_sub(last);
        if silent >= Millis(u64::from(life.timeout_ms)).as_micros() {
            return Ok(());
        }
        let claim = format!(
            "{server} took session {session} for dead {}ms after it had heard of it; its timeout \
             is {}ms",
            silent / 1000,
            life.timeout_ms
        );
        Err(Violation::new(claim, [since, event.index]))
    }

    /// H20: a client that reaches nobody gives its session up by itself, 4/3 of the timeout after it
    /// last heard of a server.
    fn not_for_ever(
        &mut self,
        event: &Event,
        client: ClientId,
        change: &ConnectionChange,
    ) -> Result<(), Violation> {
        let before = match change {
            ConnectionChange::Disconnected if self.current.contains_key(&client) => {
                let alone = Alone { since: event.at, event: event.index };
                self.alone.entry(client).or_insert(alone);
                return Ok(());
            }
            ConnectionChange::GaveUp | ConnectionChange::Vanished => {
                self.checked += u64::from(self.alone.remove(&client).is_some());
                return Ok(());
            }
            _ => self.alone.remove(&client),
        };
        let timeout_ms = self.timeouts.get(&client).copied().map(u64::from);
        if let ConnectionChange::Connected { timeout_ms, .. } = change {
            self.timeouts.insert(client, *timeout_ms);
        }
        let (Some(alone), Some(timeout_ms)) = (before, timeout_ms) else { return Ok(()) };
        self.checked += 1;
        let silent = event.at.since(alone.since);
        if silent.0 * 3 <= timeout_ms * 4 {
            return Ok(());
        }
        let claim = format!(
            "{client} reached nobody for {silent} and had not given its session up; its timeout is \
             {timeout_ms}ms"
        );
        Err(Violation::new(claim, [alone.event, event.index]))
    }

    fn connection(
        &mut self,
        event: &Event,
        (client, session): (ClientId, SessionId),
        change: &ConnectionChange,
        model: &Model,
    ) -> Result<(), Violation> {
        match change {
            ConnectionChange::Connected { .. } => {
                if let Some(before) = self.current.insert(client, session) {
                    self.leave(event, before, Some(session));
                }
                self.gone.remove(&session);
                Ok(())
            }
            ConnectionChange::Disconnected => {
                self.answered.remove(&session);
                Ok(())
            }
            ConnectionChange::Expired => {
                let session = self.end(event, client, session);
                // A leader that was deposed before the session began does not know it; it turns
                // away only clients that have seen something newer (`zookeeper.md`, A.2, step 4).
                if self.heard.contains(&session) {
                    self.checked += 1;
                    return expired_rightly(event, (client, session), model);
                }
                Ok(())
            }
            ConnectionChange::GaveUp
            | ConnectionChange::Closed
            | ConnectionChange::AuthFailed
            | ConnectionChange::Vanished => {
                self.end(event, client, session);
                Ok(())
            }
        }
    }

    fn end(&mut self, event: &Event, client: ClientId, session: SessionId) -> SessionId {
        let current = self.current.remove(&client).unwrap_or(session);
        self.leave(event, current, None);
        if session == SessionId(0) { current } else { session }
    }

    fn leave(&mut self, event: &Event, session: SessionId, for_other: Option<SessionId>) {
        if for_other != Some(session) {
            self.gone.entry(session).or_insert(Gone { at: event.at, event: event.index });
        }
    }

    /// Since when the session has had no client: since it left, or since the session was created
    /// and its client never came to know of it.
    fn left_behind(&self, session: SessionId, model: &Model) -> (Time, u64) {
        if let Some(gone) = self.gone.get(&session) {
            return (gone.at, gone.event);
        }
        let life = model.versions().session(session);
        let txn = life.and_then(|life| model.ledger().get(life.created));
        txn.map_or((Time::ZERO, 0), |txn| (txn.at, txn.event))
    }

    fn transactions(&mut self, model: &Model) -> Result<(), Violation> {
        while let Some(txn) = model.ledger().txns().get(self.seen) {
            self.seen += 1;
            self.transaction(txn, model)?;
        }
        Ok(())
    }

    fn transaction(&mut self, txn: &Txn, model: &Model) -> Result<(), Violation> {
        let Some(proposal) = txn.proposal.as_ref().filter(|_| txn.is_success()) else {
            return Ok(());
        };
        let session = proposal.session;
        let evidence = |other: Option<u64>| other.into_iter().chain([proposal.event, txn.event]);
        match &proposal.change {
            Change::CreateSession { .. } => {
                let first = model.versions().session(session).map(|life| life.created);
                if let Some(first) = first.filter(|first| *first < txn.zxid) {
                    let claim = format!("session {session} began twice: {first} and {}", txn.zxid);
                    let other = model.ledger().get(first).map(|txn| txn.event);
                    return Err(Violation::new(claim, evidence(other)));
                }
                Ok(())
            }
            Change::CloseSession { paths } => self.closes_all(txn, (session, paths), model),
            // The leader's own wish: of no session.
            Change::Pass { .. } => Ok(()),
            change => {
                let life = model.versions().session(session);
                // Before all others know it, a session owns nothing that goes with it.
                let local = model.ledger().began_local(session)
                    && life.is_none_or(|life| txn.zxid < life.created);
                let may = local && !change.is_ephemeral();
                if !may && !life.is_some_and(|life| life.is_alive_at(txn.zxid)) {
                    let closed = life.and_then(|life| model.ledger().get(life.closed?));
                    let how = closed.map_or("never created".to_owned(), |txn| {
                        format!("closed by {}", txn.zxid)
                    });
                    let claim = format!(
                        "{} is to {change}, for session {session}, which was {how}",
                        txn.zxid
                    );
                    return Err(Violation::new(claim, evidence(closed.map(|txn| txn.event))));
                }
                self.checked += u64::from(local);
                childless(txn, change, model)
            }
        }
    }

    /// H12: a close deletes what lives with the session, all of it and nothing else.
    fn closes_all(
        &mut self,
        txn: &Txn,
        (session, paths): (SessionId, &[ZPath]),
        model: &Model,
    ) -> Result<(), Violation> {
        let due = model.versions().ephemerals_at(session, before(txn.zxid));
        self.checked += u64::from(!due.is_empty());
        let mut found: Vec<&ZPath> = paths.iter().collect();
        found.sort_unstable();
        if due == found {
            return Ok(());
        }
        let left = due.iter().find(|path| !found.contains(path));
        let claim = match (left, found.iter().find(|path| !due.contains(path))) {
            (Some(path), _) => {
                format!("{} closes session {session} and leaves {path} behind", txn.zxid)
            }
            (None, Some(path)) => format!(
                "{} closes session {session} and deletes {path}, which does not live with it",
                txn.zxid
            ),
            (None, None) => format!("{} closes session {session} and names a path twice", txn.zxid),
        };
        let proposed = txn.proposal.as_ref().map(|proposal| proposal.event);
        Err(Violation::new(claim, proposed.into_iter().chain([txn.event])))
    }
}

/// H12: nothing ephemeral has children.
fn childless(txn: &Txn, change: &Change, model: &Model) -> Result<(), Violation> {
    match change {
        Change::Multi(parts) => parts.iter().try_for_each(|part| childless(txn, part, model)),
        Change::Create { path, .. } => {
            let parent = path.parent();
            let znode = parent
                .as_ref()
                .and_then(|parent| model.versions().znode_at(parent.as_str(), txn.zxid));
            if !znode.is_some_and(|znode| znode.is_ephemeral()) {
                return Ok(());
            }
            let claim = format!("{} creates {path} below an ephemeral znode", txn.zxid);
            Err(Violation::new(claim, [txn.event]))
        }
        _ => Ok(()),
    }
}

/// H15: a client is told that its session has ended only when it has, or is about to.
fn expired_rightly(
    event: &Event,
    (client, session): (ClientId, SessionId),
    model: &Model,
) -> Result<(), Violation> {
    let Some(life) = model.versions().session(session) else { return Ok(()) };
    if life.closed.is_some() || model.ledger().close_proposed(session).is_some() {
        return Ok(());
    }
    let claim = format!(
        "{client} was told that session {session} has ended, but nobody has proposed to close it"
    );
    let created = model.ledger().get(life.created).map(|txn| txn.event);
    Err(Violation::new(claim, created.into_iter().chain([event.index])))
}
