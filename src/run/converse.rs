//! An ensemble to talk to, byte by byte: the servers of a run, and in the place of clients,
//! workloads and faults one [`Wire`].

use super::run::{TEAR_DOWN, seeded_shell};
use crate::base::{ClientId, Millis};
use crate::checkers::Judge;
use crate::server::{Config, Rules};
use crate::sim::{
    Cluster, DiskSettings, NetworkSettings, Recorder, ServerProcess, Wire, World, WorldSettings,
};
use madsim::runtime::{Handle, Runtime};
use std::sync::Arc;
use std::time::Duration;

/// How often the ensemble is looked at while it forms.
const LOOK: Duration = Duration::from_millis(100);
/// How long it may take until every server serves.
const START_MAX: Millis = Millis(60_000);

/// Whom to talk to.
#[derive(Clone, Debug)]
pub struct Audience {
    /// Names every stream of chance.
    pub seed: u64,
    /// The servers, from `s1`.
    pub servers: Vec<Config>,
    /// How the network behaves.
    pub network: NetworkSettings,
    /// How the disks behave.
    pub disk: DiskSettings,
}

/// Starts the servers, waits until all of them serve, and has `talk` speak to them. What `talk`
/// returns comes back when everything is over; its panics do, too.
pub fn converse<T, F>(audience: Audience, talk: impl FnOnce(Wire) -> F + Send + 'static) -> T
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let thread = std::thread::Builder::new().name("converse".to_owned());
    let thread = thread.spawn(move || perform(&audience, talk));
    let thread = thread.expect("the system gives a thread");
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

fn perform<T, F>(audience: &Audience, talk: impl FnOnce(Wire) -> F + Send + 'static) -> T
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let runtime = Runtime::with_seed_and_config(audience.seed, madsim::Config::default());
    let settings = WorldSettings {
        seed: audience.seed,
        redraws: Vec::new(),
        network: audience.network.clone(),
        disk: audience.disk.clone(),
        servers: audience.servers.len() as u8,
        clients: 1,
    };
    let world = World::install(&runtime, settings);
    let whole = live(audience, world, talk);
    let shell = seeded_shell(audience.seed);
    shell.block_on(tokio::task::unconstrained(async { runtime.block_on(whole) }))
}

async fn live<T, F>(
    audience: &Audience,
    world: Arc<World>,
    talk: impl FnOnce(Wire) -> F + Send + 'static,
) -> T
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let driver = madsim::task::spawn(world.clone().drive());
    let judge = Judge::new(&[""; 0]).expect("nobody judges");
    let recorder = Arc::new(Recorder::new(world.clone(), judge));
    let mut cluster = Cluster::new(world.clone(), recorder);
    for config in &audience.servers {
        cluster.start_server(ServerProcess {
            world: cluster.world.clone(),
            recorder: cluster.recorder.clone(),
            board: cluster.board.clone(),
            config: config.clone(),
            rules: Rules::CORRECT,
        });
    }
    everybody_serves(&cluster).await;
    let node = Handle::current().create_node().name("c1").build();
    let talking = {
        let world = world.clone();
        node.spawn(async move { talk(Wire::attach(world, ClientId(1))).await })
    };
    let said = talking.await.expect("a panic ends the whole conversation");
    cluster.recorder.close();
    cluster.kill_all();
    Handle::current().kill(node.id());
    madsim::time::sleep(TEAR_DOWN).await;
    world.stop();
    driver.await.expect("the driver ends when it is told to");
    said
}

async fn everybody_serves(cluster: &Cluster) {
    let until = cluster.world.now() + START_MAX;
    while !cluster.board.servers().values().all(|it| it.state.serving) {
        assert!(cluster.world.now() < until, "an undisturbed ensemble serves at last");
        madsim::time::sleep(LOOK).await;
    }
}
