//! Menagerie: a deterministic simulation testbed for a ZooKeeper-compatible coordination service.
//!
//! *A pure service, a simulated world that moves it, and pure judges that read what happened.*
//!
//! ```text
//!  scenario.toml ──seed──▶ Plan ──run──▶ Outcome ──▶ report.json, history.jsonl, plan.toml
//!    a person's wish       all of it     history          │
//!                          as data       + verdicts       │
//!                            ▲                            │
//!                            └────────── replay ──────────┘
//! ```
//!
//! Each arrow is one function: [`scenario::Plan::draw`], [`run::run`], [`report::write`]. A plan is
//! everything that a run needs; nothing else is random, and nothing else is read.
//!
//! # The map
//!
//! In the order of the floors: a module names only modules of floors above its own, and of those
//! only the ones in the table of `tests/it/tidy.rs`, which prints every breach.
//!
//! | module | what is in it |
//! | --- | --- |
//! | **words** | |
//! | [`base`] | what every module shares: ids, paths, time, chance, error codes |
//! | [`history`] | everything that can happen in a run, in plain words; readable without the wire |
//! | [`wire`] | ZooKeeper's records and bytes, both ways; no state |
//! | **the service** | |
//! | [`storage`] | how bytes survive a crash: log, snapshots, epochs; knows no znode and no quorum |
//! | [`tree`] | what the data is: znodes, transactions, watches; knows no server, no quorum, no file |
//! | [`zab`] | how servers agree: election, discovery, synchronisation, broadcast; knows no znode |
//! | [`ops`] | one file for each operation: its record, and what a server does with it |
//! | [`client`] | one client as a value: connect, keep alive, move on, never send twice |
//! | [`server`] | one server as a value: the one place where agreement meets data |
//! | [`real`] | the same server on sockets, disks and clocks: what `menagerie-server` runs |
//! | **the testbed** | |
//! | [`faults`] | one file each: a choice of actions |
//! | [`model`] | the service as its users understand it; shares no code with [`tree`], which it judges |
//! | [`workloads`] | one file each: a generator of one client's steps |
//! | [`checkers`] | one file each: a fold over the history, and the verdict |
//! | [`mutants`] | one file each: a planted bug as one wrong rule, and its story |
//! | **the world** | |
//! | [`sim`] | network, disks, clocks and nodes on madsim; performs, decides nothing |
//! | [`scenario`] | scenario files, and plans: what is to be run, as data |
//! | [`mod@run`] | performs plans: one, many side by side, one twice |
//! | [`report`] | what is left of a run: files, and what is read of them |
//! | [`cli`] | the command line: one file for each command |
//!
//! A `mod.rs` holds the module's doc, its re-exports and, where it is a registry, the trait and the
//! table.
//!
//! # Invariants
//!
//! 1. Only `sim` and `run` name madsim; only `real` and `run` name tokio. Everything else is
//!    synchronous: no clock, no thread, no file, no socket, no environment, no log line.
//! 2. Calls go down, values come up: no callbacks and no channels between modules.
//! 3. A core ([`server::Server`], [`client::Client`], [`zab::Peer`], [`storage::Store`],
//!    [`tree::Tree`]) is a value. Time comes in with each call, what has to happen goes out as
//!    effects.
//! 4. Performing an effect never waits. What comes of it is an input: a `Sync` now, a `Synced` later.
//! 5. One inbox for each node; its order is the order of the run.
//! 6. The history is only written while the run lasts and only read afterwards. Three write to it:
//!    client nodes, server nodes, the nemesis. Checkers see nothing else; they cannot see the cluster.
//! 7. Whatever is random is in the plan, or drawn from a ChaCha8 stream that the plan's seed and a
//!    label name ([`base::Rng::stream`]), so that removing one thing moves nothing else.
//! 8. Nothing iterates in an order that is not its own: there is no hash map, and no floating point.
//! 9. Results go to the standard output through `cli/print.rs`, and through nothing else.
//!
//! # The path of a client's request
//!
//! ```text
//!  workloads/<name>.rs     next(what was seen) -> Step::Do(op)
//!  sim/client_node.rs      Input::Call; the client's statements become Invoke, Return
//!  client/calls.rs         Op -> ops::Request -> Effect::Send
//!  sim/link.rs             bytes ─▶ sim/network.rs decides when, or never ─▶ the server's inbox
//!  sim/server_node.rs      one input at a time to Server::handle
//!  server/connections.rs   frames of a connection
//!  server/clients.rs       header; handshake, session, what waits for what
//!  ops/<name>.rs           a read: answered from the tree ──────────────────────┐
//!  server/pipeline.rs      a write: to the leader                               │
//!  ops/<name>.rs           prepare upon the overlay -> Txn    (the leader only) │
//!  zab/leader.rs           propose -> append, sync, PROPOSAL to the learners    │
//!  zab/learner.rs          append, sync; once synced, ACK                       │
//!  zab/leader.rs           a quorum of ACK -> COMMIT                            │
//!  tree/tree.rs            apply; the server notes zxid and digest              │
//!  tree/watches.rs         who is told                                          │
//!  sim/server_node.rs      the reply as an effect ◀─────────────────────────────┘
//!  client/in_flight.rs     the xid matches
//!  sim/client_node.rs      records Return, and asks the workload again
//! ```
//!
//! A run has phases, which the history shows as events: **start** (a leader exists), **load**
//! (clients and faults), **heal** (every fault stopped), **settle** (bounded), **verify** (everything
//! is read). Safety is judged throughout, liveness only after heal.
//!
//! # Where to add what
//!
//! | to add | write | register | a test fails if |
//! | --- | --- | --- | --- |
//! | a fault | `src/faults/<name>.rs` | `mod` and a line in `faults/mod.rs` | the line is missing, or no scenario uses it |
//! | a workload | `src/workloads/<name>.rs` | the same in `workloads/mod.rs` | the same |
//! | a checker | `src/checkers/<name>.rs` | the same in `checkers/mod.rs` | the same; or no history in `tests/data/checkers/<name>` is accepted, or none rejected |
//! | an operation | `src/ops/<name>.rs` | the same in `ops/mod.rs` | the line is missing, or its bytes are not in `tests/it/codec.rs`; workloads reach it by an `Op` and an arm in [`model`] |
//! | a planted bug | `src/mutants/<name>.rs`, `scenarios/mutants/<name>.toml` | the same in `mutants/mod.rs` | the line is missing, the scenario does not catch it, or its plan fails without it |
//! | a scenario | `scenarios/<budget>/<name>.toml` | nothing | it does not parse, or names what does not exist |
//! | a failure once found | its plan, as `scenarios/regressions/<name>.toml` | nothing | the run does not end as its `expect` says |
//! | a command | `src/cli/<name>.rs` | a variant in `cli/args.rs` | the snapshot of its `--help` is missing |

#[cfg(not(madsim))]
compile_error!(
    "the simulator needs `--cfg madsim --cfg tokio_unstable`. `.cargo/config.toml` sets them, but an \
     exported RUSTFLAGS (or CARGO_ENCODED_RUSTFLAGS) hides that file: unset it, or use \
     CARGO_BUILD_RUSTFLAGS, which is merged with it."
);

// Words.
pub mod base;

pub mod history;
pub mod wire;

// The service: pure.
pub mod storage;
pub mod tree;
pub mod zab;

pub mod ops;

pub mod client;
pub mod server;

// The server's real world. It waits, and names no simulator.
pub mod real;

// The testbed: pure.
pub mod faults;
pub mod model;
pub mod workloads;

pub mod checkers;

pub mod mutants;

// The world: the only code that waits. Without the simulator there is none, and the error above
// is the only one.
#[cfg(madsim)]
pub mod sim;

#[cfg(madsim)]
pub mod scenario;

#[cfg(madsim)]
pub mod run;

#[cfg(madsim)]
pub mod report;

#[cfg(madsim)]
pub mod cli;
