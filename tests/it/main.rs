//! All integration tests, one binary.

mod checkers;
