//! Performs a plan: a fresh thread, a fresh world, the same history every time.

use super::outcome::{FaultCount, OpCounts, Outcome, RunOptions, ServerState};
use super::phases::Phases;
use super::usage;
use crate::base::{ServerId, Time};
use crate::checkers::Judge;
use crate::history::{Event, Members, Message, What};
use crate::mutants::{Rules, rules_of};
use crate::scenario::{Plan, PlanClient};
use crate::server::{ClientLimits, Config, Membership, OperationSettings, Passing, SessionKinds};
use crate::sim::{
    Board, ClientPlan, ClientProcess, Cluster, Recorded, Recorder, ServerBoard, ServerProcess,
    Steps, World, WorldSettings, address_of,
};
use madsim::runtime::Runtime;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How often a leader looks for znodes that go by themselves: as often as short runs need.
const PASSING_CHECK_MS: u64 = 1_000;
/// How long madsim takes to drop the tasks of killed nodes.
pub(super) const TEAR_DOWN: Duration = Duration::from_millis(2);

/// Performs the plan.
///
/// On a thread of its own: the standard library seeds its hash maps once for each thread, and
/// madsim intercepts only the first seeding (`madsim.md`, 6).
pub fn run(plan: &Plan, options: &RunOptions) -> Outcome {
    let (plan, options) = (plan.clone(), *options);
    on_a_thread(move || perform(&plan, options))
}

/// Performs the plan, with everything that its nodes say of themselves going there.
pub(super) fn run_traced(plan: &Plan, options: &RunOptions, to: tracing::Dispatch) -> Outcome {
    let (plan, options) = (plan.clone(), *options);
    on_a_thread(move || tracing::dispatcher::with_default(&to, || perform(&plan, options)))
}

fn on_a_thread(perform: impl FnOnce() -> Outcome + Send + 'static) -> Outcome {
    let thread = std::thread::Builder::new().name("run".to_owned());
    let work = move || (perform(), usage::thread_cpu_us());
    let thread = thread.spawn(work).expect("the system gives a thread");
    let (outcome, cpu_us) = thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    usage::spend(cpu_us);
    outcome
}

/// The messages of a run that is over: the plan once more, which gives the same history. The error
/// is the other history, when it does not.
pub fn messages_of(plan: &Plan, outcome: &Outcome) -> Result<Vec<Message>, Vec<Event>> {
    let again = run(plan, &RunOptions { messages: true, ..RunOptions::default() });
    match again.messages {
        Some(messages) if again.digest == outcome.digest => Ok(messages),
        _ => Err(again.events),
    }
}

/// What is left when a run is over, however it ended.
struct Left {
    recorded: Recorded,
    simulated: Time,
    servers: Vec<(ServerId, ServerBoard)>,
    steps: Steps,
    messages: Option<Vec<Message>>,
}

fn perform(plan: &Plan, options: RunOptions) -> Outcome {
    quiet_panics();
    let rules = rules_of(plan.mutant.as_deref()).expect("names are checked when a plan is read");
    let judge = Judge::new(&plan.checkers).expect("and so are checkers");
    let runtime = Runtime::with_seed_and_config(plan.world_seed, madsim::Config::default());
    let world = World::install(&runtime, world_settings(plan));
    if options.messages {
        world.record_messages();
    }
    let recorder = Arc::new(Recorder::new(world.clone(), judge));
    let board = Arc::new(Mutex::new(None));
    let whole = live(plan, options, rules, (world.clone(), recorder.clone(), board.clone()));
    let shell = seeded_shell(plan.world_seed);
    QUIET.set(true);
    let ended = catch_unwind(AssertUnwindSafe(|| {
        shell.block_on(tokio::task::unconstrained(async { runtime.block_on(whole) }));
    }));
    QUIET.set(false);
    let board = board.lock().unwrap_or_else(PoisonError::into_inner).take();
    let board: Option<Arc<Board>> = board;
    let left = Left {
        simulated: recorder.last_at(),
        recorded: recorder.finish(),
        servers: board.iter().flat_map(|board| board.servers()).collect(),
        steps: board.map(|board| board.take_steps()).unwrap_or_default(),
        messages: world.take_messages(),
    };
    outcome(left, ended.err().map(describe))
}

/// The seeded tokio around madsim: whatever draws from tokio draws from the plan.
pub(super) fn seeded_shell(seed: u64) -> tokio::runtime::Runtime {
    let rng_seed = tokio::runtime::RngSeed::from_bytes(&seed.to_le_bytes());
    let mut shell = tokio::runtime::Builder::new_current_thread();
    shell.rng_seed(rng_seed).build().expect("a runtime without drivers needs nothing")
}

fn world_settings(plan: &Plan) -> WorldSettings {
    WorldSettings {
        seed: plan.seed,
        redraws: plan.redraws.clone(),
        network: plan.network.clone(),
        disk: plan.disk.clone(),
        servers: plan.servers().len() as u8,
        clients: plan.clients.iter().map(|client| client.id.0).max().unwrap_or(0),
    }
}

/// The board of the cluster, once there is one; also when the run breaks off.
type Shown = Arc<Mutex<Option<Arc<Board>>>>;

