//! How fast a server is, ours or any other that speaks ZooKeeper's protocol: clients that always
//! have so many requests under way, and how long each of them took.

use super::client::{Caller, Heard};
use super::clock::Clock;
use crate::base::{Data, ErrorCode, Time, ZPath};
use crate::history::{Acls, Answer, ConnectionChange, CreateMode, Form, Lost, Op};
use hdrhistogram::Histogram;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;
use tokio::time::timeout;

/// How long to try whether somebody listens.
const CONNECT_PATIENCE: Duration = Duration::from_secs(3);
/// How long a session may take, and everything before and after the measurement.
const SESSION_PATIENCE: Duration = Duration::from_secs(10);
const PREPARE_PATIENCE: Duration = Duration::from_secs(120);
/// So many requests prepare the znodes at a time.
const PREPARING: usize = 100;
/// Sessions last so long without a sign of life.
const SESSION_TIMEOUT_MS: u32 = 30_000;
/// Everything is below this znode, and goes in the end.
const ROOT: &str = "/menagerie-bench";

/// What clients ask for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// `getData`
    Get,
    /// `setData`
    Set,
    /// `exists`
    Exists,
    /// `create` of an ephemeral sequential znode
    Create,
    /// `sync`
    Sync,
}

impl Kind {
    /// All of them, with their names.
    pub const NAMES: [(&str, Kind); 5] = [
        ("get", Kind::Get),
        ("set", Kind::Set),
        ("exists", Kind::Exists),
        ("create", Kind::Create),
        ("sync", Kind::Sync),
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        let named = Kind::NAMES.iter().find(|it| it.1 == self);
        named.expect("every kind has a name").0
    }
}

/// What is asked of the server.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Load {
    /// Host and port of one server, or of several of an ensemble; at least one.
    pub addresses: Vec<String>,
    /// How many clients, each with a connection and a session of its own.
    pub connections: u32,
    /// How many requests each of them has under way.
    pub pipeline: u32,
    /// How often each kind is asked for, of the sum of all numbers, which is not 0.
    pub mix: BTreeMap<Kind, u32>,
    /// How many bytes of data are set.
    pub value_bytes: u32,
    /// How many znodes are read and set.
    pub znodes: u32,
    /// How long is measured.
    pub lasts: Duration,
    /// How long everything goes on before.
    pub warmup: Duration,
}

/// Why nothing was measured.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// Nobody listens there.
    #[error(
        "cannot connect to {address}: {error}. Is a server running there? For one of ours: `menagerie-server zoo.cfg`"
    )]
    Unreachable {
        /// Where.
        address: String,
        /// What the system said.
        error: std::io::Error,
    },
    /// Somebody listens, and does not serve.
    #[error("{address} takes connections, but gives no session within {} s. Is it a client port (2181), and does the server have a quorum? `echo srvr | nc` would tell", SESSION_PATIENCE.as_secs())]
    NoSession {
        /// Where.
        address: String,
    },
    /// The znodes could not be made.
    #[error("cannot prepare {ROOT}: {0}")]
    Prepare(String),
    /// The system gives no event loop.
    #[error("no event loop: {0}")]
    Runtime(std::io::Error),
}

/// Answers of one kind.
#[derive(Clone, Debug)]
pub struct Tally {
    /// How many were answered without an error.
    pub answered: u64,
    /// How many microseconds each of these took.
    pub latency_us: Histogram<u64>,
    /// How many were refused, or lost, by reason.
    pub errors: BTreeMap<String, u64>,
}

impl Default for Tally {
    fn default() -> Tally {
        // From a microsecond to a minute, three digits.
        let latency_us = Histogram::new_with_bounds(1, 60_000_000, 3);
        let latency_us = latency_us.expect("these bounds are allowed");
        Tally { answered: 0, latency_us, errors: BTreeMap::new() }
    }
}

impl Tally {
    /// Counts another one's answers as well.
    pub fn add(&mut self, other: &Tally) {
        self.answered += other.answered;
        self.latency_us.add(&other.latency_us).expect("all have the same bounds");
        for (reason, count) in &other.errors {
            *self.errors.entry(reason.clone()).or_default() += count;
        }
    }
}

