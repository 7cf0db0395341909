//! What a server says over one connection, until the connection's own task has written it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Waker};

/// A buffer that has grown beyond this is given back once it is empty: thousands of idle
/// connections keep little.
const KEPT_BYTES: usize = 16 << 10;

/// The queue between the server and a connection's task.
pub struct Outlet {
    /// So much may wait before somebody is taken for a reader that is too slow.
    limit_bytes: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    bytes: Vec<u8>,
    end: Option<End>,
    /// Whether the connection is not to be read for now.
    paused: bool,
    /// Whether somebody wants to know when nothing waits any more.
    flushing: bool,
    task: Option<Waker>,
}

/// How a connection ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// Behind what was sent.
    Orderly,
    /// At once: the other side reads too slowly, or the process ends.
    AtOnce,
}

/// What waits in an outlet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Waits {
    /// Nothing.
    Nothing,
    /// Bytes, which were moved to the caller.
    Bytes,
    /// Nothing, and somebody wants to know that.
    Flushed,
    /// The connection is to end.
    End(End),
}

impl Outlet {
    /// An empty one, for a connection over which at most so much may wait.
    pub fn new(limit_bytes: usize) -> Outlet {
        Outlet { limit_bytes, state: Mutex::default() }
    }

    /// Sends bytes. False when so much waits that the connection is now ended instead.
    ///
    /// What is sent at once counts as one, however large it is: a tree for a learner is.
    pub fn send(&self, bytes: Vec<u8>) -> bool {
        let mut state = self.lock();
        if state.end.is_some() {
            return true;
        }
        if state.bytes.len() > self.limit_bytes {
            drop(state);
            self.end(End::AtOnce);
            return false;
        }
        if state.bytes.is_empty() {
            state.bytes = bytes;
        } else {
            state.bytes.extend_from_slice(&bytes);
        }
        let task = state.task.take();
        drop(state);
        task.into_iter().for_each(Waker::wake);
        true
    }

    /// Ends the connection. The first way counts, unless the second is faster.
    pub fn end(&self, end: End) {
        let mut state = self.lock();
        if state.end != Some(End::AtOnce) {
            state.end = Some(end);
        }
        let task = state.task.take();
        drop(state);
        task.into_iter().for_each(Waker::wake);
    }

    /// Has the task say, once, when all that was sent so far is written.
    pub fn flush(&self) {
        let mut state = self.lock();
        state.flushing = true;
        let task = state.task.take();
        drop(state);
        task.into_iter().for_each(Waker::wake);
    }

    /// Has the connection read no more for now, or read again.
    pub fn pause(&self, paused: bool) {
        let mut state = self.lock();
        state.paused = paused;
        let task = state.task.take();
        drop(state);
        task.into_iter().for_each(Waker::wake);
    }

    /// Whether the connection is not to be read for now. Whoever has looked with [`Outlet::next`] is
    /// woken when that changes.
    pub fn is_paused(&self) -> bool {
        self.lock().paused
    }

    /// Looks what waits. Bytes go into `to`, which is empty; its room is used for the next ones.
    /// Whatever is found, the task is woken when there is more.
    pub fn next(&self, to: &mut Vec<u8>, context: &Context<'_>) -> Waits {
        let mut state = self.lock();
        if state.task.as_ref().is_none_or(|task| !task.will_wake(context.waker())) {
            state.task = Some(context.waker().clone());
        }
        match state.end {
            Some(end) => Waits::End(end),
            None if !to.is_empty() => Waits::Nothing,
            None if !state.bytes.is_empty() => {
                Outlet::hand_over(&mut state, to);
                Waits::Bytes
            }
            None if state.flushing => {
                state.flushing = false;
                Waits::Flushed
            }
            None => Waits::Nothing,
        }
    }

    /// What was sent before the end, when the connection ends.
    pub fn rest(&self) -> Vec<u8> {
        std::mem::take(&mut self.lock().bytes)
    }

    fn hand_over(state: &mut State, to: &mut Vec<u8>) {
        std::mem::swap(&mut state.bytes, to);
        if state.bytes.capacity() > KEPT_BYTES {
            state.bytes = Vec::new();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
