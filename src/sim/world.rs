//! The world below the nodes: network, disks, clocks and timers, moved by one task on madsim's clock.
//!
//! Everything that happens later waits on one agenda. `World` is the only door: it locks, tells the
//! agenda the time, and sets the alarm for what comes next.

use super::agenda::{Agenda, Due};
use super::alarm::Alarm;
use super::clock::Clock;
use super::disk::{Disk, Progress};
use super::inbox::{Arrival, Inbox};
use super::network::Network;
use super::settings::{DiskSettings, NetworkSettings};
use crate::base::{ConnId, Millis, NodeId, Redraw, ServerId, Streams, Time, Zxid};
use crate::history::Message;
use crate::server::DiskOp;
use crate::server::Port;
use madsim::plugin::{self, Simulator};
use madsim::rand::GlobalRng;
use madsim::runtime::Runtime;
use madsim::task::NodeId as Process;
use madsim::time::TimeHandle;
use std::collections::{BTreeMap, VecDeque};
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

/// How much of madsim's stream is skipped, at most.
const SKIP_MAX: u32 = 4_096;

/// What a world is made of.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct WorldSettings {
    /// Names every stream of chance in it, together with a label.
    pub seed: u64,
    /// From when on they are drawn anew.
    pub redraws: Vec<Redraw>,
    /// How the network behaves.
    pub network: NetworkSettings,
    /// How each server's disk behaves.
    pub disk: DiskSettings,
    /// How many servers there are, from `s1`.
    pub servers: u8,
    /// How many clients there are, from `c1`.
    pub clients: u32,
}

/// The simulated world of one run. Lives in madsim's runtime; share it by its `Arc`.
pub struct World {
    time: TimeHandle,
    state: Mutex<State>,
}

struct State {
    agenda: Agenda,
    alarm: Alarm,
    network: Network,
    disks: Vec<Disk>,
    clocks: Vec<Clock>,
    /// madsim's name of each node's process, by the node's index.
    processes: Vec<Option<Process>>,
    durable: Vec<(Time, ServerId, Zxid)>,
    /// At these moments madsim's own chance is to be moved.
    redraws: VecDeque<Redraw>,
    stopped: bool,
}

impl World {
    /// Makes a world and registers it with the runtime, so that `plugin::simulator::<World>()` finds
    /// it. Before the runtime's `block_on`; nothing moves until `drive` is spawned there.
    pub fn install(runtime: &Runtime, settings: WorldSettings) -> Arc<World> {
        runtime.add_simulator::<World>();
        let world = runtime.block_on(async { plugin::simulator::<World>() });
        *world.lock() = State::new(settings, &world.time);
        world
    }

    /// The true time: since the run began, on a clock that nothing skews.
    pub fn now(&self) -> Time {
        Time(self.time.elapsed().as_micros() as u64)
    }

    /// Makes everything happen that is due, until `stop`. One task, on madsim's node 0.
    pub async fn drive(self: Arc<Self>) {
        poll_fn(|context| self.poll_drive(context)).await;
    }

    /// Ends `drive`, whose task would otherwise keep the world alive.
    pub fn stop(&self) {
        self.with(|state| {
            state.stopped = true;
            state.alarm.ring();
        });
    }

    /// Writes down every message from now on, for [`World::take_messages`]. Nothing else changes.
    pub fn record_messages(&self) {
        self.lock().network.record_messages();
    }

    /// The messages so far, if they were recorded; nothing more is. Also behind a panic: what was
    /// sent before it was sent.
    pub fn take_messages(&self) -> Option<Vec<Message>> {
        let state = self.state.lock();
        state.unwrap_or_else(PoisonError::into_inner).network.take_messages()
    }

    /// How many packets have landed so far.
    pub fn landed_count(&self) -> u64 {
        self.with(|state| state.network.landed_count())
    }

    /// A process of the node has started, on madsim's node `process`: the machine has power, and the
    /// inbox is its own. Whatever was meant for an earlier process of the node is gone.
    pub fn attach(&self, node: NodeId, process: Process) -> Arc<Inbox> {
        let (inbox, old) = self.at(node, |state, index| {
            let old = state.crash(index, false);
            state.processes[index as usize] = Some(process);
            (state.network.attach(index), old)
        });
        dispose(old);
        inbox
    }

    /// The node's process ends at once. With `power` the whole machine is dark until the next
    /// `attach`: what was not synced may be lost, and peers hear nothing. Otherwise its kernel resets
    /// its connections and keeps its files. The caller then kills madsim's node.
    pub fn crash(&self, node: NodeId, power: bool) {
        let old = self.at(node, |state, index| state.crash(index, power));
        dispose(old);
    }

    /// Arms the node's only timer for this true time, instead of what it was armed for. `NEVER`
    /// disarms it. `Arrival::Wake` follows, once.
    pub fn wake_at(&self, node: NodeId, at: Time) {
        self.at(node, |state, index| {
            let host = state.network.host(index);
            if host.is_running() {
                host.wake_at(&mut state.agenda, index, at);
            }
        });
    }

