//! A client that is nothing but a socket: it says the bytes that it is told to say, and hears what
//! comes. For those who speak to an ensemble byte by byte.

use super::inbox::{Arrival, Inbox};
use super::world::World;
use crate::base::{ClientId, ConnId, Millis, NodeId, ServerId, Time};
use crate::server::Port;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a wire hears on one of its connections.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Heard {
    /// The next bytes; at least one.
    Bytes(Vec<u8>),
    /// The connection has ended, or could not be made.
    End,
    /// Nothing, for as long as it was to wait.
    Silence,
}

/// The end of a connection as its owner sees it.
#[derive(Default)]
struct Line {
    connected: bool,
    bytes: Vec<u8>,
    ended: bool,
}

/// A process without a mind, and its connections.
pub struct Wire {
    world: Arc<World>,
    id: NodeId,
    inbox: Arc<Inbox>,
    lines: BTreeMap<ConnId, Line>,
    dialled_count: u64,
}

impl Wire {
    /// The process begins; to be called within its node.
    pub fn attach(world: Arc<World>, client: ClientId) -> Wire {
        let id = NodeId::from(client);
        let inbox = world.attach(id, madsim::plugin::node());
        Wire { world, id, inbox, lines: BTreeMap::new(), dialled_count: 0 }
    }

    /// The true time.
    pub fn now(&self) -> Time {
        self.world.now()
    }

    /// Connects to a server's port. Of a connection that could not be made, [`Heard::End`] is heard.
    pub async fn dial(&mut self, to: ServerId, port: Port) -> ConnId {
        self.dialled_count += 1;
        let conn = ConnId(2 * self.dialled_count);
        self.lines.insert(conn, Line::default());
        self.world.dial(self.id, conn, to.into(), port);
        while !self.lines[&conn].connected && !self.lines[&conn].ended {
            self.take(Time::NEVER).await;
        }
        conn
    }

    /// Says bytes. On a connection that has ended they are lost.
    pub fn send(&self, conn: ConnId, bytes: Vec<u8>) {
        self.world.send(self.id, conn, bytes);
    }

    /// Ends a connection from this side.
    pub fn close(&mut self, conn: ConnId) {
        self.world.close(self.id, conn);
        self.lines.entry(conn).or_default().ended = true;
    }

    /// Waits for what comes next on a connection. What was heard before its end comes first.
    pub async fn hear(&mut self, conn: ConnId, patience: Millis) -> Heard {
        let until = self.now() + patience;
        loop {
            let line = self.lines.entry(conn).or_default();
            if !line.bytes.is_empty() {
                return Heard::Bytes(std::mem::take(&mut line.bytes));
            }
            if line.ended {
                return Heard::End;
            }
            if self.now() >= until {
                return Heard::Silence;
            }
            self.take(until).await;
        }
    }

    /// Lets time pass. What comes meanwhile is kept.
    pub async fn rest(&mut self, time: Millis) {
        let until = self.now() + time;
        while self.now() < until {
            self.take(until).await;
        }
    }

    /// Takes in one arrival, or the moment when it stops waiting.
    async fn take(&mut self, until: Time) {
        self.world.wake_at(self.id, until);
        let arrival = self.inbox.next().await;
        let (conn, change): (ConnId, fn(&mut Line)) = match arrival {
            Arrival::Bytes { conn, bytes } => {
                return self.lines.entry(conn).or_default().bytes.extend(bytes);
            }
            Arrival::Connected { conn } => (conn, |line| line.connected = true),
            Arrival::ConnectFailed { conn } | Arrival::Closed { conn } => {
                (conn, |line| line.ended = true)
            }
            Arrival::Wake => return,
            Arrival::Accepted { .. } | Arrival::DiskDone { .. } => {
                unreachable!("a wire neither listens nor has a disk")
            }
        };
        change(self.lines.entry(conn).or_default());
    }
}