/// What was measured.
pub type Measured = BTreeMap<Kind, Tally>;

/// What there is to tell while it lasts.
pub enum Step {
    /// Another second has passed, with so many answers.
    Second {
        /// Whether what is answered counts.
        measures: bool,
        /// How many were answered in it.
        answered: u64,
    },
    /// It is over.
    Done(Measured),
}

/// A measurement that is under way.
pub struct Bench {
    runtime: Runtime,
    clock: Clock,
    load: Load,
    workers: JoinSet<Measured>,
    answered: Arc<AtomicU64>,
    /// What was answered when it was last told.
    told: u64,
    next_at: Time,
    measure_from: Time,
    until: Time,
}

impl Bench {
    /// Connects everybody and makes the znodes; the warm-up begins.
    pub fn start(load: Load) -> Result<Bench, BenchError> {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(BenchError::Runtime)?;
        let clock = Clock::start();
        runtime.block_on(prepare(clock, &load))?;
        let callers = runtime.block_on(connect_all(clock, &load))?;
        let measure_from = clock.now().time + millis(load.warmup);
        let until = measure_from + millis(load.lasts);
        let answered = Arc::new(AtomicU64::new(0));
        let mut workers = JoinSet::new();
        for (number, caller) in callers.into_iter().enumerate() {
            let worker = Worker {
                caller,
                clock,
                sources: Sources::new(&load, number as u32),
                waiting: VecDeque::new(),
                pipeline: load.pipeline,
                window: (measure_from, until),
                answered: answered.clone(),
                measured: Measured::new(),
            };
            workers.spawn_on(worker.work(), runtime.handle());
        }
        let next_at = clock.now().time;
        Ok(Bench { runtime, clock, load, workers, answered, told: 0, next_at, measure_from, until })
    }

    /// Goes on for a second, or to the end.
    #[allow(clippy::should_implement_trait, reason = "it can fail, and has no end by itself")]
    pub fn next(&mut self) -> Result<Step, BenchError> {
        let begun = self.next_at;
        self.next_at = begun + crate::base::Millis(1_000);
        if begun < self.until {
            let at = self.clock.instant(self.next_at.min(self.until)).expect("it is soon");
            self.runtime.block_on(async { tokio::time::sleep_until(at.into()).await });
            let answered = self.answered.load(Ordering::Relaxed);
            let new = answered - std::mem::replace(&mut self.told, answered);
            return Ok(Step::Second { measures: begun >= self.measure_from, answered: new });
        }
        let mut measured = Measured::new();
        let all = self.runtime.block_on(std::mem::take(&mut self.workers).join_all());
        for (kind, tally) in all.into_iter().flatten() {
            measured.entry(kind).or_default().add(&tally);
        }
        self.runtime.block_on(clean_up(self.clock, &self.load))?;
        Ok(Step::Done(measured))
    }
}

fn millis(it: Duration) -> crate::base::Millis {
    crate::base::Millis(it.as_millis() as u64)
}

/// A client that keeps requests under way.
struct Worker {
    caller: Caller,
    clock: Clock,
    sources: Sources,
    /// What is under way: replies come in the order of the requests.
    waiting: VecDeque<(u64, Kind, Time)>,
    pipeline: u32,
    /// From when until when requests count.
    window: (Time, Time),
    answered: Arc<AtomicU64>,
    measured: Measured,
}

impl Worker {
    async fn work(mut self) -> Measured {
        loop {
            let goes_on = self.clock.now().time < self.window.1;
            while goes_on && self.waiting.len() < self.pipeline as usize {
                let (kind, op) = self.sources.next();
                let call = self.caller.call(op);
                self.waiting.push_back((call, kind, self.clock.now().time));
            }
            if self.waiting.is_empty() {
                break;
            }
            if let Heard::Answered { call, answer } = self.caller.next().await {
                self.count(call, &answer);
            }
        }
        close(&mut self.caller).await;
        self.measured
    }

