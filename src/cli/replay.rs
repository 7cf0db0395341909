//! `menagerie replay`: a plan once more, compared with what it came to before.

use super::args::ReplayArgs;
use super::{CliError, find, print, step};
use crate::report::{self, Parting, Report, bad, good};
use crate::run::{self, Exit, Outcome, RunOptions, ServerState};
use crate::scenario::Plan;
use serde::Serialize;

/// How much of what led to where two histories part is said.
const PARTING_CONTEXT: usize = 5;

/// The result, for programs.
#[derive(Serialize)]
struct Replayed<'a> {
    /// Whether the history is that of `report.json`; null where that was not asked or not there.
    same: Option<bool>,
    /// The digest in `report.json`.
    recorded_digest: Option<&'a str>,
    /// Where the run was stopped.
    #[serde(skip_serializing_if = "Option::is_none")]
    until_ms: Option<u64>,
    #[serde(flatten)]
    report: &'a Report,
}

/// Runs the plan again.
pub fn replay(args: &ReplayArgs) -> Result<Exit, CliError> {
    let (plan_file, report_file) = find::report_files(&args.from);
    let plan = report::read_plan(&plan_file)?;
    let recorded = match report_file.is_file() {
        true => Some(report::read_report(&report_file)?),
        false => None,
    };
    if args.step {
        return step::step(args, &plan);
    }
    if args.trace {
        run::show_trace();
    }
    let outcome = run::run(
        &plan,
        &RunOptions { stop_at: args.until, trace: args.trace, ..RunOptions::default() },
    );
    match args.until {
        Some(_) => Ok(show_servers(args, &plan, &outcome)),
        None => Ok(compare(args, &plan, &outcome, recorded.as_ref())),
    }
}

/// What there is to see where the run was stopped. Nothing is judged: it did not come to its end.
fn show_servers(args: &ReplayArgs, plan: &Plan, outcome: &Outcome) -> Exit {
    let report = Report::new(plan, outcome, &args.from);
    let until_ms = args.until.map(|until| until.as_ms());
    let json = Replayed { same: None, recorded_digest: None, until_ms, report: &report };
    print::result_as(args.format, &json, || stopped_text(&report, &outcome.servers));
    Exit::Held
}

fn stopped_text(report: &Report, servers: &[ServerState]) -> String {
    let simulated = crate::base::Time::from_ms(report.simulated_ms);
    let (scenario, seed, events) = (&report.scenario, report.seed, report.events);
    let head = format!("stopped    {scenario}, seed {seed}, at t={simulated}, {events} events\n\n");
    head + &report::servers_text(servers)
}

fn compare(args: &ReplayArgs, plan: &Plan, outcome: &Outcome, recorded: Option<&Report>) -> Exit {
    let report = Report::new(plan, outcome, &args.from);
    let recorded_digest = recorded.map(|recorded| recorded.digest.as_str());
    let same = recorded_digest.map(|digest| digest == report.digest);
    let json = Replayed { same, recorded_digest, until_ms: None, report: &report };
    print::result_as(args.format, &json, || {
        report::replay_text(&report)
            + &comparison(recorded, &report)
            + &parting(args, outcome, same)
    });
    if same == Some(false) { Exit::Diverged } else { outcome.verdict(plan).exit() }
}

/// Where another history parts from the recorded one, if that is still there.
fn parting(args: &ReplayArgs, outcome: &Outcome, same: Option<bool>) -> String {
    let file = find::report_files(&args.from).1.with_file_name(report::HISTORY);
    match report::read_history(&file) {
        Ok(recorded) if same == Some(false) => {
            let names = [file.display().to_string(), "this run".to_owned()];
            let parting = Parting::of(&recorded, &outcome.events);
            parting.map(|it| it.text(&names, PARTING_CONTEXT)).unwrap_or_default()
        }
        Ok(_) | Err(_) => String::new(),
    }
}

fn comparison(recorded: Option<&Report>, report: &Report) -> String {
    match recorded {
        None => {
            "replay     no report.json beside the plan, so nothing to compare with\n".to_owned()
        }
        Some(recorded) if recorded.digest == report.digest => {
            format!("replay     {}, digest {}\n", good("the same history"), report.digest)
        }
        Some(recorded) => format!(
            "replay     {}: digest {}, recorded {} by version {}\n\
             why        the build is another one, or not deterministic\n",
            bad("another history"),
            report.digest,
            recorded.digest,
            recorded.version,
        ),
    }
}
