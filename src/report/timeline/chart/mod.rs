//! A window of a run as a sequence diagram: for a terminal, and for an issue.
//!
//! The same rows in three forms. Evidence is always there, also where it lies before the window.

mod mermaid;
mod rows;
mod svg;
mod text;

pub use rows::{Form, Window, chart};
