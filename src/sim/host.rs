//! One machine: its power, its process, the ports and connections that its kernel keeps for the
//! process, and the process's one timer.

use super::agenda::{Agenda, Due};
use super::inbox::{Arrival, Inbox};
use crate::base::{ConnId, NodeId, Time};
use crate::server::Port;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// One end of a connection: the connection's slot in the network's table, and which end.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct EndRef {
    /// The index in the table.
    pub slot: u32,
    /// 0 for the dialler, 1 for the acceptor.
    pub side: usize,
}

/// One machine and what runs on it.
pub(super) struct Host {
    /// Who it is.
    pub name: NodeId,
    /// False from a loss of power until the node is attached again.
    pub powered: bool,
    /// The running process's inbox; `None` while no process runs.
    pub inbox: Option<Arc<Inbox>>,
    /// The ports that the process listens on.
    pub listening: BTreeSet<Port>,
    /// The connections that the process has open or is dialling.
    pub connections: BTreeMap<ConnId, EndRef>,
    /// How many connections were accepted, over all incarnations, so that numbers do not repeat.
    accepted_count: u64,
    /// When the process wants to be woken; `NEVER` when it does not.
    wanted: Time,
    /// When the agenda will look at the timer; never later than `wanted`.
    armed: Time,
}

impl Host {
    /// A machine with power and without a process.
    pub fn new(name: NodeId) -> Host {
        Host {
            name,
            powered: true,
            inbox: None,
            listening: BTreeSet::new(),
            connections: BTreeMap::new(),
            accepted_count: 0,
            wanted: Time::NEVER,
            armed: Time::NEVER,
        }
    }

    /// True while a process runs.
    pub fn is_running(&self) -> bool {
        self.inbox.is_some()
    }

    /// Puts an arrival in the inbox of the process. Without a process nobody wants it.
    pub fn deliver(&self, arrival: Arrival) {
        if let Some(inbox) = &self.inbox {
            inbox.push(arrival);
        }
    }

    /// The number of the next connection that this host accepts: odd, and never used before.
    pub fn next_accepted(&mut self) -> ConnId {
        self.accepted_count += 1;
        ConnId(2 * self.accepted_count - 1)
    }

    /// Ends the process: its ports, its connections and its timer are gone. Returns its inbox.
    pub fn stop(&mut self) -> Option<Arc<Inbox>> {
        self.listening.clear();
        self.connections.clear();
        (self.wanted, self.armed) = (Time::NEVER, Time::NEVER);
        self.inbox.take()
    }

    /// Sets the timer to `at`, and to nothing else; `NEVER` stops it.
    ///
    /// An agenda entry that is early enough serves again: when it comes up it is renewed.
    pub fn wake_at(&mut self, agenda: &mut Agenda, host: u32, at: Time) {
        self.wanted = at;
        if at < self.armed {
            self.armed = at.max(agenda.now);
            agenda.push(self.armed, Due::Wake(host));
        }
    }

    /// The agenda looks at the timer, with an entry that was made for `at`.
    pub fn timer_due(&mut self, agenda: &mut Agenda, host: u32, at: Time) {
        if self.armed != at {
            return; // An earlier entry took its place, or the process that wanted it is dead.
        }
        self.armed = Time::NEVER;
        let wanted = self.wanted;
        if wanted <= agenda.now {
            self.wanted = Time::NEVER;
            self.deliver(Arrival::Wake);
        } else {
            self.wake_at(agenda, host, wanted);
        }
    }
}
