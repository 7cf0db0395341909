//! Menagerie: a deterministic simulation testbed for a ZooKeeper-compatible coordination service.

pub mod base;
pub mod checkers;
pub mod faults;
pub mod history;
pub mod model;
pub mod mutants;
pub mod sim;
pub mod workloads;
