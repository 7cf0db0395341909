//! The testbed's program: parse, dispatch, exit status.

use clap::Parser;
use menagerie::cli::{self, args::Args};
use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(cli::perform(Args::parse().command).code())
}
