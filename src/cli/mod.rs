//! The command line: what was asked for, one file for each command, and what is printed where.
//!
//! Results go to the standard output, everything else to the standard error.

pub mod args;
mod bench;
mod bench_server;
mod causality;
mod chart;
mod check;
mod corpus;
mod digest;
mod diverge;
mod error;
mod explain;
mod find;
mod interrupt;
mod keep;
mod list;
mod mutants;
mod print;
mod promote;
mod replay;
mod run;
mod shrink;
mod step;
mod sweep;
mod triage;
mod values;

pub use error::CliError;

use crate::run::Exit;
use args::Command;

/// Carries a command out, and says which status the program ends with.
pub fn perform(command: Command) -> Exit {
    let done = match command {
        Command::Run(args) => run::run(&args),
        Command::Sweep(args) => sweep::sweep(&args),
        Command::Replay(args) => replay::replay(&args),
        Command::Shrink(args) => shrink::shrink(&args),
        Command::Chart(args) => chart::chart(&args),
        Command::Check(args) => check::check(&args),
        Command::Corpus(args) => corpus::corpus(&args),
        Command::Causality(args) => causality::causality(&args),
        Command::Explain(args) => explain::explain(&args),
        Command::Diverge(args) => diverge::diverge(&args),
        Command::Triage(args) => triage::triage(&args),
        Command::Promote(args) => promote::promote(&args),
        Command::Mutants(args) => mutants::mutants(&args),
        Command::List(args) => list::list(&args),
        Command::Bench(args) => bench::bench(&args),
        Command::Digest(args) => digest::digest(&args),
    };
    done.unwrap_or_else(|error| {
        print::error(&error);
        Exit::NotFoundOut
    })
}
