//! A server's process: takes what arrives, hands it to the [`Server`], performs what it wants.
//! Decides nothing.

use super::clock::Clock;
use super::disk::Disk;
use super::error::Error;
use super::gauge::Gauge;
use super::inbox::{Inbox, Mail, Question};
use super::listeners::Moves;
use super::outlet::{End, Outlet};
use super::sockets::{Farewells, Sockets};
use crate::base::{ConnId, ServerId};
use crate::history::Note;
use crate::server::{Effect, Input, Member, Port, Server};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Where the other servers are: for each port of each of them, host and port.
pub type Addresses = BTreeMap<(ServerId, Port), String>;

/// Where members are found.
pub fn addresses_of(
    members: &BTreeMap<ServerId, Member>,
    for_observers: Option<u16>,
) -> impl Iterator<Item = ((ServerId, Port), String)> {
    members.iter().flat_map(move |(&id, member)| {
        Port::of_servers(member, for_observers)
            .map(move |(port, endpoint)| ((id, port), endpoint.to_string()))
    })
}

/// How long a server tries to connect to another one.
pub struct Patience {
    /// For an election.
    pub election: Duration,
    /// To follow it.
    pub learner: Duration,
}

/// One server, and what is around it.
pub struct Node {
    /// What it decides with.
    pub server: Server,
    /// Its clocks.
    pub clock: Clock,
    /// What happens to it.
    pub inbox: Arc<Inbox>,
    /// Its disk.
    pub disk: Disk,
    /// What is measured of it.
    pub gauge: Arc<Gauge>,
    /// Its network.
    pub sockets: Sockets,
    /// Where it listens.
    pub moves: Moves,
    /// Where it finds the others.
    pub addresses: Addresses,
    /// The port on which all of them serve observers while they follow, if they do.
    pub for_observers: Option<u16>,
    /// How long it tries to connect to another one.
    pub dial_patience: Patience,
    /// Says when the last connection has ended.
    pub farewells: Farewells,
}

/// What there is while the server runs.
struct Running {
    node: Node,
    outlets: BTreeMap<ConnId, Arc<Outlet>>,
    effects: Vec<Effect>,
    halted: bool,
    /// Why it gave up, if it did.
    failure: Option<String>,
}

impl Node {
    /// One life, from start to halt.
    pub async fn run(self) -> Result<(), Error> {
        let (inbox, clock) = (self.inbox.clone(), self.clock);
        let mut running = Running {
            node: self,
            outlets: BTreeMap::new(),
            effects: Vec::new(),
            halted: false,
            failure: None,
        };
        let mut batch = Vec::new();
        running.handle(Input::Start);
        while !running.halted {
            let deadline = running.node.server.deadline();
            match clock.instant(deadline) {
                None => inbox.take(&mut batch).await,
                Some(at) => {
                    // Late is no error: then it is time for a tick.
                    let _ = tokio::time::timeout_at(at.into(), inbox.take(&mut batch)).await;
                }
            }
            batch.drain(..).for_each(|mail| running.take(mail));
            if clock.now().time >= running.node.server.deadline() {
                running.handle(Input::Tick);
            }
        }
        running.end().await
    }
}

impl Running {
    fn take(&mut self, mail: Mail) {
        match mail {
            Mail::Accepted { conn, port, from, outlet } => {
                self.outlets.insert(conn, outlet);
                self.handle(Input::Accepted { conn, port, from });
            }
            Mail::Input(input) if self.is_current(&input) => self.handle(input),
            Mail::Input(_) => {}
            Mail::Ask(question) => self.answer(question),
        }
    }

    /// Whoever has asked may have gone; then nobody hears the answer.
    fn answer(&mut self, question: Question) {
        let server = &mut self.node.server;
        match question {
            Question::Admin { command, answer } => drop(answer.send(server.admin(&command))),
            Question::Monitor { measures, answer } => {
                drop(answer.send(server.monitor(&measures)));
            }
        }
    }

    /// Whether an input is about a connection that the server has not ended meanwhile, or about
    /// something else. A connection that has ended is forgotten.
    fn is_current(&mut self, input: &Input) -> bool {
        match input {
            Input::Bytes { conn, .. } | Input::Connected { conn } | Input::Flushed { conn } => {
                self.outlets.contains_key(conn)
            }
            Input::Closed { conn } | Input::ConnectFailed { conn } => {
                self.outlets.remove(conn).is_some()
            }
            _ => true,
        }
    }

