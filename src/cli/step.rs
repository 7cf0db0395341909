//! `menagerie replay --step`: walks through a run, moment by moment. Reads a command a line, from a
//! person or a pipe.

use super::args::ReplayArgs;
use super::{CliError, print};
use crate::base::Time;
use crate::report::{self, bold, dim};
use crate::run::{self, Exit, Moment, Outcome, RunOptions};
use crate::scenario::Plan;
use std::collections::BTreeSet;
use std::io::{BufRead, IsTerminal, stdin};

/// How it is used.
const HELP: &str = "\
  n, or nothing      the next moment            b           the one before
  n s2               the next of a node         b s2        the one before of a node
  k applied          the next with an event of this kind (`k invoke`, `k act cut`, `k expired`)
  x 0x1a             the next that names this session
  t 13.2s            the first at or after this time
  e 1440             the one with this event    v           the one in which it turns out
  l                  the moments around         h           this
  q                  the end
";

/// Runs the plan once, and walks through what happened as it is told.
pub fn step(args: &ReplayArgs, plan: &Plan) -> Result<Exit, CliError> {
    let options = RunOptions { stop_at: args.until, ..RunOptions::default() };
    let (outcome, moments) = run::moments(plan, &options);
    let mut walk = Walk { moments, outcome, at: 0 };
    let seen_by_a_person = stdin().is_terminal();
    print::result(&walk.head(plan));
    print::result(&walk.shown());
    loop {
        if seen_by_a_person {
            print::result("> ");
        }
        let mut line = String::new();
        match stdin().lock().read_line(&mut line) {
            Ok(0) | Err(_) => return Ok(Exit::Held),
            Ok(_) if line.trim() == "q" => return Ok(Exit::Held),
            Ok(_) => print::result(&walk.obey(line.trim())),
        }
    }
}

/// A run, and where in it one is.
struct Walk {
    moments: Vec<Moment>,
    outcome: Outcome,
    at: usize,
}

impl Walk {
    fn head(&self, plan: &Plan) -> String {
        let (scenario, seed) = (&plan.scenario, plan.seed);
        let (moments, events) = (self.moments.len() as u64, self.outcome.events.len() as u64);
        let counts =
            format!("{} moments, {} events", report::grouped(moments), report::grouped(events));
        format!("stepping   {scenario}, seed {seed}: {counts}; h for help\n")
    }

    /// Goes where the command says, and shows what is there.
    fn obey(&mut self, command: &str) -> String {
        let (word, rest) = command.split_once(' ').unwrap_or((command, ""));
        let rest = rest.trim();
        let place = match word {
            "" | "n" | "b" if !rest.is_empty() && !self.knows_node(rest) => {
                return format!("nobody is called {rest}; there are {}\n", self.nodes().join(", "));
            }
            "k" if !rest.is_empty() && !self.knows_kind(rest) => {
                return format!(
                    "no event is called {rest}; there are {}\n",
                    self.kinds().join(", ")
                );
            }
            "" | "n" => self.next(|it| rest.is_empty() || it.node == rest),
            "b" => self.before(|it| rest.is_empty() || it.node == rest),
            "k" if !rest.is_empty() => self.next(|it| self.has_kind(it, rest)),
            "x" if !rest.is_empty() => self.next(|it| self.names(it, rest)),
            "t" => match super::values::parse_time(rest) {
                Ok(time) => self.first(|it| it.at >= time),
                Err(reason) => return format!("{reason}\n"),
            },
            "e" => match rest.parse::<u64>() {
                Ok(event) if event >= self.outcome.events.len() as u64 => {
                    return format!("there are events 0 to {}\n", self.outcome.events.len() - 1);
                }
                Ok(event) => self.first(|it| it.events.contains(&event)),
                Err(_) => {
                    return "expected the number of an event, for example `e 1440`\n".to_owned();
                }
            },
            "v" => self.violation(),
            "l" => return self.around(),
            "h" => return HELP.to_owned(),
            _ => return format!("unknown command `{command}`; h for help\n"),
        };
        match place {
            Some(place) => {
                self.at = place;
                self.shown()
            }
            None => "nothing like that from here on\n".to_owned(),
        }
    }

