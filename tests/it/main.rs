//! All integration tests, one binary.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]

mod cli;
mod codec;
mod faults;
mod scenarios;
mod workloads;
