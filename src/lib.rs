//! Menagerie: a deterministic simulation testbed for a ZooKeeper-compatible coordination service.

pub mod base;
pub mod history;
pub mod model;
pub mod workloads;
pub mod faults;
pub mod checkers;
pub mod mutants;
pub mod sim;
