//! What happened, as the history: written by client nodes, server nodes and the nemesis, judged
//! while it is written.

use super::EVENTS;
use super::world::World;
use crate::base::{Digest, Time};
use crate::checkers::{Check, Judge};
use crate::history::{Event, What};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The history of a run, so far.
pub struct Recorder {
    world: Arc<World>,
    state: Mutex<State>,
}

struct State {
    events: Vec<Event>,
    digest: Digest,
    judge: Judge,
    /// Nothing is written any more: a property was broken, or the run has ended.
    closed: bool,
}

/// A history that has come to its end.
pub struct Recorded {
    /// Every event.
    pub events: Vec<Event>,
    /// Of all events.
    pub digest: u64,
    /// What the judges say.
    pub checks: Vec<Check>,
}

impl Recorder {
    /// An empty history.
    pub fn new(world: Arc<World>, judge: Judge) -> Recorder {
        let state = State { events: Vec::new(), digest: Digest::default(), judge, closed: false };
        Recorder { world, state: Mutex::new(state) }
    }

    /// Writes what happened now. What the disks have said meanwhile comes first.
    pub fn record(&self, what: What) {
        let durable = self.world.drain_durable();
        let now = self.world.now();
        let mut state = self.lock();
        for (at, server, zxid) in durable {
            state.write(at, What::Durable { server, zxid });
        }
        state.write(now, what);
    }

    /// Whether a property was broken: then the history is complete.
    pub fn is_broken(&self) -> bool {
        self.lock().closed
    }

    /// How many events there are.
    pub fn len(&self) -> usize {
        self.lock().events.len()
    }

    /// True before the first event.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// When the last event was; the start without any.
    pub fn last_at(&self) -> Time {
        self.lock().events.last().map_or(Time::ZERO, |event| event.at)
    }

    /// Nothing is written any more.
    pub fn close(&self) {
        self.lock().closed = true;
    }

    /// Takes the history out, with its judgement.
    pub fn finish(&self) -> Recorded {
        let mut state = self.lock();
        state.closed = true;
        state.judge.finish();
        Recorded {
            events: std::mem::take(&mut state.events),
            digest: state.digest.value(),
            checks: state.judge.verdicts(),
        }
    }

    /// A panic while the history is written does not take away what was written.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn write(&mut self, at: Time, what: What) {
        if self.closed {
            return;
        }
        let event = Event { index: self.events.len() as u64, at, what };
        tracing::trace!(target: EVENTS, "{}", event.index);
        self.digest.add(&event);
        self.judge.observe(&event);
        self.events.push(event);
        self.closed = self.judge.first_violation().is_some();
    }
}
