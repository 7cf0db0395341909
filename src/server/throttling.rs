//! What keeps many clients, and large requests, from being too much (`zookeeper.md`, A.12): when a
//! connection is not read for now, and when a request is not even tried.

use super::connections::{Connection, Waiting};
use super::io::Effect;
use super::server::Server;
use crate::base::{ConnId, Millis};
use crate::ops::Request;
use std::collections::VecDeque;

impl Server {
    /// While a connection is not read, the driver need not bring more of it.
    pub(super) fn regulate(&mut self, conn: ConnId) {
        let Some(it) = self.conns.get(&conn) else { return };
        let has_too_much = self.has_too_much(it);
        let waits = !it.reads() || it.is_full() || has_too_much;
        let stuck = waits && !it.frames.waiting().is_empty();
        let held = stuck && self.is_overloaded();
        let (now, paused) = (self.now.time, it.paused);
        let it = self.conns.get_mut(&conn).expect("it is there");
        if stuck && has_too_much && !std::mem::replace(&mut it.throttled, true) {
            self.throttled.push_back(conn);
        }
        it.held_since = held.then_some(it.held_since.unwrap_or(now));
        it.paused = stuck;
        if stuck != paused {
            self.effects.push(if stuck { Effect::Pause { conn } } else { Effect::Resume { conn } });
        }
    }

    /// Whether a connection has to wait until less is outstanding; one that waits for nothing has
    /// to only when there is too much for everybody.
    pub(super) fn has_too_much(&self, conn: &Connection) -> bool {
        let outstanding = self.outstanding_count;
        self.is_overloaded() || (!conn.waiting.is_empty() && outstanding >= self.outstanding_max())
    }

    /// Whether nobody is read until less is outstanding (`RequestThrottler`).
    fn is_overloaded(&self) -> bool {
        let max = self.config.clients.requests_max;
        max.is_some_and(|max| self.outstanding_count >= max)
    }

    /// The learners of an ensemble share the limit (`LearnerZooKeeperServer`).
    fn outstanding_max(&self) -> usize {
        let voters = self.peer.membership().voters().count();
        let learners = if self.leads() || voters <= 2 { 1 } else { voters - 1 };
        self.config.clients.outstanding_max.div_ceil(learners)
    }

    /// What was sent to a client is on its way: goes on with what it has asked meanwhile.
    pub(super) fn flushed(&mut self, conn: ConnId) {
        let Some(it) = self.conns.get_mut(&conn) else { return };
        (it.unflushed, it.flushing) = (0, false);
        self.read_frames(conn);
        self.regulate(conn);
    }

    /// Less may be outstanding now: goes on with what waits. Whoever gets its turn stands behind all
    /// others afterwards, so that everybody does.
    pub(super) fn read_throttled(&mut self) {
        if self.throttled.is_empty() || self.is_overloaded() {
            return;
        }
        let mut unserved = VecDeque::new();
        for conn in std::mem::take(&mut self.throttled) {
            let Some(it) = self.conns.get(&conn) else { continue };
            if self.has_too_much(it) {
                unserved.push_back(conn);
                continue;
            }
            self.conns.get_mut(&conn).expect("it is there").throttled = false;
            self.read_frames(conn);
            self.regulate(conn);
        }
        unserved.append(&mut self.throttled);
        self.throttled = unserved;
    }

    /// Whether a request has waited so long to be read that it is not tried. Not those that keep a
    /// session or end it (`Request.isThrottlable`), nor those that ask for watches again: no client
    /// looks at what becomes of these.
    pub(super) fn comes_too_late(&self, conn: ConnId, request: &Request) -> bool {
        let Some(max_ms) = self.config.clients.wait_ms_max else { return false };
        let since = self.conns.get(&conn).and_then(|it| it.held_since);
        let late = since.is_some_and(|since| self.now.time.since(since) > Millis(max_ms));
        let throttlable = !matches!(
            request,
            Request::Ping(_)
                | Request::CloseSession(_)
                | Request::SetWatches(_)
                | Request::SetWatches2(_)
        );
        late && throttlable
    }

    /// Whether there is no room for a large request of so many bytes, beside those that wait already.
    pub(super) fn is_too_large(&self, bytes: Option<usize>) -> bool {
        let large = bytes.map_or(0, |it| self.counted(it));
        large > 0 && self.large_bytes + large > self.config.clients.large_bytes_max
    }

    /// So many bytes of a request count among the large ones.
    fn counted(&self, bytes: usize) -> usize {
        let from = self.config.clients.large_from_bytes;
        if from.is_some_and(|from| bytes > from) { bytes } else { 0 }
    }

    /// The request that was just read has to wait: how much of it counts as large.
    pub(super) fn waits(&mut self) -> usize {
        let bytes = std::mem::take(&mut self.arriving_bytes);
        let large = self.counted(bytes);
        self.outstanding_count += 1;
        self.large_bytes += large;
        large
    }

    /// A request is answered, or nobody waits for its answer any more.
    pub(super) fn no_longer_waits(&mut self, it: &Waiting) {
        self.outstanding_count -= 1;
        self.large_bytes -= it.large;
    }
}
