//! All integration tests, one binary.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]

mod cause;
mod checkers;
mod cli;
mod client;
mod codec;
mod determinism;
mod disk;
mod faults;
mod golden;
mod hostile;
mod laws;
mod mutants;
mod page;
mod readme;
mod real;
mod runs;
mod samples;
mod scenarios;
mod scripts;
mod shrink;
mod tidy;
mod transcripts;
mod workloads;
