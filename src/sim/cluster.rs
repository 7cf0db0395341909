//! All nodes of a run: starts them, performs the nemesis' actions on them, and shows how they are.

use super::client_node::ClientProcess;
use super::recorder::Recorder;
use super::server_node::ServerProcess;
use super::world::World;
use crate::base::{ClientId, NodeId, ServerId, SessionId, Time};
use crate::faults::{ClientView, ServerView, View};
use crate::history::{Action, Phase, Role, What};
use crate::server::State;
use crate::workloads::Step;
use madsim::runtime::Handle;
use madsim::task::NodeId as Process;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A server, as the testbed sees it from outside.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ServerBoard {
    /// Whether its process runs.
    pub up: bool,
    /// Whether it stands still.
    pub paused: bool,
    /// What it last said of itself.
    pub state: State,
}

/// A client, as the testbed sees it from outside.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ClientBoard {
    /// The server that it is connected to.
    pub connected: Option<ServerId>,
    /// Its session.
    pub session: Option<SessionId>,
    /// Whether it waits for nothing: its workload rests or is done.
    pub idle: bool,
    /// Whether it has read everything in the last phase.
    pub verified: bool,
}

impl fmt::Display for ClientBoard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.connected {
            Some(server) => write!(f, "connected to {server}")?,
            None => f.write_str("not connected")?,
        }
        match self.session {
            Some(session) => write!(f, ", session {session}")?,
            None => f.write_str(", no session")?,
        }
        if self.idle { f.write_str(", at rest") } else { Ok(()) }
    }
}

/// How everybody is. The nodes hang it out; the nemesis and the phases read it.
pub struct Board {
    state: Mutex<BoardState>,
}

struct BoardState {
    phase: Phase,
    servers: BTreeMap<ServerId, ServerBoard>,
    clients: BTreeMap<ClientId, ClientBoard>,
    /// What each client was told to do, and when; only where somebody wants to know.
    steps: Option<Steps>,
}

/// What each client was told to do, and when.
pub type Steps = BTreeMap<ClientId, Vec<(Time, Step)>>;

impl Board {
    fn lock(&self) -> MutexGuard<'_, BoardState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The phase of the run.
    pub fn phase(&self) -> Phase {
        self.lock().phase
    }

    /// Every server, in ascending order.
    pub fn servers(&self) -> BTreeMap<ServerId, ServerBoard> {
        self.lock().servers.clone()
    }

    /// Every client, in ascending order.
    pub fn clients(&self) -> BTreeMap<ClientId, ClientBoard> {
        self.lock().clients.clone()
    }

    pub(super) fn show_server(&self, server: ServerId, it: ServerBoard) {
        self.lock().servers.insert(server, it);
    }

    pub(super) fn server_down(&self, server: ServerId) {
        if let Some(it) = self.lock().servers.get_mut(&server) {
            it.up = false;
            it.paused = false;
            it.state.serving = false;
            it.state.role = Role::Looking;
        }
    }

    pub(super) fn show_client(&self, client: ClientId, it: ClientBoard) {
        self.lock().clients.insert(client, it);
    }

    /// From now on what clients are told to do is written down.
    pub fn keep_steps(&self) {
        self.lock().steps.get_or_insert_default();
    }

    /// What clients were told to do.
    pub fn take_steps(&self) -> Steps {
        self.lock().steps.take().unwrap_or_default()
    }

    pub(super) fn did(&self, client: ClientId, at: Time, step: &Step) {
        if let Some(steps) = &mut self.lock().steps {
            steps.entry(client).or_default().push((at, step.clone()));
        }
    }

    /// What a fault may know.
    pub fn view(&self) -> View {
        let state = self.lock();
        let server = |(&id, it): (&ServerId, &ServerBoard)| ServerView {
            id,
            up: it.up,
            paused: it.paused,
            votes: it.state.votes,
            role: it.state.role,
            serving: it.state.serving,
        };
        let client =
            |(&id, it): (&ClientId, &ClientBoard)| ClientView { id, connected: it.connected };
        View {
            servers: state.servers.iter().map(server).collect(),
            clients: state.clients.iter().map(client).collect(),
        }
    }
}

