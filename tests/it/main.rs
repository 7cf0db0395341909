//! All integration tests, one binary.

mod codec;
