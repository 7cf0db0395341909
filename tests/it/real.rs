//! The real server: a process with sockets and a disk. Every wait is for something, and bounded.

mod bench;
mod crowds;
mod data_folders;
mod ensemble;
mod full_disk;
mod http;
mod java_tools;
pub(crate) mod kit;
mod large;
mod observer_masters;
mod program;
mod reconfig;
mod rust_client;
mod standalone;
mod strangers;
mod tls;
