//! `menagerie bench`: prints how fast the testbed is, and whether that is enough. A server's figures are
//! `bench_server`'s.

use super::args::BenchArgs;
use super::bench_server::bench_server;
use super::{CliError, find, print};
use crate::report::{Table, bad, dim, good, grouped};
use crate::run::Exit;
use crate::run::bench::{self, Figure, Machine, Target};
use crate::scenario::Scenario;
use serde::Serialize;

/// Where the scenarios are that most figures are about.
const FAST: &str = "scenarios/fast";

/// The result, for programs.
#[derive(Serialize)]
struct Measured {
    machine: Machine,
    figures: Vec<Figure>,
}

/// Measures everything. A target that is missed is told, and no failure: machines differ.
pub fn bench(args: &BenchArgs) -> Result<Exit, CliError> {
    if !args.server.is_empty() {
        return bench_server(args);
    }
    let scenarios = fast_scenarios()?;
    print::remark(&format!("memory: {} runs of {} …", args.runs, scenarios[0].name));
    let memory = bench::memory(&scenarios[0], args.runs);
    print::remark("clients that never pause …");
    let mut figures = bench::saturated();
    print::remark("fast scenarios …");
    figures.extend(bench::fast(&scenarios));
    figures.push(memory);
    let measured = Measured { machine: Machine::this(), figures };
    print::result_as(args.format, &measured, || text(&measured));
    Ok(Exit::Held)
}

/// At least one.
fn fast_scenarios() -> Result<Vec<Scenario>, CliError> {
    let files = find::scenario_files(FAST)?;
    files.iter().map(|file| Ok(Scenario::load(file)?)).collect()
}

fn text(measured: &Measured) -> String {
    let Machine { cpu, cores } = &measured.machine;
    let mut table = Table::default();
    table.row(["figure", "measured", "target", ""].map(dim));
    for figure in &measured.figures {
        table.row([
            figure.name.clone(),
            format!("{} {}", grouped(figure.value), figure.unit),
            target(figure),
            reached(figure.reached),
        ]);
    }
    format!("{cpu}, {cores} cores\n\n{}", table.render(""))
}

fn target(figure: &Figure) -> String {
    match figure.target {
        Some(Target::AtLeast(least)) => format!("at least {}", grouped(least)),
        Some(Target::AtMost(most)) => format!("at most {}", grouped(most)),
        None => "-".to_owned(),
    }
}

fn reached(reached: Option<bool>) -> String {
    match reached {
        Some(true) => good("reached"),
        Some(false) => bad("missed"),
        None => String::new(),
    }
}