/// All nodes.
pub struct Cluster {
    /// The world that they live in.
    pub world: Arc<World>,
    /// The history that they write.
    pub recorder: Arc<Recorder>,
    /// How they are.
    pub board: Arc<Board>,
    processes: BTreeMap<NodeId, Process>,
}

impl Cluster {
    /// Nobody yet.
    pub fn new(world: Arc<World>, recorder: Arc<Recorder>) -> Cluster {
        let state = BoardState {
            phase: Phase::Start,
            servers: BTreeMap::new(),
            clients: BTreeMap::new(),
            steps: None,
        };
        let board = Arc::new(Board { state: Mutex::new(state) });
        Cluster { world, recorder, board, processes: BTreeMap::new() }
    }

    /// Starts a server; `restart` starts the same one again.
    pub fn start_server(&mut self, process: ServerProcess) {
        let id = process.config.id;
        let fresh = crate::server::Server::new(process.config.clone(), process.rules).state();
        self.board.show_server(id, ServerBoard { up: true, paused: false, state: fresh });
        let node = Handle::current()
            .create_node()
            .name(id.to_string())
            .init(move || process.clone().run())
            .build();
        self.processes.insert(id.into(), node.id());
    }

    /// Starts a client.
    pub fn start_client(&mut self, process: ClientProcess) {
        let id = process.plan.id;
        self.board.show_client(id, ClientBoard::default());
        let node = Handle::current().create_node().name(id.to_string()).build();
        self.processes.insert(id.into(), node.id());
        node.spawn(process.run());
    }

    /// The run goes into its next phase. Clients are woken to see it.
    pub fn enter(&self, phase: Phase) {
        self.recorder.record(What::Phase(phase));
        self.board.lock().phase = phase;
        for client in self.board.clients().into_keys() {
            self.world.wake_at(client.into(), self.world.now());
        }
    }

    /// Performs an action, and writes it down.
    pub fn perform(&self, action: Action) {
        let world = &self.world;
        self.recorder.record(What::Act(action.clone()));
        match action {
            Action::Cut { from, to } => world.cut(from, to),
            Action::Heal { from, to } => world.heal(from, to),
            Action::Clog { from, to, extra_ms } => world.clog(from, to, extra_ms),
            Action::Unclog { from, to } => world.unclog(from, to),
            Action::Reset { a, b } => world.reset(a, b),
            Action::Crash { server, power } => self.crash(server, power),
            Action::Restart { server } => self.restart(server),
            Action::Pause { server } => self.pause(server, true),
            Action::Resume { server } => self.pause(server, false),
            Action::Skew { server, offset_ms, drift_ppm } => {
                world.skew(server, offset_ms, drift_ppm);
            }
            Action::Unskew { server } => world.unskew(server),
            Action::SlowDisk { server, factor } => world.slow_disk(server, factor),
            Action::FastDisk { server } => world.fast_disk(server),
        }
    }

    fn process(&self, server: ServerId) -> Process {
        self.processes[&NodeId::Server(server)]
    }

    fn crash(&self, server: ServerId, power: bool) {
        self.world.crash(server.into(), power);
        Handle::current().kill(self.process(server));
        self.board.server_down(server);
    }

    fn restart(&self, server: ServerId) {
        if let Some(it) = self.board.lock().servers.get_mut(&server) {
            it.up = true;
        }
        Handle::current().restart(self.process(server));
    }

    fn pause(&self, server: ServerId, stands_still: bool) {
        let process = self.process(server);
        if stands_still {
            Handle::current().pause(process);
        } else {
            Handle::current().resume(process);
        }
        if let Some(it) = self.board.lock().servers.get_mut(&server) {
            it.paused = stands_still;
        }
    }

    /// Ends every process, so that nothing of the run is left behind (`madsim.md`, 7).
    pub fn kill_all(&self) {
        for &process in self.processes.values() {
            Handle::current().kill(process);
        }
    }
}
