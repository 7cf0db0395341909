//! Gives the ensemble other members: servers join, leave, get another part, or are all exchanged at
//! once. Several such clients get in each other's way.

use super::turns::Turns;
use super::{Seat, Seen, Step, Workload};
use crate::base::{Range, Rng, ServerId, Zxid};
use crate::history::{Answer, Members, Op, Outcome};
use serde::Deserialize;
use toml::Table;
use toml::de::Error;

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Options {
    /// How many servers there are, spare ones included.
    servers: u8,
    /// How many voters there are at least, as far as the client knows.
    voters_min: u8,
    pause_ms: Range<u64>,
}

impl Default for Options {
    fn default() -> Options {
        Options { servers: 5, voters_min: 3, pause_ms: Range::new([1_000, 4_000]) }
    }
}

struct Reconfig {
    turns: Turns,
    servers: Vec<ServerId>,
    voters_min: usize,
    /// What was in force when it was last told, and since which version.
    known: Option<(Zxid, Members)>,
}

/// One client's generator.
pub fn build(options: Table, seat: Seat) -> Result<Box<dyn Workload>, Error> {
    let options: Options = options.try_into()?;
    Ok(Box::new(Reconfig {
        turns: Turns::new(seat, options.pause_ms, Vec::new()),
        servers: (1..=options.servers).map(ServerId).collect(),
        voters_min: usize::from(options.voters_min.clamp(1, options.servers)),
        known: None,
    }))
}

impl Workload for Reconfig {
    fn next(&mut self, seen: Seen<'_>, rng: &mut Rng) -> Step {
        for (_, answer) in self.turns.answered(seen) {
            self.learn(answer);
        }
        if let Some(step) = self.turns.rest(rng) {
            return step;
        }
        let op = match &self.known {
            // To change nothing is a way to ask.
            None => reconfig(Members::default(), Vec::new(), None),
            Some((version, members)) => self.change(*version, members, rng),
        };
        self.turns.ask(vec![op])
    }
}

impl Reconfig {
    fn learn(&mut self, answer: &Answer) {
        match answer {
            Answer::Ok { outcome: Outcome::Reconfigured { version, members }, .. } => {
                self.known = Some((*version, members.clone()));
            }
            // Somebody else may have changed it, or this client without being told.
            _ => self.known = None,
        }
    }

    fn change(&self, version: Zxid, members: &Members, rng: &mut Rng) -> Op {
        let at = (rng.below(3) == 0).then_some(version);
        let Members { voters, observers } = members;
        let joins = |voters: Vec<ServerId>, observers: Vec<ServerId>| {
            reconfig(Members { voters, observers }, Vec::new(), at)
        };
        let outside: Vec<ServerId> =
            self.servers.iter().filter(|id| !voters.contains(id)).copied().collect();
        let comes = rng.pick(&outside).copied();
        let goes = rng.pick(voters).copied().filter(|_| voters.len() > self.voters_min);
        match (rng.below(8), comes, goes) {
            (0 | 1, Some(comes), _) => joins(vec![comes], vec![]),
            (2 | 3, _, Some(goes)) => reconfig(Members::default(), vec![goes], at),
            (4, Some(comes), _) => joins(vec![], vec![comes]),
            (5, _, Some(goes)) => joins(vec![], vec![goes]),
            (6, Some(comes), Some(goes)) => {
                let joining = Members { voters: vec![comes], observers: Vec::new() };
                reconfig(joining, vec![goes], at)
            }
            (7, ..) if !observers.is_empty() => reconfig(Members::default(), observers.clone(), at),
            _ => self.exchange(at, rng),
        }
    }

    /// All of them anew.
    fn exchange(&self, at: Option<Zxid>, rng: &mut Rng) -> Op {
        let mut servers = self.servers.clone();
        rng.shuffle(&mut servers);
        let count = rng.between(self.voters_min as u64, servers.len() as u64) as usize;
        let mut observers = servers.split_off(count);
        observers.retain(|_| rng.below(2) == 0);
        observers.sort();
        servers.sort();
        let joining = Members { voters: servers, observers };
        Op::Reconfig { joining, leaving: Vec::new(), whole: true, at }
    }
}

fn reconfig(joining: Members, leaving: Vec<ServerId>, at: Option<Zxid>) -> Op {
    Op::Reconfig { joining, leaving, whole: false, at }
}
