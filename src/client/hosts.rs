//! Which server is next: round and round, in the order that the caller has shuffled.

use crate::base::ServerId;

/// The servers that a client knows, and how the last attempts went.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Hosts {
    all: Vec<ServerId>,
    next: usize,
    /// Comes before the next one.
    preferred: Option<ServerId>,
    failures_count: usize,
}

impl Hosts {
    pub(super) fn new(all: Vec<ServerId>) -> Hosts {
        assert!(!all.is_empty(), "a client knows at least one server");
        Hosts { all, next: 0, preferred: None, failures_count: 0 }
    }

    pub(super) fn count(&self) -> usize {
        self.all.len()
    }

    /// Has this one dialled next.
    pub(super) fn prefer(&mut self, server: ServerId) {
        self.preferred = Some(server);
    }

    /// Goes on in the usual order.
    pub(super) fn prefer_none(&mut self) {
        self.preferred = None;
    }

    /// The server to dial now.
    pub(super) fn next(&mut self) -> ServerId {
        if let Some(preferred) = self.preferred.take() {
            return preferred;
        }
        let found = self.all[self.next];
        self.next = (self.next + 1) % self.all.len();
        found
    }

    /// A server answered.
    pub(super) fn succeeded(&mut self) {
        self.failures_count = 0;
    }

    /// A server did not. True when that makes a whole round without success, and it is time for a
    /// pause.
    pub(super) fn failed(&mut self) -> bool {
        self.failures_count += 1;
        let over = self.failures_count >= self.all.len();
        if over {
            self.failures_count = 0;
        }
        over
    }
}
