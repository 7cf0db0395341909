//! A node's inbox: everything that its kernel has for it, in the order in which it came. The only
//! thing that a node waits for.

use crate::base::{ConnId, NodeId};
use crate::server::Port;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::{Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};

/// What lands in a node's inbox.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Arrival {
    /// Somebody connected to a port that the node listens on.
    Accepted {
        /// The new connection, as this side numbers it: an odd number.
        conn: ConnId,
        /// Which port.
        port: Port,
        /// Who connected.
        from: NodeId,
    },
    /// A connection that the node dialled is open.
    Connected {
        /// The number that the node gave it.
        conn: ConnId,
    },
    /// A dial came to nothing: refused, or no answer in time. The connection is forgotten.
    ConnectFailed {
        /// The number that the node gave it.
        conn: ConnId,
    },
    /// The next bytes of a connection's stream. Where they are cut means nothing.
    Bytes {
        /// The connection.
        conn: ConnId,
        /// At least one byte.
        bytes: Vec<u8>,
    },
    /// The other side closed or reset the connection. It is forgotten; what is sent on it is lost.
    Closed {
        /// The connection.
        conn: ConnId,
    },
    /// The disk has executed everything that was pushed before this barrier.
    DiskDone {
        /// The barrier's token.
        token: u64,
    },
    /// The node's timer. May come early (a skewed clock wakes its node): look at the clock again.
    Wake,
}

/// The queue of arrivals of one incarnation of a node. Whoever restarts gets a new one, so that
/// nobody sees what was meant for the dead.
#[derive(Default)]
pub struct Inbox {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    arrivals: VecDeque<Arrival>,
    reader: Option<Waker>,
}

impl Inbox {
    /// Waits for the next arrival. One reader only.
    pub async fn next(&self) -> Arrival {
        poll_fn(|context| self.poll_next(context)).await
    }

    /// The next arrival, if there is one already.
    pub fn try_next(&self) -> Option<Arrival> {
        self.lock().arrivals.pop_front()
    }

    /// Whether everything that has arrived was taken.
    pub fn is_empty(&self) -> bool {
        self.lock().arrivals.is_empty()
    }

    fn poll_next(&self, context: &mut Context<'_>) -> Poll<Arrival> {
        let mut state = self.lock();
        if let Some(arrival) = state.arrivals.pop_front() {
            return Poll::Ready(arrival);
        }
        state.reader = Some(context.waker().clone());
        Poll::Pending
    }

    /// Puts one more arrival at the end. Bytes right behind bytes of the same connection join them,
    /// as in a socket's buffer.
    pub(super) fn push(&self, arrival: Arrival) {
        let mut state = self.lock();
        match (state.arrivals.back_mut(), arrival) {
            (Some(Arrival::Bytes { conn, bytes }), Arrival::Bytes { conn: same, bytes: more })
                if *conn == same =>
            {
                bytes.extend_from_slice(&more);
            }
            (_, arrival) => state.arrivals.push_back(arrival),
        }
        if let Some(reader) = state.reader.take() {
            reader.wake();
        }
    }

    /// Forgets all arrivals and the reader, whose process is dead.
    pub(super) fn clear(&self) {
        // Dropped after the lock: the last waker of a task takes the task with it.
        let _old = std::mem::take(&mut *self.lock());
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("a panic ends the run, so nobody sees a poisoned inbox")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(conn: u64, text: &str) -> Arrival {
        Arrival::Bytes { conn: ConnId(conn), bytes: text.into() }
    }

    #[test]
    fn neighbouring_bytes_of_a_connection_join() {
        let inbox = Inbox::default();
        for arrival in [bytes(1, "a"), bytes(1, "b"), bytes(2, "c"), bytes(1, "d"), Arrival::Wake] {
            inbox.push(arrival);
        }
        inbox.push(bytes(1, "e"));
        let all: Vec<Arrival> = std::iter::from_fn(|| inbox.try_next()).collect();
        let expected = [bytes(1, "ab"), bytes(2, "c"), bytes(1, "d"), Arrival::Wake, bytes(1, "e")];
        assert_eq!(all, expected);
    }
}
