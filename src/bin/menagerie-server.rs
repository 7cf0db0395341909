//! The server's program: the same server that the testbed simulates, on real sockets and disks.
//!
//! It takes in the service's sources and not the library, which has the simulator in it: whoever
//! links that gets its `clock_gettime`, `getrandom` and six more instead of the system's.
//! `tests/it/real/program.rs` looks.

#![allow(dead_code, unused_imports, reason = "the library needs what this program does not")]

#[path = "../base/mod.rs"]
mod base;
#[path = "../client/mod.rs"]
mod client;
#[path = "../history/mod.rs"]
mod history;
#[path = "../ops/mod.rs"]
mod ops;
#[path = "../real/mod.rs"]
mod real;
#[path = "../server/mod.rs"]
mod server;
#[path = "../storage/mod.rs"]
mod storage;
#[path = "../tree/mod.rs"]
mod tree;
#[path = "../wire/mod.rs"]
mod wire;
#[path = "../zab/mod.rs"]
mod zab;

use clap::Parser;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

const MORE: &str = "\
The file is a zoo.cfg as ZooKeeper's users write it. Alone:

  tickTime=2000
  dataDir=/var/lib/zookeeper
  clientPort=2181

In an ensemble, also, the same on each server, with the server's number in the file dataDir/myid:

  initLimit=10
  syncLimit=5
  server.1=zoo1:2888:3888
  server.2=zoo2:2888:3888
  server.3=zoo3:2888:3888

Without a file the server stands alone, on 127.0.0.1:2181, with its data in ./menagerie-data.

SIGTERM and SIGINT end it in order. What it does goes to the standard error; how much of it, the
environment variable RUST_LOG says (`warn`, `info`, `debug`: every input and effect).

Exit status:
  0  ended by a signal
  1  ended by itself: its data cannot be read, or its disk cannot be relied upon
  2  not started: a bad zoo.cfg, a port or a folder that somebody else uses";

/// A coordination service that speaks ZooKeeper's protocol and keeps its files.
#[derive(Parser)]
#[command(name = "menagerie-server", version, after_help = MORE, max_term_width = 100)]
struct Args {
    /// The configuration
    #[arg(value_name = "ZOO.CFG")]
    file: Option<PathBuf>,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let level = EnvFilter::builder().with_default_directive(tracing::Level::INFO.into());
    tracing_subscriber::fmt()
        .with_env_filter(level.from_env_lossy())
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .init();
    match serve(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(anstream::stderr(), "error: {error}");
            ExitCode::from(if matches!(error, real::Error::Failed(_)) { 1 } else { 2 })
        }
    }
}

fn serve(args: &Args) -> Result<(), real::Error> {
    let cfg = real::load(args.file.as_deref())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(real::Error::Runtime)?;
    runtime.block_on(real::run(cfg))
}