    fn count(&mut self, call: u64, answer: &Answer) {
        let at = self.waiting.iter().position(|it| it.0 == call);
        let Some((_, kind, since)) = at.and_then(|at| self.waiting.remove(at)) else { return };
        let (now, (from, until)) = (self.clock.now().time, self.window);
        self.answered.fetch_add(1, Ordering::Relaxed);
        if since < from || now > until {
            return;
        }
        let tally = self.measured.entry(kind).or_default();
        match error_of(answer) {
            None => {
                tally.answered += 1;
                tally.latency_us.saturating_record(now.0 - since.0);
            }
            Some(reason) => *tally.errors.entry(reason).or_default() += 1,
        }
    }
}

fn error_of(answer: &Answer) -> Option<String> {
    match answer {
        Answer::Ok { .. } => None,
        Answer::Refused { code, .. } => Some(format!("{code:?}")),
        Answer::Unknown(Lost::Connection) => Some("ConnectionLoss".to_owned()),
        Answer::Unknown(Lost::Session) => Some("SessionExpired".to_owned()),
        Answer::Unknown(Lost::Auth) => Some("AuthFailed".to_owned()),
    }
}

/// What one client asks, one after the other.
struct Sources {
    /// Each kind as often as the mix says, spread evenly.
    kinds: Vec<Kind>,
    at: usize,
    znodes: Vec<ZPath>,
    value: Data,
    own: ZPath,
}

impl Sources {
    fn new(load: &Load, number: u32) -> Sources {
        let znodes: Vec<ZPath> = (0..load.znodes).map(znode).collect();
        // Clients begin at different places, so that they do not walk in step.
        let at = number as usize * 7_919;
        let own = path(&format!("{ROOT}/c{number}-"));
        Sources { kinds: spread(&load.mix), at, znodes, value: value(load), own }
    }

    fn next(&mut self) -> (Kind, Op) {
        self.at += 1;
        let kind = self.kinds[self.at % self.kinds.len()];
        let path = self.znodes[self.at % self.znodes.len()].clone();
        let op = match kind {
            Kind::Get => Op::GetData { path, watch: false },
            Kind::Exists => Op::Exists { path, watch: false },
            Kind::Sync => Op::Sync { path },
            Kind::Set => Op::SetData { path, data: self.value.clone(), version: -1 },
            Kind::Create => Op::Create {
                path: self.own.clone(),
                data: self.value.clone(),
                mode: CreateMode::EphemeralSequential,
                acls: Acls::OPEN,
                form: Form::Second,
            },
        };
        (kind, op)
    }
}

/// The mix as a list in which each kind stands as often as its number says, evenly spread.
fn spread(mix: &BTreeMap<Kind, u32>) -> Vec<Kind> {
    let total: u32 = mix.values().sum();
    let mut owed: BTreeMap<Kind, i64> = mix.keys().map(|&kind| (kind, 0)).collect();
    let mut list = Vec::new();
    for _ in 0..total {
        owed.iter_mut().for_each(|(kind, owed)| *owed += i64::from(mix[kind]));
        let most = owed.iter_mut().max_by_key(|(_, owed)| **owed).expect("the mix is not empty");
        *most.1 -= i64::from(total);
        list.push(*most.0);
    }
    list
}

fn path(text: &str) -> ZPath {
    ZPath::parse(text).expect("these paths are valid")
}

fn znode(number: u32) -> ZPath {
    path(&format!("{ROOT}/n{number}"))
}

fn value(load: &Load) -> Data {
    vec![b'x'; load.value_bytes as usize].into()
}

