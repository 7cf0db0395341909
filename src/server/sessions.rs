//! Who is still there, as the leader sees it: every session, when it expires, and through which
//! connection it is served (`SessionTrackerImpl`).

use super::expiry::Expiry;
use super::rules::{Rules, SessionState, Standing};
use crate::base::{ConnId, Millis, ServerId, SessionId, Time};
use std::collections::BTreeMap;

/// Through whom a session is served: a learner's link, or a connection of the leader's own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Owner {
    /// The leader itself.
    Me,
    /// A learner, over this link; another link of the same learner is another owner.
    Learner(ServerId, ConnId),
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct Session {
    closing: bool,
    /// Nobody yet, right after a leader was elected: whoever comes first.
    owner: Option<Owner>,
}

/// The leader's table of sessions.
#[derive(Clone, Debug)]
pub struct Sessions {
    live: BTreeMap<SessionId, Session>,
    expiry: Expiry<SessionId>,
    /// See [`Rules::patience`].
    patience: fn(Millis) -> Option<Millis>,
}

impl Sessions {
    /// Nobody is there.
    pub fn new(tick: Millis, rules: &Rules) -> Sessions {
        Sessions { live: BTreeMap::new(), expiry: Expiry::new(tick), patience: rules.patience }
    }

    /// A leader begins: every session of the tree gets its full timeout.
    pub fn begin(&mut self, now: Time, table: &BTreeMap<SessionId, i32>) {
        self.clear();
        for (&session, &timeout_ms) in table {
            self.track(now, session, timeout_ms, None);
        }
    }

    /// A session begins.
    pub fn track(&mut self, now: Time, session: SessionId, timeout_ms: i32, owner: Option<Owner>) {
        self.live.insert(session, Session { closing: false, owner });
        self.wait(now, session, timeout_ms);
    }

    /// True when that gives the session more time than it had.
    fn wait(&mut self, now: Time, session: SessionId, timeout_ms: i32) -> bool {
        let patience = (self.patience)(millis(timeout_ms));
        patience.is_some_and(|patience| self.expiry.touch(now, session, patience))
    }

    /// A sign of life; the timeout is the one that the client was told last. `None` when the session
    /// has ended or is about to; otherwise whether it now has more time.
    pub fn touch(&mut self, now: Time, session: SessionId, timeout_ms: i32) -> Option<bool> {
        self.live.get(&session).filter(|it| !it.closing)?;
        Some(self.wait(now, session, timeout_ms))
    }

    /// Its client comes back, and is told this timeout. It counts from now on, also when it is shorter
    /// than the one before; a late sign of life through the server before does not (see `touch`).
    pub fn restart(&mut self, now: Time, session: SessionId, timeout_ms: i32) {
        if let Some(patience) = (self.patience)(millis(timeout_ms)) {
            self.expiry.restart(now, session, patience);
        }
    }

    /// Whether a session is there and not about to end.
    pub fn is_live(&self, session: SessionId) -> bool {
        self.live.get(&session).is_some_and(|it| !it.closing)
    }

    /// Whether a session is there, about to end or not.
    pub fn is_known(&self, session: SessionId) -> bool {
        self.live.contains_key(&session)
    }

    /// Brings a forgotten session back: the mistake of ZOOKEEPER-1496, for its mutant.
    pub fn revive(&mut self, now: Time, session: SessionId, table: &BTreeMap<SessionId, i32>) {
        if let (false, Some(&timeout_ms)) = (self.live.contains_key(&session), table.get(&session))
        {
            self.track(now, session, timeout_ms, None);
        }
    }

    /// From now on the session is served through `owner`; what still comes through another one is
    /// refused.
    pub fn set_owner(&mut self, session: SessionId, owner: Owner) {
        if let Some(it) = self.live.get_mut(&session) {
            it.owner = Some(owner);
        }
    }

    /// What is known of a session when a request of it comes through `from`. The first one to come
    /// owns it. The service's own requests come from nobody.
    pub fn state(&mut self, session: SessionId, from: Option<Owner>) -> SessionState {
        let Some(it) = self.live.get_mut(&session) else {
            return SessionState::default();
        };
        let Some(from) = from else {
            return SessionState { known: true, ..SessionState::default() };
        };
        let owner = *it.owner.get_or_insert(from);
        SessionState { known: true, local: false, closing: it.closing, moved: owner != from }
    }

    /// Its close is about to be proposed.
    pub fn mark_closing(&mut self, session: SessionId) {
        if let Some(it) = self.live.get_mut(&session) {
            it.closing = true;
            self.expiry.remove(session);
        }
    }

    /// It has been closed.
    pub fn remove(&mut self, session: SessionId) {
        self.live.remove(&session);
        self.expiry.remove(session);
    }

    /// Sessions whose time is over; each is named once.
    pub fn expire(&mut self, now: Time, rules: &Rules) -> Vec<SessionId> {
        let expired = self.expiry.take_expired(now);
        for session in &expired {
            match (rules.expired)() {
                Standing::Closing => {}
                Standing::Forgotten => {
                    self.live.remove(session);
                }
            }
        }
        expired
    }

    /// When the next one expires.
    pub fn deadline(&self) -> Time {
        self.expiry.deadline()
    }

    /// When each of them expires.
    pub fn expiry(&self) -> &Expiry<SessionId> {
        &self.expiry
    }

    /// The leader steps down.
    pub fn clear(&mut self) {
        self.live.clear();
        self.expiry.clear();
    }
}

fn millis(timeout_ms: i32) -> Millis {
    Millis(u64::try_from(timeout_ms).unwrap_or(0))
}
