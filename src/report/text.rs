//! A run, told to people: short, aligned, and when it failed, with what to do next.

use super::style::{Table, bad, bold, dim, good, grouped, warn};
use super::{CheckReport, PAGE, Report, command};
use crate::base::Time;
use crate::history::Role;
use crate::run::{FaultCount, OpCounts, ServerState, Verdict};
use crate::scenario::Expect;
use std::path::Path;

/// How wide the words at the beginnings of lines are.
const LABEL: usize = 11;

/// What a run came to. `dir` holds its report.
pub fn run_text(report: &Report, dir: &Path) -> String {
    let folder = label("report", &format!("{}/", dir.display()));
    let page = dir.join(PAGE);
    let picture = match page.is_file() {
        true => label("picture", &page.display().to_string()),
        false => String::new(),
    };
    replay_text(report) + &folder + &picture + &next(report, dir)
}

/// What a run came to, without where its report is.
pub fn replay_text(report: &Report) -> String {
    let mut text = headline(report);
    text += &checks_text(&report.checks);
    text += &label("ops", &ops(report.ops));
    text += &label("faults", &faults(&report.faults));
    let simulated = Time::from_ms(report.simulated_ms);
    let events = grouped(report.events);
    text += &label("simulated", &format!("{simulated}, {events} events, digest {}", report.digest));
    text + &violations_text(&report.checks, Some(report.seed))
}

/// What each checker says, a line each.
pub fn checks_text(checks: &[CheckReport]) -> String {
    let mut table = Table::default();
    for (place, check) in checks.iter().enumerate() {
        let first = format!("{:width$}", if place == 0 { "checks" } else { "" }, width = LABEL - 2);
        table.row([first, check.checker.clone(), verdict(check.verdict), risk(check)]);
    }
    table.render("")
}

/// What is wrong, two lines for each violation.
pub fn violations_text(checks: &[CheckReport], seed: Option<u64>) -> String {
    checks.iter().map(|check| violation_text(check, seed)).collect()
}

/// What this checker says is wrong; nothing where nothing is.
fn violation_text(check: &CheckReport, seed: Option<u64>) -> String {
    let Some(violation) = &check.violation else {
        return String::new();
    };
    let place = match violation.evidence.last() {
        Some(event) => format!("at event {event}, "),
        None => String::new(),
    };
    let at = Time::from_ms(violation.at_ms);
    let who = bold(&check.checker);
    let seed = seed.map(|seed| format!(", seed {seed}")).unwrap_or_default();
    let head = format!("{}  {who}  {place}t={at}{seed}\n", bad("violation"));
    let events: Vec<String> = violation.evidence.iter().map(u64::to_string).collect();
    let events = match events.is_empty() {
        true => String::new(),
        false => format!("; events {}", events.join(", ")),
    };
    head + &label("", &format!("{}{events}", violation.claim))
}

/// Each server, a line each.
pub fn servers_text(servers: &[ServerState]) -> String {
    let mut table = Table::default();
    let heads = ["server", "role", "epoch", "zxid", "sessions", "digest", ""];
    table.row(heads.map(dim));
    for it in servers {
        table.row([
            it.server.to_string(),
            role(it),
            it.epoch.to_string(),
            it.zxid.to_string(),
            it.sessions.to_string(),
            super::json::hex(it.digest),
            if it.serving { "serving".to_owned() } else { dim("not serving") },
        ]);
    }
    table.render("")
}

/// `label` in its column, then the rest.
pub fn label(label: &str, rest: &str) -> String {
    format!("{label:LABEL$}{rest}\n")
}

fn headline(report: &Report) -> String {
    let word = word(report);
    let pad = " ".repeat(LABEL.saturating_sub(word.len()));
    let painted = match (report.held, report.exit_status) {
        (true, _) => good(word),
        (false, 2) => warn(word),
        (false, _) => bad(word),
    };
    format!("{painted}{pad}{}\n", name(report))
}

/// Which run it was.
fn name(report: &Report) -> String {
    let mutant = report.mutant.as_ref().map(|name| format!(", mutant {name}"));
    let scenario = bold(&report.scenario);
    format!("{scenario}, seed {}{}", report.seed, mutant.unwrap_or_default())
}

/// What was done with a run, and with which.
pub fn headline_text(word: &str, report: &Report) -> String {
    label(word, &name(report))
}

fn word(report: &Report) -> &str {
    match (report.expect, report.held) {
        (Expect::Violation, true) => "caught",
        (Expect::Violation, false) if report.verdict == "pass" => "missed",
        (Expect::Pass | Expect::Violation, _) => &report.verdict,
    }
}

fn verdict(verdict: Verdict) -> String {
    match verdict {
        Verdict::Pass => good("pass"),
        Verdict::Violation => bad("violation"),
        Verdict::Unknown => warn("unknown"),
        Verdict::Vacuous => warn("vacuous"),
    }
}

fn risk(check: &CheckReport) -> String {
    match check.checked {
        0 => "never at risk".to_owned(),
        1 => "at risk once".to_owned(),
        times => format!("at risk {} times", grouped(times)),
    }
}

fn ops(ops: OpCounts) -> String {
    let [invoked, ok, refused, unknown] =
        [ops.invoked, ops.ok, ops.refused, ops.unknown].map(grouped);
    format!("{invoked} invoked: {ok} ok, {refused} refused, {unknown} unknown")
}

fn faults(faults: &[FaultCount]) -> String {
    let faults: Vec<String> =
        faults.iter().map(|it| format!("{} {}", it.fault, it.count)).collect();
    if faults.is_empty() { "none".to_owned() } else { faults.join(", ") }
}

fn role(server: &ServerState) -> String {
    match server.role {
        _ if !server.up => dim("down"),
        Role::Looking => "LOOKING".to_owned(),
        Role::Following(leader) => format!("FOLLOWING {leader}"),
        Role::Observing(leader) => format!("OBSERVING {leader}"),
        Role::Leading => "LEADING".to_owned(),
    }
}

/// What to do after a run that did not end as it had to.
fn next(report: &Report, dir: &Path) -> String {
    match word(report) {
        "violation" if report.held => label("next", &command("explain", dir)),
        _ if report.held => String::new(),
        "missed" => label("next", "another seed: `menagerie sweep` tries many"),
        "vacuous" => label("next", "no property was ever at risk: more clients, ops or faults"),
        "violation" => label("next", &command("explain", dir)),
        _ => label("next", &report.replay),
    }
}
