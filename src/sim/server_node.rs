//! A server's process: takes what arrives, hands it to the [`Server`], performs what it wants.
//! Decides nothing.

use super::STATES;
use super::cluster::{Board, ServerBoard};
use super::inbox::{Arrival, Inbox};
use super::recorder::Recorder;
use super::standstill::Standstill;
use super::world::World;
use crate::base::{ConnId, Millis, NodeId, ServerId, Time};
use crate::history::What;
use crate::server::{Config, Effect, Image, Input, Measures, Now, Port, Rules, Server};
use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::collections::VecDeque;
use std::sync::Arc;

/// How often the whole state is looked at. It costs a walk over the tree, so that a large one is
/// looked at less often.
const DEEP_LOOK_MS: u64 = 2_000;

/// What a server's process is made of; the same for each of its lives.
#[derive(Clone)]
pub struct ServerProcess {
    /// The world that it lives in.
    pub world: Arc<World>,
    /// Where it says what it does.
    pub recorder: Arc<Recorder>,
    /// Where it hangs out how it is.
    pub board: Arc<Board>,
    /// What it is told.
    pub config: Config,
    /// How it decides.
    pub rules: Rules,
}

impl ServerProcess {
    fn id(&self) -> ServerId {
        self.config.id
    }

    /// One life, from start to crash or halt.
    pub async fn run(self) {
        let id = self.id();
        let inbox = self.world.attach(id.into(), madsim::plugin::node());
        for port in [Port::Client, Port::Learner, Port::Observers, Port::Election] {
            self.world.listen(id.into(), port);
        }
        let mut server = Server::new(self.config.clone(), self.rules);
        let mut effects = Vec::new();
        let mut input = Input::Start;
        // What follows at once: from the disk when it is read, and from the network, which has no
        // windows and takes everything.
        let mut next = VecDeque::new();
        let mut standstill = Standstill::default();
        let mut look_deeply_at = Time::ZERO;
        loop {
            assert!(standstill.passes(self.world.now()), "a server waits for something at last");
            if traced() {
                tracing::debug!("{}", server.describe_input(&input));
            }
            server.handle(self.now(), input, &mut effects);
            server.assert_invariants();
            if self.world.now() >= look_deeply_at {
                let znodes = server.state().znodes as u64;
                look_deeply_at = self.world.now() + Millis(DEEP_LOOK_MS * (1 + znodes / 50));
                server.assert_deep_invariants();
            }
            for effect in effects.drain(..) {
                if traced() {
                    tracing::debug!("  {}", server.describe_effect(&effect));
                }
                match effect {
                    Effect::ReadDisk => {
                        let image = self.world.disk_image(id).into();
                        next.push_back(Input::Loaded { image });
                    }
                    Effect::Measure { conn } => {
                        let sizes = Image::from(self.world.disk_image(id)).sizes();
                        let measures = Measures { sizes, process: None };
                        next.push_back(Input::Measured { conn, measures });
                    }
                    Effect::Flush { conn } => next.push_back(Input::Flushed { conn }),
                    Effect::Halt => return self.halt(),
                    effect => self.perform(effect),
                }
            }
            self.show(&server);
            input = match next.pop_front() {
                Some(input) => input,
                None => self.wait(&server, &inbox).await,
            };
        }
    }

    fn now(&self) -> Now {
        let now = self.world.now();
        Now { time: self.world.local(self.id(), now), wall_ms: self.world.wall_ms(self.id(), now) }
    }

    async fn wait(&self, server: &Server, inbox: &Inbox) -> Input {
        if let Some(arrival) = inbox.try_next() {
            return input_of(arrival);
        }
        let at = self.world.true_time_of(self.id(), server.deadline());
        self.world.wake_at(self.id().into(), at);
        input_of(inbox.next().await)
    }

    fn perform(&self, effect: Effect) {
        let id = self.id();
        match effect {
            Effect::Dial { conn, to, port } => self.world.dial(id.into(), conn, to.into(), port),
            Effect::Send { conn, bytes } => self.world.send(id.into(), conn, bytes),
            Effect::Close { conn } => self.world.close(id.into(), conn),
            // The network has no windows: what is not read waits at the server.
            Effect::Pause { .. } | Effect::Resume { .. } => {}
            Effect::Disk(op) => self.world.disk_push(id, op),
            // Nodes are found by their names here.
            Effect::Members(_) | Effect::Listen { .. } | Effect::Stranger { .. } => {}
            Effect::Note(note) => self.recorder.record(What::Note { server: id, note }),
            Effect::ReadDisk | Effect::Measure { .. } | Effect::Flush { .. } | Effect::Halt => {
                unreachable!("the loop does these")
            }
        }
    }

    fn show(&self, server: &Server) {
        let state = server.state();
        tracing::trace!(target: STATES, "{state}");
        self.board.show_server(self.id(), ServerBoard { up: true, paused: false, state });
    }

    /// The process ends by itself.
    fn halt(self) {
        self.board.server_down(self.id());
        self.world.crash(self.id().into(), false);
    }
}

/// Whether somebody reads the trace.
fn traced() -> bool {
    tracing::enabled!(tracing::Level::DEBUG)
}

fn input_of(arrival: Arrival) -> Input {
    match arrival {
        Arrival::Accepted { conn, port, from } => {
            Input::Accepted { conn, port, from: address(from, conn) }
        }
        Arrival::Connected { conn } => Input::Connected { conn },
        Arrival::ConnectFailed { conn } => Input::ConnectFailed { conn },
        Arrival::Bytes { conn, bytes } => Input::Bytes { conn, bytes },
        Arrival::Closed { conn } => Input::Closed { conn },
        Arrival::DiskDone { token } => Input::DiskDone { token },
        Arrival::Wake => Input::Tick,
    }
}

/// From where a node dials, in the simulated network.
fn address(node: NodeId, conn: ConnId) -> SocketAddr {
    SocketAddr::new(address_of(node), 32_768 + (conn.0 % 28_000) as u16)
}

/// Where a node is, in the simulated network: servers in 10.0.0.0/16, clients in 10.1.0.0/16.
pub fn address_of(node: NodeId) -> IpAddr {
    let (net, number) = match node {
        NodeId::Server(id) => (0, u32::from(id.0)),
        NodeId::Client(id) => (1, id.0),
    };
    let [.., high, low] = number.to_be_bytes();
    Ipv4Addr::new(10, net, high, low).into()
}
