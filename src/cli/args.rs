//! What can be asked for. Says whether it makes sense; does nothing.

use super::values::{Around, Mix, Seeds, parse_address, parse_around, parse_seed, parse_time};
use crate::base::{NodeId, Time};
use clap::{Args as Options, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// What `--help` says of exit statuses.
const EXIT: &str = "\
Exit status:
  0  the expectation held
  1  a safety violation
  2  it could not be found out: usage, a bad file, a run in which nothing was at risk
  3  a liveness violation
  4  the same plan gave two histories";

/// A deterministic simulation testbed for a ZooKeeper-compatible coordination service.
///
/// A scenario says what clients do and what goes wrong. With a seed it is drawn out to a plan, and
/// the same plan gives the same history, byte for byte, on every machine that runs the same build.
#[derive(Parser, Debug)]
#[command(name = "menagerie", version, after_help = EXIT)]
#[command(propagate_version = true, max_term_width = 100)]
pub struct Args {
    /// Which command.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Run one scenario with one seed, and say what came of it
    Run(RunArgs),
    /// Run many seeds of many scenarios on all cores
    Sweep(SweepArgs),
    /// Run the plan of a report again, and compare
    Replay(ReplayArgs),
    /// Find a smaller plan that fails in the same way
    Shrink(ShrinkArgs),
    /// Draw what led to a violation as a sequence diagram
    Chart(ChartArgs),
    /// Judge a stored history again
    Check(CheckArgs),
    /// Say why a run fails, beside the nearest one that passes
    Explain(ExplainArgs),
    /// Say when a failure became certain: fork its run at many points
    Causality(CausalityArgs),
    /// Say in which event two histories part, and what led to it
    Diverge(DivergeArgs),
    /// Group the failures of a sweep by what they are
    Triage(TriageArgs),
    /// Keep a failure as a plan that every `cargo test` runs
    Promote(PromoteArgs),
    /// See whether the failures that are kept still are what they were
    Corpus(CorpusArgs),
    /// See whether every planted bug is still caught, by whom, and how soon
    Mutants(MutantsArgs),
    /// List what there is: scenarios, faults, workloads, checkers, mutants
    List(ListArgs),
    /// Measure how fast the testbed is, or a server
    Bench(BenchArgs),
    /// Print digest and history of one run (what a second process does for `sweep`)
    #[command(hide = true)]
    Digest(DigestArgs),
}

/// How results are printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
}

/// `menagerie run`.
#[derive(Options, Debug)]
#[command(after_help = with_exit(
    "Examples:
  menagerie run isolated_leader
  menagerie run scenarios/fast/isolated_leader.toml --seed 77
  menagerie run calm --seed 1 --print-plan > plan.toml && menagerie replay plan.toml
  menagerie run power_failures --seed 3 --mutant none
