//! All integration tests, one binary.

mod client;
mod codec;
mod scripts;
