//! The world as its nodes and its nemesis use it, on madsim.

use super::*;
use crate::base::ClientId;
use madsim::runtime::Handle;

const S1: NodeId = NodeId::Server(ServerId(1));
const S2: NodeId = NodeId::Server(ServerId(2));
const C1: NodeId = NodeId::Client(ClientId(1));
const PORT: Port = Port::Learner;
const DIALLED: ConnId = ConnId(0);

/// Runs a test inside a world of two servers and a client, in a seeded shell on a thread of its own.
fn in_world<R: Send + 'static>(
    seed: u64,
    test: impl AsyncFnOnce(Arc<World>) -> R + Send + 'static,
) -> R {
    let run = move || {
        let rng_seed = tokio::runtime::RngSeed::from_bytes(&seed.to_le_bytes());
        let mut shell = tokio::runtime::Builder::new_current_thread();
        let shell = shell.rng_seed(rng_seed).build().unwrap();
        let runtime = Runtime::with_seed_and_config(seed, madsim::Config::default());
        let settings = WorldSettings { seed, servers: 2, clients: 1, ..WorldSettings::default() };
        let world = World::install(&runtime, settings);
        let left = Arc::downgrade(&world);
        let whole = async move {
            let driver = madsim::task::spawn(world.clone().drive());
            let result = test(world.clone()).await;
            world.stop();
            driver.await.unwrap();
            result
        };
        let result = shell.block_on(tokio::task::unconstrained(async { runtime.block_on(whole) }));
        drop(runtime);
        assert!(left.upgrade().is_none(), "nothing of a run is left behind");
        result
    };
    std::thread::spawn(run).join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// Attaches a node whose process the test plays itself.
fn attach(world: &World, node: NodeId) -> (Process, Arc<Inbox>) {
    let process = Handle::current().create_node().name(node.to_string()).build().id();
    (process, world.attach(node, process))
}

async fn pass(ms: u64) {
    madsim::time::sleep(std::time::Duration::from_millis(ms)).await;
}

#[test]
fn a_timer_fires_at_its_time_and_only_the_last_one() {
    in_world(1, async |world| {
        let (_, inbox) = attach(&world, S1);
        let start = world.now();
        for after_us in [90_000, 250, 7_000, 3_000] {
            world.wake_at(S1, Time(start.0 + after_us));
        }
        assert_eq!(inbox.next().await, Arrival::Wake);
        assert_eq!(world.now(), Time(start.0 + 3_000));
        pass(200).await;
        assert_eq!(inbox.try_next(), None);
        world.wake_at(S1, Time::ZERO);
        assert_eq!(inbox.next().await, Arrival::Wake, "a time that has passed is now");
        world.wake_at(S1, world.now() + Millis(1));
        world.wake_at(S1, Time::NEVER);
        pass(10).await;
        assert_eq!(inbox.try_next(), None);
    });
}

#[test]
fn a_new_incarnation_sees_nothing_that_was_meant_for_the_old_one() {
    in_world(1, async |world| {
        let (process, old) = attach(&world, S1);
        let server = ServerId(1);
        let bytes = b"x".to_vec();
        world.disk_push(server, DiskOp::Write { file: "a".into(), offset: 0, bytes, zxid: None });
        world.disk_push(server, DiskOp::Sync { file: "a".into() });
        world.disk_push(server, DiskOp::Barrier { token: 1 });
        world.wake_at(S1, world.now() + Millis(2));
        world.skew(server, 0, 0);
        world.crash(S1, false);
        Handle::current().kill(process);
        let new = world.attach(S1, process);
        pass(1000).await;
        assert_eq!((old.try_next(), new.try_next()), (None, None));
        assert_eq!(world.disk_image(server)["a"], b"x");
    });
}

#[test]
fn a_node_that_madsim_kills_is_a_dead_process_to_its_peers() {
    in_world(1, async |world| {
        let ((_, one), (process, two)) = (attach(&world, S1), attach(&world, S2));
        world.listen(S2, PORT);
        world.dial(S1, DIALLED, S2, PORT);
        assert_eq!(one.next().await, Arrival::Connected { conn: DIALLED });
        assert!(matches!(two.next().await, Arrival::Accepted { .. }));
        Handle::current().kill(process);
        assert_eq!(one.next().await, Arrival::Closed { conn: DIALLED });
    });
}

#[test]
fn a_synced_and_named_log_is_reported_with_its_time() {
    in_world(1, async |world| {
        let (_, inbox) = attach(&world, S2);
        let (server, zxid) = (ServerId(2), Zxid::from_wire(5));
        let (file, bytes) = ("log".to_owned(), vec![1]);
        let write = DiskOp::Write { file: file.clone(), offset: 0, bytes, zxid: Some(zxid) };
        for op in [write, DiskOp::SyncDir, DiskOp::Sync { file }, DiskOp::Barrier { token: 9 }] {
            world.disk_push(server, op);
        }
        assert_eq!(inbox.next().await, Arrival::DiskDone { token: 9 });
        assert_eq!(world.drain_durable(), [(world.now(), server, zxid)]);
        assert_eq!(world.drain_durable(), []);
    });
}

#[test]
fn a_skewed_server_has_its_own_time() {
    in_world(1, async |world| {
        let (_, inbox) = attach(&world, S1);
        let server = ServerId(1);
        world.skew(server, 5000, 100_000);
        assert_eq!(inbox.next().await, Arrival::Wake);
        let start = world.now();
        let goal = world.local(server, start) + Millis(110);
        world.wake_at(S1, world.true_time_of(server, goal));
        assert_eq!(inbox.next().await, Arrival::Wake);
        assert_eq!(world.now().since(start), Millis(100));
        world.unskew(server);
        let now = world.now();
        assert_eq!(world.wall_ms(server, now), crate::sim::WALL_START_MS + now.as_ms() as i64);
    });
}

#[test]
fn the_kernel_of_a_paused_node_goes_on() {
    in_world(1, async |world| {
        let processes = echo_servers(&world);
        let (_, client) = attach(&world, C1);
        pass(1).await;
        Handle::current().pause(processes[0]);
        world.dial(C1, DIALLED, S1, PORT);
        assert_eq!(client.next().await, Arrival::Connected { conn: DIALLED });
        world.send(C1, DIALLED, vec![7]);
        pass(5000).await;
        assert_eq!(client.try_next(), None);
        Handle::current().resume(processes[0]);
        assert_eq!(client.next().await, Arrival::Bytes { conn: DIALLED, bytes: vec![7] });
        kill(&processes).await;
    });
}

/// Sends everything back that it hears.
async fn echo(world: Arc<World>, node: NodeId, inbox: Arc<Inbox>) {
    loop {
        if let Arrival::Bytes { conn, bytes } = inbox.next().await {
            world.send(node, conn, bytes);
        }
    }
}

/// Starts both servers as nodes that echo what they hear.
fn echo_servers(world: &Arc<World>) -> Vec<Process> {
    let start = |node| {
        let started = world.clone();
        let init = move || {
            let world = started.clone();
            let inbox = world.attach(node, plugin::node());
            world.listen(node, PORT);
            echo(world, node, inbox)
        };
        Handle::current().create_node().init(init).build().id()
    };
    [S1, S2].map(start).to_vec()
}

/// Kills nodes, and waits until their tasks are gone.
async fn kill(processes: &[Process]) {
    processes.iter().for_each(|&process| Handle::current().kill(process));
    pass(2).await;
}

/// Sixteen messages bounce between a client and the servers until so many packets have landed.
/// Returns the moment and the exact number.
async fn bounce(world: Arc<World>, until_landed: u64) -> (Time, u64) {
    let processes = echo_servers(&world);
    let (_, client) = attach(&world, C1);
    pass(1).await;
    for (number, server) in (0..16).zip([S1, S2].iter().cycle()) {
        world.dial(C1, ConnId(2 * number), *server, PORT);
    }
    while world.landed_count() < until_landed {
        match client.next().await {
            Arrival::Connected { conn } => world.send(C1, conn, vec![0; 64]),
            Arrival::Bytes { conn, bytes } => world.send(C1, conn, bytes),
            other => panic!("nothing goes wrong here: {other:?}"),
        }
    }
    let result = (world.now(), world.landed_count());
    kill(&processes).await;
    result
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let run = |seed| in_world(seed, async |world| bounce(world, 5_000).await);
    assert_eq!(run(7), run(7));
    assert_ne!(run(7), run(8));
}
