//! Menagerie: a deterministic simulation testbed for a ZooKeeper-compatible coordination service.

pub mod base;
pub mod checkers;
pub mod cli;
pub mod client;
pub mod faults;
pub mod history;
pub mod model;
pub mod mutants;
pub mod ops;
pub mod report;
pub mod run;
pub mod scenario;
pub mod server;
pub mod sim;
pub mod storage;
pub mod tree;
pub mod wire;
pub mod workloads;
pub mod zab;