"))]
pub struct RunArgs {
    /// A scenario's file, or its bare name below scenarios/
    pub scenario: String,
    /// What the plan is drawn from; without it one is drawn, and printed first
    #[arg(long, value_name = "N", value_parser = parse_seed)]
    pub seed: Option<u64>,
    /// Give the servers this planted bug, whatever the scenario says; `none` for right servers.
    /// The run then expects nothing, and reports what it finds
    #[arg(long, value_name = "NAME")]
    pub mutant: Option<String>,
    /// Print the plan and do not run it
    #[arg(long)]
    pub print_plan: bool,
    /// Where the report goes [default: reports/SCENARIO/SEED]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Draw timeline.html also of a run that did not fail
    #[arg(long)]
    pub html: bool,
    /// How the result is printed; json is that of report.json
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// `menagerie sweep`.
#[derive(Options, Debug)]
#[command(after_help = with_exit(
    "Examples:
  menagerie sweep scenarios/fast --seeds 0..100
  menagerie sweep scenarios/fast/isolated_leader.toml --seeds 0..10000 --jobs 8 --fail-fast

Writes to DIR: results.ndjson, a line for each run, in the order in which they end; summary.json at
the end, also when interrupted, the same for any number of jobs; SCENARIO/SEED/ with the whole
report of each run that failed. One run in twenty is done again in a second process, and both
histories are compared.
"))]
pub struct SweepArgs {
    /// Scenario files, folders of them, or bare names
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<String>,
    /// The seeds from A up to, but without, B (`A..=B` for with)
    #[arg(long, value_name = "A..B")]
    pub seeds: Seeds,
    /// How many runs at a time [default: the number of cores]
    #[arg(long, value_name = "J", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub jobs: Option<u16>,
    /// Give the servers of every scenario this planted bug; `none` for right servers
    #[arg(long, value_name = "NAME")]
    pub mutant: Option<String>,
    /// Where results and reports go
    #[arg(long, value_name = "DIR", default_value = "reports/sweep")]
    pub out: PathBuf,
    /// Stop at the first failure
    #[arg(long)]
    pub fail_fast: bool,
    /// How the summary is printed; json is that of summary.json
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// `menagerie replay`.
#[derive(Options, Debug)]
#[command(after_help = with_exit(
    "Examples:
  menagerie replay reports/isolated_leader/77
  menagerie replay reports/isolated_leader/77 --until 41.2s
  menagerie replay plan.toml --trace 2> trace.txt
  menagerie replay reports/isolated_leader/77 --step

Where report.json stands beside the plan, both histories are compared. Writes no file.
"))]
pub struct ReplayArgs {
    /// The folder of a report, or a plan
    #[arg(value_name = "REPORT_DIR|plan.toml")]
    pub from: PathBuf,
    /// Stop at this simulated time (41.2s, 41207ms, 41.207) and show each server
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub until: Option<Time>,
    /// Say on the standard error what each node does, stamped with simulated time
    #[arg(long)]
    pub trace: bool,
    /// Walk through the run moment by moment: what arrived at a node, what it decided, and how it
    /// stood before and after. Reads commands from the standard input; `h` lists them
    #[arg(long, conflicts_with_all = ["trace", "format"])]
    pub step: bool,
    /// How the result is printed
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// `menagerie shrink`.
#[derive(Options, Debug)]
#[command(after_help = with_exit(
    "Examples:
  menagerie shrink reports/isolated_leader/77
  menagerie shrink reports/isolated_leader/77 --budget 600 --jobs 8

Takes clients, faults, requests and servers away, and makes times and values simpler, as long as the
same checker sees the same kind of violation. The smaller plan names every request and every action,
and replays byte for byte. Ctrl-C keeps the smallest plan so far. The exit status is 0 when there is
a smaller plan, and 2 when the given one does not fail.
"))]
pub struct ShrinkArgs {
    /// The folder of a report, or a plan
    #[arg(value_name = "REPORT_DIR|plan.toml")]
    pub from: PathBuf,
    /// How long it may take, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub budget: u64,
    /// How many runs at a time [default: the number of cores]
    #[arg(long, value_name = "J", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub jobs: Option<u16>,
    /// Where the smaller plan and its report go [default: REPORT_DIR/shrunk]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// How the result is printed
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// `menagerie chart`.
#[derive(Options, Debug)]
#[command(after_help = with_exit(
    "Examples:
  menagerie chart reports/isolated_leader/77
  menagerie chart reports/isolated_leader/77 --around 41.2s --last 60 --nodes s1,s4
  menagerie chart reports/isolated_leader/77 --format mermaid
  menagerie chart reports/isolated_leader/77 --format svg > chart.svg

The rows are what servers and clients say, and the messages between them, which come from running the
plan again. Signs of life are left out. Evidence is always there, also from before the window.
"))]
pub struct ChartArgs {
    /// The folder of a report
    #[arg(value_name = "REPORT_DIR")]
    pub report: PathBuf,
    /// The moment that the diagram leads up to: the violation, or a simulated time [default: the
    /// violation, or the end where there is none]
    #[arg(long, value_name = "violation|TIME", value_parser = parse_around)]
    pub around: Option<Around>,
    /// How many rows it has
    #[arg(long, value_name = "N", default_value_t = 40)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub last: u32,
    /// Only these nodes, and what they say to each other [default: all]
    #[arg(long, value_name = "NODE", value_delimiter = ',')]
    pub nodes: Vec<NodeId>,
    /// How it is drawn
    #[arg(long, value_enum, default_value_t)]
    pub format: ChartFormat,
}

/// How a diagram is drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
pub enum ChartFormat {
    /// For a terminal.
    #[default]
    Text,
    /// For pages that draw Mermaid, as most issue trackers do.
    Mermaid,
    /// A picture.
    Svg,
}

/// `menagerie check`.
#[derive(Options, Debug)]
#[command(after_help = with_exit(
    "Examples:
  menagerie check reports/isolated_leader/77/history.jsonl

The checkers and the expectation are those of plan.toml beside the history; without one, all
checkers judge, and every violation counts.
"))]
pub struct CheckArgs {
    /// A stored history
    #[arg(value_name = "history.jsonl")]
    pub history: PathBuf,
    /// How the result is printed
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// `menagerie explain`.
#[derive(Options, Debug)]
#[command(after_help = with_exit(
    "Examples:
  menagerie explain reports/isolated_leader/77

Shrinks the plan (as `shrink` does, into REPORT_DIR/shrunk), finds the smallest change of it that
passes, and lays both side by side from the first event in which they differ. Writes explain.txt and
explain.json beside the report. The exit status is 2 when the plan does not fail.
"))]
pub struct ExplainArgs {
    /// The folder of a report, or a plan
    #[arg(value_name = "REPORT_DIR|plan.toml")]
    pub from: PathBuf,
    /// How long the shrinking may take, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub budget: u64,
    /// How many runs at a time [default: the number of cores]
    #[arg(long, value_name = "J", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub jobs: Option<u16>,
    /// How the result is printed
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// `menagerie causality`.
#[derive(Options, Debug)]
#[command(after_help = with_exit(
    "Examples:
  menagerie causality reports/isolated_leader/77
  menagerie causality reports/isolated_leader/77/shrunk --points 80 --forks 50

At each point everything before is kept and all chance after it is drawn anew: latencies, disks, what
clients ask and whom faults strike (when faults come is the plan's, and stays). The bar shows how
many forks fail in the same way: `#`, within `=` and `-` with 95 % confidence. The exit status is 2
when the plan does not fail.
"))]
pub struct CausalityArgs {
    /// The folder of a report, or a plan
    #[arg(value_name = "REPORT_DIR|plan.toml")]
    pub from: PathBuf,
    /// At how many points
    #[arg(long, value_name = "N", default_value_t = 40)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub points: u32,
    /// How many forks at each
    #[arg(long, value_name = "N", default_value_t = 25)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub forks: u32,
    /// How many runs at a time [default: the number of cores]
    #[arg(long, value_name = "J", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub jobs: Option<u16>,
    /// How the result is printed
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// `menagerie diverge`.
#[derive(Options, Debug)]
#[command(after_help = with_exit(
    "Examples:
  menagerie diverge reports/isolated_leader/77 reports/other
  menagerie diverge a/history.jsonl b/history.jsonl --context 20

Two runs of one plan by one build have to be the same: then the exit status is 0, and 4 otherwise.
"))]
pub struct DivergeArgs {
    /// A report's folder, or a history
    #[arg(value_name = "A")]
    pub a: PathBuf,
    /// Another one
    #[arg(value_name = "B")]
    pub b: PathBuf,
    /// How many events of the same nodes to show before
    #[arg(long, value_name = "N", default_value_t = 12)]
    pub context: usize,
    /// How the result is printed
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// `menagerie triage`.
#[derive(Options, Debug)]
#[command(after_help = with_exit(
    "Examples:
  menagerie triage reports/sweep
  menagerie triage reports/sweep reports/nightly --format json

Failures are the same when the same property does not hold and events of the same kinds prove it.
The exit status is 0 when there is no failure, and 1 when there is one.
"))]
pub struct TriageArgs {
    /// Folders with reports below them
    #[arg(required = true, value_name = "DIR")]
    pub folders: Vec<PathBuf>,
    /// How the result is printed
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// `menagerie promote`.
#[derive(Options, Debug)]
#[command(after_help = with_exit(
    "Examples:
  menagerie promote reports/isolated_leader/77/shrunk --name cut_behind_the_snapshot
  menagerie promote scenarios/regressions/old.toml --name old --force

Writes scenarios/regressions/NAME.toml: the plan, what its run comes to now, and its story. A
failure that is put right is promoted once more, and has to pass from then on.
"))]
pub struct PromoteArgs {
    /// The folder of a report, or a plan
    #[arg(value_name = "REPORT_DIR|plan.toml")]
    pub from: PathBuf,
    /// What it is called: a word, also the file's name
    #[arg(long, value_name = "NAME")]
    pub name: String,
    /// The story, in a sentence or two [default: what the checker says]
    #[arg(long, value_name = "TEXT")]
    pub about: Option<String>,
    /// Write over a plan of this name
    #[arg(long)]
    pub force: bool,
    /// How the result is printed
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// `menagerie corpus`.
#[derive(Options, Debug)]
#[command(after_help = with_exit(
    "Examples:
  menagerie corpus
  menagerie corpus --search 1000 --write

A kept failure expects a violation as long as its bug is there (a mutant's always is), or to pass
since it was put right. One that no longer shows its violation has moved: it is looked for in other
worlds and, where its scenario is known, with seeds nearby. The exit status is 1 when what was put
right fails again, and 2 when one has moved.
"))]
pub struct CorpusArgs {
    /// Where they are [default: scenarios/regressions]
    #[arg(value_name = "DIR")]
    pub folder: Option<PathBuf>,
    /// How far to look for those that have moved: so many worlds, and so many seeds each way
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub search: u32,
    /// Write what was found over what has moved
    #[arg(long)]
    pub write: bool,
    /// How the result is printed
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// `menagerie mutants`.
#[derive(Options, Debug)]
#[command(after_help = with_exit(
    "Examples:
  menagerie mutants
  menagerie mutants zk_1154 zk_1208 --shrink
  menagerie mutants --format html > mutants.html

Each mutant has five batches of seeds; figures are medians of the batches. The exit status is 1 when
a mutant survives all of them, is seen by a checker that was not meant to, or its plan fails without
it.
"))]
pub struct MutantsArgs {
    /// Which [default: all that have a scenario in scenarios/mutants]
    #[arg(value_name = "MUTANT")]
    pub names: Vec<String>,
    /// How many seeds each batch has
    #[arg(long, value_name = "N", default_value_t = 100)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub seeds: u64,
    /// How many runs at a time [default: the number of cores]
    #[arg(long, value_name = "J", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub jobs: Option<u16>,
    /// Shrink the first plan that catches each mutant
    #[arg(long)]
    pub shrink: bool,
    /// How long each shrinking may take, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 60, requires = "shrink")]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub budget: u64,
    /// How the table is printed
    #[arg(long, value_enum, default_value_t)]
    pub format: Page,
}

/// How a table is printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
pub enum Page {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
    /// As a page of its own.
    Html,
}

/// `menagerie list`.
#[derive(Options, Debug)]
#[command(after_help = with_exit(
    "Examples:
  menagerie list
  menagerie list mutants --format json
"))]
pub struct ListArgs {
    /// What to list [default: everything]
    #[arg(value_enum)]
    pub kind: Option<Kind>,
    /// How it is printed
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// What can be listed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Kind {
    /// What can be run.
    Scenarios,
    /// What goes wrong.
    Faults,
    /// What clients do.
    Workloads,
    /// Who judges.
    Checkers,
    /// Historical bugs.
    Mutants,
}

/// `menagerie bench`.
#[derive(Options, Debug)]
#[command(after_help = with_exit(
    "Examples:
  menagerie bench
  menagerie bench --server 127.0.0.1:2181
  menagerie bench --server zk1:2181,zk2:2181 --connections 50 --pipeline 10 --mix get=9,set=1

Without --server, figures are about the testbed, per second of CPU time, user and system, of this
process; it takes minutes and needs the scenarios in scenarios/fast. With it, clients keep requests
under way at a server that speaks ZooKeeper's protocol, ours or another. Measure with a release build.
"))]
pub struct BenchArgs {
    /// Over how many runs in one process memory is watched
    #[arg(long, value_name = "N", default_value_t = 1_000, conflicts_with = "server")]
    #[arg(value_parser = clap::value_parser!(u64).range(1..))]
    pub runs: u64,
    /// The server to measure; several of an ensemble with commas between
    #[arg(long, value_name = "HOST:PORT", value_delimiter = ',', value_parser = parse_address)]
    pub server: Vec<String>,
    /// What clients do
    #[command(flatten)]
    pub load: LoadArgs,
    /// How the result is printed
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// What `bench --server` asks of the server.
#[derive(Options, Debug)]
#[group(requires = "server")]
#[command(next_help_heading = "With --server")]
pub struct LoadArgs {
    /// How many clients, each with a connection of its own
    #[arg(long, value_name = "N", default_value_t = 10)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub connections: u32,
    /// How many requests each client has under way
    #[arg(long, value_name = "N", default_value_t = 1)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub pipeline: u32,
    /// What they ask for, and how often: get, set, exists, create (ephemeral, sequential), sync
    #[arg(long, value_name = "KIND=N,..", default_value = "get=8,set=2")]
    pub mix: Mix,
    /// How many bytes of data are set
    #[arg(long, value_name = "BYTES", default_value_t = 100)]
    #[arg(value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    pub size: u32,
    /// How many znodes are read and set
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub znodes: u32,
    /// For how many seconds it is measured
    #[arg(long, value_name = "S", default_value_t = 10)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub seconds: u64,
    /// For how many seconds it goes on before
    #[arg(long, value_name = "S", default_value_t = 2)]
    #[arg(value_parser = clap::value_parser!(u64).range(0..=3_600))]
    pub warmup: u64,
}

/// `menagerie digest`.
#[derive(Options, Debug)]
pub struct DigestArgs {
    /// A scenario's file, or its bare name below scenarios/
    pub scenario: String,
    /// What the plan is drawn from
    #[arg(long, value_name = "N", value_parser = parse_seed)]
    pub seed: u64,
    /// As for `run`
    #[arg(long, value_name = "NAME")]
    pub mutant: Option<String>,
}

/// A command's examples with the exit statuses behind them.
fn with_exit(examples: &str) -> String {
    format!("{examples}\n{EXIT}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        <Args as clap::CommandFactory>::command().debug_assert();
    }
}
