//! Requests on the wire that wait for their replies, in the order in which they were sent.

use crate::base::Xid;
use crate::history::Op;
use crate::wire::SET_WATCHES;
use std::collections::VecDeque;

/// A request that waits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Waiting {
    /// The application's.
    Call {
        /// The application's number for it.
        call: u64,
        /// The wire's number for it.
        xid: Xid,
        /// What was asked.
        op: Op,
    },
    /// The client's own `setWatches`.
    Rearm,
}

impl Waiting {
    fn xid(&self) -> Xid {
        match self {
            Waiting::Call { xid, .. } => *xid,
            Waiting::Rearm => SET_WATCHES,
        }
    }
}

/// Those that wait, the oldest first. Pings are not among them: they may overtake.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct InFlight {
    waiting: VecDeque<Waiting>,
    /// What shows who the client is, in an order of its own, because it is answered at once: the
    /// application's calls, and `None` for what the client itself has sent again.
    auths: VecDeque<Option<u64>>,
}

impl InFlight {
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.auths.is_empty()
    }

    /// A request was sent.
    pub(super) fn push(&mut self, waiting: Waiting) {
        self.waiting.push_back(waiting);
    }

    /// A proof of who the client is was sent.
    pub(super) fn push_auth(&mut self, call: Option<u64>) {
        self.auths.push_back(call);
    }

    /// Takes the oldest proof off: its reply is here. `None` when none waits.
    pub(super) fn pop_auth(&mut self) -> Option<Option<u64>> {
        self.auths.pop_front()
    }

    /// The oldest one, if that is its number. If not, no reply of this connection can be trusted
    /// (`ClientCnxn.readResponse`).
    pub(super) fn oldest(&self, xid: Xid) -> Option<&Waiting> {
        self.waiting.front().filter(|oldest| oldest.xid() == xid)
    }

    /// Takes the oldest one off: its reply is here.
    pub(super) fn pop(&mut self) -> Option<Waiting> {
        self.waiting.pop_front()
    }

    /// True while a `closeSession` waits.
    pub(super) fn has_close(&self) -> bool {
        let is_close = |it: &Waiting| matches!(it, Waiting::Call { op: Op::Close, .. });
        self.waiting.iter().any(is_close)
    }

    /// No reply will come any more: the application's calls that waited for one.
    pub(super) fn abandon(&mut self) -> impl Iterator<Item = u64> {
        let calls = self.waiting.drain(..).filter_map(|waiting| match waiting {
            Waiting::Call { call, .. } => Some(call),
            Waiting::Rearm => None,
        });
        calls.chain(self.auths.drain(..).flatten())
    }
}