    fn nodes(&self) -> Vec<&str> {
        let nodes: BTreeSet<&str> = self.moments.iter().map(|it| it.node.as_str()).collect();
        nodes.into_iter().filter(|name| !name.is_empty()).collect()
    }

    fn knows_node(&self, name: &str) -> bool {
        self.nodes().contains(&name)
    }

    fn kinds(&self) -> Vec<String> {
        let kinds: BTreeSet<String> = self.outcome.events.iter().map(|it| it.kind()).collect();
        kinds.into_iter().collect()
    }

    fn knows_kind(&self, kind: &str) -> bool {
        self.kinds().iter().any(|it| it.contains(kind))
    }

    fn next(&self, fits: impl Fn(&Moment) -> bool) -> Option<usize> {
        (self.at + 1..self.moments.len()).find(|&place| fits(&self.moments[place]))
    }

    fn before(&self, fits: impl Fn(&Moment) -> bool) -> Option<usize> {
        (0..self.at).rev().find(|&place| fits(&self.moments[place]))
    }

    fn first(&self, fits: impl Fn(&Moment) -> bool) -> Option<usize> {
        self.moments.iter().position(fits)
    }

    /// Where the first violation turns out.
    fn violation(&self) -> Option<usize> {
        let checks = self.outcome.all_checks();
        let evidence = checks.iter().filter_map(|check| check.violation.as_ref());
        let event = evidence.filter_map(|it| it.evidence.last().copied()).min()?;
        self.first(|it| it.events.contains(&event))
    }

    fn has_kind(&self, moment: &Moment, kind: &str) -> bool {
        let events = moment.events.iter().filter_map(|&it| self.outcome.events.get(it as usize));
        events.map(|event| event.kind()).any(|it| it.contains(kind))
    }

    fn names(&self, moment: &Moment, session: &str) -> bool {
        let events = moment.events.iter().filter_map(|&it| self.outcome.events.get(it as usize));
        let told = |text: &String| text.contains(session);
        events.filter_map(|event| event.session()).any(|it| it.to_string() == session)
            || told(&moment.arrived)
            || moment.decided.iter().any(told)
    }

    fn shown(&self) -> String {
        let Some(it) = self.moments.get(self.at) else { return "nothing happened\n".to_owned() };
        let who = if it.node.is_empty() { "nemesis" } else { &it.node };
        let place = format!("{}/{}", self.at + 1, self.moments.len());
        let mut text = format!("\n{}  {place}, t={}\n", bold(who), exact(it.at));
        if !it.arrived.is_empty() {
            text += &report::label("arrived", &it.arrived);
        }
        text += &lines("decided", it.decided.iter().cloned());
        let events = it.events.iter().filter_map(|&place| self.outcome.events.get(place as usize));
        text += &lines("history", events.map(|event| event.to_string().trim().to_owned()));
        if !it.before.is_empty() && it.before != it.after {
            text += &report::label("before", &it.before);
            text += &report::label("after", &it.after);
        } else if !it.after.is_empty() {
            text += &report::label("state", &it.after);
        }
        text
    }

    /// A few moments on either side, a line each.
    fn around(&self) -> String {
        let from = self.at.saturating_sub(8);
        let to = (self.at + 9).min(self.moments.len());
        let line = |place: usize| {
            let it = &self.moments[place];
            let mark = if place == self.at { ">" } else { " " };
            let text = format!(
                "{mark} {:>6} {:>9} {:<4} {}",
                place + 1,
                it.at.to_string(),
                it.node,
                it.arrived
            );
            format!("{}\n", if place == self.at { text } else { dim(&text) })
        };
        (from..to).map(line).collect()
    }
}

/// The label in front of the first line, nothing in front of the others.
fn lines(label: &str, lines: impl Iterator<Item = String>) -> String {
    let labels = std::iter::once(label).chain(std::iter::repeat(""));
    labels.zip(lines).map(|(label, line)| report::label(label, &line)).collect()
}

/// To the microsecond: moments lie close together.
fn exact(at: Time) -> String {
    format!("{}.{:06}s", at.0 / 1_000_000, at.0 % 1_000_000)
}
