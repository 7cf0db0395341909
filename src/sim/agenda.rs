//! What is due, and when: the one queue, ordered by time, behind everything that the world does
//! later. Packets, syncs and timers all wait here; one task works it off.

use crate::base::Time;
use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// One direction of one connection: twice the connection's slot, plus the end (0 or 1) it leads to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct LaneId(pub u32);

/// Something that the world does at its time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Due {
    /// The first packet of a lane lands.
    Land(LaneId),
    /// The dialler of the connection in this slot has waited long enough.
    DialTimeout(u32),
    /// A node's timer, by the node's index.
    Wake(u32),
    /// The disk of the server with this index has finished a sync.
    Synced(u32),
}

/// The queue. Things due at the same moment happen in the order in which they were pushed.
#[derive(Default)]
pub(super) struct Agenda {
    /// The present, as the world saw it last.
    pub now: Time,
    entries: BinaryHeap<Entry>,
    pushed_count: u64,
}

struct Entry {
    at: Time,
    order: u64,
    due: Due,
}

impl Agenda {
    /// Plans `due` for the moment `at`; for now, when that has passed.
    pub fn push(&mut self, at: Time, due: Due) {
        self.pushed_count += 1;
        self.entries.push(Entry { at: at.max(self.now), order: self.pushed_count, due });
    }

    /// Takes the first thing that is due by now, with the moment it was planned for.
    pub fn pop_due(&mut self) -> Option<(Time, Due)> {
        if self.next_at()? > self.now {
            return None;
        }
        self.entries.pop().map(|entry| (entry.at, entry.due))
    }

    /// When the next thing is due.
    pub fn next_at(&self) -> Option<Time> {
        self.entries.peek().map(|entry| entry.at)
    }
}

impl Ord for Entry {
    /// The heap keeps its greatest entry at the top; that has to be the earliest.
    fn cmp(&self, other: &Entry) -> Ordering {
        (other.at, other.order).cmp(&(self.at, self.order))
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Entry) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Entry) -> bool {
        self.order == other.order
    }
}

impl Eq for Entry {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn earlier_first_and_at_the_same_time_in_order() {
        let mut agenda = Agenda::default();
        for (at, node) in [(5, 0), (3, 1), (5, 2), (3, 3), (9, 4)] {
            agenda.push(Time(at), Due::Wake(node));
        }
        agenda.now = Time(5);
        let due: Vec<(Time, Due)> = std::iter::from_fn(|| agenda.pop_due()).collect();
        let expected = [(3, 1), (3, 3), (5, 0), (5, 2)];
        assert_eq!(due, expected.map(|(at, node)| (Time(at), Due::Wake(node))));
        assert_eq!(agenda.next_at(), Some(Time(9)));
    }
}