async fn live(
    plan: &Plan,
    options: RunOptions,
    rules: Rules,
    (world, recorder, shown): (Arc<World>, Arc<Recorder>, Shown),
) {
    let driver = madsim::task::spawn(world.clone().drive());
    let mut cluster = Cluster::new(world.clone(), recorder);
    *shown.lock().unwrap_or_else(PoisonError::into_inner) = Some(cluster.board.clone());
    if options.steps {
        cluster.board.keep_steps();
    }
    start(plan, rules, &mut cluster);
    let stop_at = options.stop_at.unwrap_or(Time::NEVER);
    Phases { plan, cluster: &cluster, stop_at }.go().await;
    cluster.recorder.close();
    cluster.kill_all();
    madsim::time::sleep(TEAR_DOWN).await;
    world.stop();
    driver.await.expect("the driver ends when it is told to");
}

fn start(plan: &Plan, rules: Rules, cluster: &mut Cluster) {
    let (voters, observers) = (plan.ensemble.voters(), plan.ensemble.observers());
    let address = |it: &PlanClient| (it.id, address_of(it.id.into()));
    let addresses = plan.clients.iter().map(address).collect();
    let members = Members { voters, observers };
    let enforces_quotas = plan.ensemble.enforces_quotas;
    cluster.recorder.record(What::Ensemble { members, addresses, enforces_quotas });
    for id in plan.servers() {
        cluster.start_server(ServerProcess {
            world: cluster.world.clone(),
            recorder: cluster.recorder.clone(),
            board: cluster.board.clone(),
            config: server_config(plan, id),
            rules: rules.server,
        });
    }
    for client in &plan.clients {
        cluster.start_client(ClientProcess {
            world: cluster.world.clone(),
            recorder: cluster.recorder.clone(),
            board: cluster.board.clone(),
            plan: client_plan(plan, client),
            workload: plan.build_workload(client),
            rules: rules.client,
        });
    }
}

fn server_config(plan: &Plan, id: ServerId) -> Config {
    let ensemble = &plan.ensemble;
    // A server that waits for a part believes at first to be one more voter, as ZooKeeper's guide has
    // it started.
    let spare =
        (!ensemble.voters().contains(&id) && !ensemble.observers().contains(&id)).then_some(id);
    let voters: Vec<ServerId> = ensemble.voters().into_iter().chain(spare).collect();
    let members = Membership::named(&voters, &ensemble.observers());
    Config {
        init_limit_ticks: u64::from(ensemble.init_limit_ticks),
        sync_limit_ticks: u64::from(ensemble.sync_limit_ticks),
        // The simulated network has one such port, whatever its number.
        observer_master_port: ensemble.observer_masters.then_some(2_191),
        snapshot_every: ensemble.snapshot_every,
        snapshot_chunk: ensemble.snapshot_chunk as usize,
        commit_log_count: ensemble.commit_log_count as usize,
        notification_max_ms: u64::from(ensemble.max_notification_interval_ms),
        operations: OperationSettings {
            extended_types: true,
            enforces_quota: ensemble.enforces_quotas,
            reconfigures: ensemble.reconfigures,
            // Only an administrator may change the members; there is none here.
            skips_acl: ensemble.reconfigures,
            standalone_enabled: !ensemble.reconfigures,
            ..OperationSettings::default()
        },
        sessions: SessionKinds {
            local: ensemble.local_sessions,
            upgrades: ensemble.local_sessions,
            read_only: ensemble.read_only,
        },
        clients: ClientLimits {
            outstanding_max: ensemble.outstanding_max as usize,
            requests_max: Some(ensemble.requests_max as usize).filter(|&it| it > 0),
            ..ClientLimits::default()
        },
        passing: Passing { check_ms: PASSING_CHECK_MS, ..Passing::default() },
        ..Config::new(id, members, u64::from(ensemble.tick_ms))
    }
}

fn client_plan(plan: &Plan, client: &PlanClient) -> ClientPlan {
    ClientPlan {
        id: client.id,
        servers: client.servers.clone(),
        session_timeout_ms: client.session_timeout_ms,
        read_only: client.read_only,
        start: Time::from_ms(client.start_ms),
        workload_rng: plan.streams().stream(&client.stream),
        client_rng: plan.streams().stream(&format!("hosts/{}", client.stream)),
    }
}

fn outcome(left: Left, internal: Option<String>) -> Outcome {
    let state = |(server, it): (ServerId, ServerBoard)| ServerState {
        server,
        up: it.up,
        role: it.state.role,
        epoch: it.state.epoch,
        zxid: it.state.zxid,
        sessions: it.state.sessions as u32,
        digest: it.state.digest,
        serving: it.state.serving,
    };
    let Recorded { events, digest, checks } = left.recorded;
    Outcome {
        digest,
        simulated: left.simulated,
        checks,
        ops: OpCounts::of(&events),
        faults: FaultCount::of(&events),
        servers: left.servers.into_iter().map(state).collect(),
        steps: left.steps,
        internal,
        messages: left.messages,
        events,
    }
}

thread_local! {
    /// Where the panic of this thread's run came from.
    static PANICKED_AT: std::cell::RefCell<Option<String>> =
        const { std::cell::RefCell::new(None) };
    /// Whether this thread is inside of a run.
    static QUIET: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// A panic inside a run becomes part of its outcome; it is not printed. Others are, as always.
fn quiet_panics() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let loud = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !QUIET.get() {
                return loud(info);
            }
            let at = info.location().map(|at| format!("{}:{}", at.file(), at.line()));
            PANICKED_AT.with_borrow_mut(|place| {
                place.get_or_insert(at.unwrap_or_default());
            });
        }));
    });
}

fn describe(panic: Box<dyn Any + Send>) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
    let place = PANICKED_AT.with_borrow_mut(Option::take).unwrap_or_default();
    format!("{} ({place})", text.unwrap_or_else(|| "a panic without words".to_owned()))
}