    /// The node accepts connections on the port from now on, until its process ends.
    pub fn listen(&self, node: NodeId, port: Port) {
        self.at(node, |state, index| state.network.listen(index, port));
    }

    /// Begins a connection to a port of another node. `conn` is a number that the node does not use
    /// at present, and even. `Connected` or `ConnectFailed` follows.
    pub fn dial(&self, from: NodeId, conn: ConnId, to: NodeId, port: Port) {
        self.at(from, |state, index| {
            let peer = state.network.index_of(to);
            state.network.dial(&mut state.agenda, (index, conn), (peer, port));
        });
    }

    /// Sends bytes on an open connection. On a connection that the node's kernel has lost already,
    /// they are lost: `Closed` is in the inbox.
    pub fn send(&self, node: NodeId, conn: ConnId, bytes: Vec<u8>) {
        self.at(node, |state, index| {
            state.network.send(&mut state.agenda, (index, conn), bytes);
        });
    }

    /// Closes a connection behind what was sent on it, or gives a dial up. Nothing more arrives
    /// from it, except what is in the inbox already.
    pub fn close(&self, node: NodeId, conn: ConnId) {
        self.at(node, |state, index| state.network.close(&mut state.agenda, (index, conn)));
    }

    /// Nothing that `from` sends lands at `to` any more, until as many `heal`s as `cut`s.
    pub fn cut(&self, from: NodeId, to: NodeId) {
        self.between(from, to, |state, from, to| state.network.link(from, to).cut());
    }

    /// Undoes one cut. With the last one, what waited sets out again.
    pub fn heal(&self, from: NodeId, to: NodeId) {
        self.between(from, to, |state, from, to| {
            state.network.link(from, to).heal();
            state.network.thaw(&mut state.agenda, from, to);
        });
    }

    /// Everything that sets out from `from` to `to` takes so much longer, besides earlier clogs.
    pub fn clog(&self, from: NodeId, to: NodeId, extra_ms: u64) {
        let extra = Millis(extra_ms);
        self.between(from, to, |state, from, to| state.network.link(from, to).clog(extra));
    }

    /// Undoes the last clog.
    pub fn unclog(&self, from: NodeId, to: NodeId) {
        self.between(from, to, |state, from, to| state.network.link(from, to).unclog());
    }

    /// Breaks every connection between the two. Each side hears of it after the latency of the link
    /// to it, or when that link is healed.
    pub fn reset(&self, a: NodeId, b: NodeId) {
        self.between(a, b, |state, a, b| state.network.reset(&mut state.agenda, a, b));
    }

    /// Undoes every cut and every clog.
    pub fn heal_all(&self) {
        self.with(|state| state.network.heal_all(&mut state.agenda));
    }

    /// Gives the server's disk something more to do.
    pub fn disk_push(&self, server: ServerId, op: DiskOp) {
        self.at(server.into(), |state, index| {
            if state.network.host(index).is_running() {
                state.disks[index as usize].push(op);
                state.run_disk(index);
            }
        });
    }

    /// The server's files as its process sees them. Operations that still wait are not in it; a
    /// process that wants them there waits for a barrier first.
    pub fn disk_image(&self, server: ServerId) -> BTreeMap<String, Vec<u8>> {
        self.at(server.into(), |state, index| state.disks[index as usize].image())
    }

    /// Every sync of the server's disk that begins from now on takes `factor` times as long.
    pub fn slow_disk(&self, server: ServerId, factor: u32) {
        self.at(server.into(), |state, index| state.disks[index as usize].set_factor(factor));
    }

    /// The server's disk is as fast as before.
    pub fn fast_disk(&self, server: ServerId) {
        self.slow_disk(server, 1);
    }

    /// What became durable since the last call, in order: when, where, and up to which zxid. A later
    /// line of the same server may be lower, when its log was truncated.
    pub fn drain_durable(&self) -> Vec<(Time, ServerId, Zxid)> {
        self.with(|state| std::mem::take(&mut state.durable))
    }

    /// What the server's monotonic clock says at the true time `now`.
    pub fn local(&self, server: ServerId, now: Time) -> Time {
        self.at(server.into(), |state, index| state.clocks[index as usize].local(now))
    }

    /// What the server's wall clock says at the true time `now`, in milliseconds since 1970.
    pub fn wall_ms(&self, server: ServerId, now: Time) -> i64 {
        self.at(server.into(), |state, index| state.clocks[index as usize].wall_ms(now))
    }

    /// The true time at which the server's monotonic clock will say `local`, as it runs now.
    pub fn true_time_of(&self, server: ServerId, local: Time) -> Time {
        self.at(server.into(), |state, index| state.clocks[index as usize].true_time_of(local))
    }

    /// The server's wall clock jumps, and both its clocks run too fast or too slow from now on. Its
    /// timer comes at once, so that it can be armed anew.
    pub fn skew(&self, server: ServerId, offset_ms: i64, drift_ppm: i64) {
        self.at(server.into(), |state, index| {
            state.clocks[index as usize].skew(state.agenda.now, offset_ms, drift_ppm);
            state.network.host(index).deliver(Arrival::Wake);
        });
    }

