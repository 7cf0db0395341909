//! All integration tests, one binary.

mod faults;
mod scenarios;
mod workloads;