    fn handle(&mut self, input: Input) {
        if traced() {
            tracing::debug!("{}", self.node.server.describe_input(&input));
        }
        let mut effects = std::mem::take(&mut self.effects);
        self.node.server.handle(self.node.clock.now(), input, &mut effects);
        self.node.server.assert_invariants();
        for effect in effects.drain(..) {
            if traced() {
                tracing::debug!("  {}", self.node.server.describe_effect(&effect));
            }
            self.perform(effect);
        }
        self.effects = effects;
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Dial { conn, to, port } => self.dial(conn, to, port),
            Effect::Send { conn, bytes } => self.send(conn, bytes),
            Effect::Flush { conn } => {
                self.outlets.get(&conn).into_iter().for_each(|outlet| outlet.flush());
            }
            Effect::Close { conn } => {
                self.outlets.remove(&conn).into_iter().for_each(|it| it.end(End::Orderly));
            }
            Effect::Pause { conn } => self.pause(conn, true),
            Effect::Resume { conn } => self.pause(conn, false),
            Effect::Disk(op) => self.node.disk.push(op),
            Effect::ReadDisk => self.node.disk.read(),
            Effect::Measure { conn } => self.measure(conn),
            Effect::Members(members) => {
                let found = addresses_of(&members.members, self.node.for_observers);
                self.node.addresses.extend(found);
            }
            // Nobody hears it once the process ends.
            Effect::Listen { port, at } => drop(self.node.moves.send((port, at))),
            Effect::Stranger { server, election } => {
                self.node.addresses.insert((server, Port::Election), election);
            }
            Effect::Note(note) => self.note(note),
            Effect::Halt => self.halted = true,
        }
    }

    fn dial(&mut self, conn: ConnId, to: ServerId, port: Port) {
        let address = self.node.addresses.get(&(to, port)).cloned().unwrap_or_default();
        let patience = match port {
            Port::Learner | Port::Observers => self.node.dial_patience.learner,
            Port::Election | Port::Client | Port::Secure => self.node.dial_patience.election,
        };
        let outlet = self.node.sockets.dial(conn, (port, address), patience);
        self.outlets.insert(conn, outlet);
    }

    /// Beside everything else: a disk that hangs must not hold up the server.
    fn measure(&self, conn: ConnId) {
        let (gauge, inbox) = (self.node.gauge.clone(), self.node.inbox.clone());
        tokio::spawn(async move {
            let measures = gauge.measured().await;
            inbox.input(Input::Measured { conn, measures });
        });
    }

    fn send(&self, conn: ConnId, bytes: Vec<u8>) {
        let sent = self.outlets.get(&conn).is_none_or(|outlet| outlet.send(bytes));
        if !sent {
            tracing::warn!("{conn}: reads too slowly; the connection is ended");
        }
    }

    fn pause(&self, conn: ConnId, paused: bool) {
        self.outlets.get(&conn).into_iter().for_each(|outlet| outlet.pause(paused));
    }

    fn note(&mut self, note: Note) {
        match note {
            Note::Failed { reason } => self.failure = Some(reason),
            Note::Role(role) => tracing::info!("role: {role:?}"),
            Note::Established { epoch, last } => tracing::info!("leads epoch {epoch} from {last}"),
            Note::Serving { zxid, .. } => tracing::info!("serves clients from {zxid}"),
            Note::Stopped => tracing::info!("serves no clients"),
            Note::Configured { version, members } => {
                tracing::info!("configuration {version}: {members}");
            }
            Note::Recovered { zxid, sessions, .. } => {
                tracing::info!("recovered {zxid}, {sessions} sessions");
            }
            Note::Truncated { to } => tracing::info!("log cut to {to}, as the leader says"),
            Note::Installed { zxid, .. } => tracing::info!("took over the leader's tree at {zxid}"),
            Note::Snapshot { zxid } => tracing::info!("snapshot at {zxid}"),
            Note::Expired { session, .. } => tracing::info!("session {session} expires"),
            _ => {}
        }
    }

    /// Ends what is left. Whatever the server has said is still said.
    async fn end(self) -> Result<(), Error> {
        self.outlets.values().for_each(|outlet| outlet.end(End::Orderly));
        self.node.farewells.all().await;
        match self.failure {
            Some(reason) => Err(Error::Failed(reason)),
            None => {
                self.node.disk.finish();
                Ok(())
            }
        }
    }
}

/// Whether somebody reads the trace.
fn traced() -> bool {
    tracing::enabled!(tracing::Level::DEBUG)
}