    /// The server's clocks run true again, and its wall clock is right. Its timer comes at once.
    pub fn unskew(&self, server: ServerId) {
        self.at(server.into(), |state, index| {
            state.clocks[index as usize].unskew(state.agenda.now);
            state.network.host(index).deliver(Arrival::Wake);
        });
    }

    fn poll_drive(&self, context: &mut Context<'_>) -> Poll<()> {
        self.with(|state| {
            state.alarm.rings(context.waker(), state.agenda.now);
            while let Some((at, due)) = state.agenda.pop_due() {
                state.perform(at, due);
            }
            if !state.stopped {
                return Poll::Pending;
            }
            state.alarm.disconnect();
            Poll::Ready(())
        })
    }

    fn between(&self, from: NodeId, to: NodeId, perform: impl FnOnce(&mut State, u32, u32)) {
        self.with(|state| {
            let (from, to) = (state.network.index_of(from), state.network.index_of(to));
            perform(state, from, to);
        });
    }

    fn at<R>(&self, node: NodeId, perform: impl FnOnce(&mut State, u32) -> R) -> R {
        self.with(|state| {
            let index = state.network.index_of(node);
            perform(state, index)
        })
    }

    fn with<R>(&self, perform: impl FnOnce(&mut State) -> R) -> R {
        let mut state = self.lock();
        state.agenda.now = self.now();
        state.redraw();
        let result = perform(&mut state);
        if let Some(at) = state.agenda.next_at() {
            state.alarm.set(at);
        }
        result
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("a panic ends the run, so nobody sees a poisoned world")
    }
}

impl Simulator for World {
    /// An empty world. `install` puts the real one in its place.
    fn new(_: &GlobalRng, time: &TimeHandle, _: &madsim::Config) -> World {
        let state = State::new(WorldSettings::default(), time);
        World { time: time.clone(), state: Mutex::new(state) }
    }

    /// madsim has killed a process. When nobody said so before, it was only the process that died.
    fn reset_node(&self, process: Process) {
        let old = self.with(|state| {
            let index = state.processes.iter().position(|&it| it == Some(process))?;
            state.crash(index as u32, false)
        });
        dispose(old);
    }
}

impl State {
    fn new(settings: WorldSettings, time: &TimeHandle) -> State {
        let WorldSettings { seed, redraws, network, disk, servers, clients } = settings;
        let streams = Streams::new(seed, &redraws);
        let disk = |number| Disk::new(&streams, ServerId(number), disk.clone());
        let disks = (1..=servers).map(disk).collect();
        State {
            agenda: Agenda::default(),
            alarm: Alarm::new(time),
            network: Network::new(streams, network, servers, clients),
            disks,
            clocks: vec![Clock::default(); usize::from(servers)],
            processes: vec![None; usize::from(servers) + clients as usize],
            durable: Vec::new(),
            redraws: redraws.into(),
            stopped: false,
        }
    }

    /// madsim has one stream and no labels: when its moment comes it skips some of it, so that what
    /// follows is another part.
    fn redraw(&mut self) {
        let now = self.agenda.now;
        let is_due = |redraw: &mut Redraw| Time(redraw.from_us) <= now;
        while let Some(redraw) = self.redraws.pop_front_if(is_due) {
            for _ in 0..=redraw.seed % SKIP_MAX {
                madsim::rand::random::<u64>();
            }
        }
    }

    fn perform(&mut self, at: Time, due: Due) {
        match due {
            Due::Land(lane) => self.network.land(&mut self.agenda, lane),
            Due::DialTimeout(slot) => self.network.dial_timeout(slot),
            Due::Wake(index) => self.network.host(index).timer_due(&mut self.agenda, index, at),
            Due::Synced(index) if self.disks[index as usize].is_busy_until(at) => {
                self.run_disk(index);
            }
            Due::Synced(_) => {} // The process that began the sync is dead.
        }
    }

    fn run_disk(&mut self, index: u32) {
        let now = self.agenda.now;
        let Progress { passed, busy_until, durable } = self.disks[index as usize].run(now);
        for token in passed {
            self.network.host(index).deliver(Arrival::DiskDone { token });
        }
        if let Some(until) = busy_until {
            self.agenda.push(until, Due::Synced(index));
        }
        self.note_durable(index, durable);
    }

    fn crash(&mut self, index: u32, power: bool) -> Option<Arc<Inbox>> {
        self.processes[index as usize] = None;
        let now = self.agenda.now;
        let durable = self.disks.get_mut(index as usize).and_then(|disk| disk.crash(now, power));
        self.note_durable(index, durable);
        self.network.crash(&mut self.agenda, index, power)
    }

    fn note_durable(&mut self, index: u32, durable: Option<Zxid>) {
        let Some(zxid) = durable else { return };
        let NodeId::Server(server) = self.network.host(index).name else {
            unreachable!("only servers have disks");
        };
        self.durable.push((self.agenda.now, server, zxid));
    }
}

/// Drops what a dead process leaves behind, without the world's lock: its wakers may be the last
/// thing that holds a task.
fn dispose(inbox: Option<Arc<Inbox>>) {
    if let Some(inbox) = inbox {
        inbox.clear();
    }
}

#[cfg(test)]
mod tests;
