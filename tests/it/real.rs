//! The real server: a process with sockets and a disk. Every wait is for something, and bounded.

mod kit;
mod program;
mod standalone;