/// Sees whether there is a server, and makes the znodes.
async fn prepare(clock: Clock, load: &Load) -> Result<(), BenchError> {
    for address in &load.addresses {
        let unreachable = |error| BenchError::Unreachable { address: address.clone(), error };
        let stream = timeout(CONNECT_PATIENCE, TcpStream::connect(address)).await;
        let stream = stream.unwrap_or_else(|_| Err(std::io::ErrorKind::TimedOut.into()));
        drop(stream.map_err(unreachable)?);
    }
    let mut caller = connect(clock, load).await?;
    let mode = CreateMode::Persistent;
    let (acls, form) = (Acls::OPEN, Form::Second);
    let create = |path, data| Op::Create { path, data, mode, acls: acls.clone(), form };
    let root = vec![create(path(ROOT), "".into())];
    let znodes = (0..load.znodes).map(|number| create(znode(number), value(load))).collect();
    for ops in [root, znodes] {
        ask_all(&mut caller, ops, ErrorCode::NodeExists).await?;
    }
    close(&mut caller).await;
    Ok(())
}

/// Takes everything away again.
async fn clean_up(clock: Clock, load: &Load) -> Result<(), BenchError> {
    let mut caller = connect(clock, load).await?;
    let delete = |path| Op::Delete { path, version: -1 };
    let znodes = (0..load.znodes).map(|number| delete(znode(number))).collect();
    for ops in [znodes, vec![delete(path(ROOT))]] {
        ask_all(&mut caller, ops, ErrorCode::NoNode).await?;
    }
    close(&mut caller).await;
    Ok(())
}

/// Has everything done, many at a time. One error is none.
async fn ask_all(caller: &mut Caller, ops: Vec<Op>, but: ErrorCode) -> Result<(), BenchError> {
    let late = |_| BenchError::Prepare("the server takes too long".to_owned());
    timeout(PREPARE_PATIENCE, async {
        let (mut under_way, mut ops) = (0, ops.into_iter());
        loop {
            for op in ops.by_ref().take(PREPARING - under_way) {
                caller.call(op);
                under_way += 1;
            }
            if under_way == 0 {
                return Ok(());
            }
            let Heard::Answered { answer, .. } = caller.next().await else { continue };
            under_way -= 1;
            let harmless = matches!(&answer, Answer::Refused { code, .. } if *code == but);
            if let Some(reason) = error_of(&answer).filter(|_| !harmless) {
                return Err(BenchError::Prepare(reason));
            }
        }
    })
    .await
    .map_err(late)?
}

async fn connect_all(clock: Clock, load: &Load) -> Result<Vec<Caller>, BenchError> {
    let mut callers = Vec::new();
    for number in 0..load.connections as usize {
        // Each client begins with another server.
        let mut turned = load.clone();
        turned.addresses.rotate_left(number % load.addresses.len());
        callers.push(connect(clock, &turned).await?);
    }
    Ok(callers)
}

async fn connect(clock: Clock, load: &Load) -> Result<Caller, BenchError> {
    let mut caller = Caller::new(clock, load.addresses.clone(), SESSION_TIMEOUT_MS);
    let session = timeout(SESSION_PATIENCE, async {
        while !matches!(caller.next().await, Heard::Connection(ConnectionChange::Connected { .. }))
        {
        }
    });
    match session.await {
        Ok(()) => Ok(caller),
        Err(_) => Err(BenchError::NoSession { address: load.addresses.join(",") }),
    }
}

/// Ends the session; whoever does not answer is left alone.
async fn close(caller: &mut Caller) {
    let call = caller.call(Op::Close);
    let closed = timeout(CONNECT_PATIENCE, async {
        loop {
            match caller.next().await {
                Heard::Answered { call: it, .. } if it == call => return,
                Heard::Answered { .. } | Heard::Connection(_) => {}
            }
        }
    });
    let _ = closed.await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mix_is_spread_evenly() {
        let list = spread(&BTreeMap::from([(Kind::Get, 3), (Kind::Set, 1)]));
        assert_eq!(list.len(), 4);
        assert_eq!(list.iter().filter(|it| **it == Kind::Set).count(), 1);
        let list = spread(&BTreeMap::from([(Kind::Get, 50), (Kind::Set, 50)]));
        let neighbours = list.windows(2).filter(|it| it[0] == it[1]).count();
        assert_eq!(neighbours, 0, "{list:?}");
    }
}
