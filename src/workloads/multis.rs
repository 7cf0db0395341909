//! Atomic moves between accounts. The parent's data say what all accounts have together
//! (`sum=400`), and in no version of the tree may they have more or less.

use super::ask::{ANY, below, check, create, get, path, set};
use super::turns::{PAUSE_MS, Turns};
use super::{Seat, Seen, Step, Workload};
use crate::base::{Range, Rng, ZPath};
use crate::history::{Answer, Op, Outcome};
use serde::Deserialize;
use toml::Table;
use toml::de::Error;

/// What each account has in the beginning.
const START: i64 = 100;

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Options {
    /// How many; at least two.
    accounts: u32,
    pause_ms: Range<u64>,
}

impl Default for Options {
    fn default() -> Options {
        Options { accounts: 4, pause_ms: PAUSE_MS }
    }
}

/// An account as last read.
#[derive(Clone)]
struct Account {
    path: ZPath,
    balance: i64,
    version: i32,
}

struct Multis {
    turns: Turns,
    root: ZPath,
    accounts: Vec<ZPath>,
    /// Whether this client has to see to it that the accounts exist.
    opens: bool,
    /// What the last turn read.
    read: Vec<Account>,
}

/// One client's generator. The first client opens the accounts.
pub fn build(options: Table, seat: Seat) -> Result<Box<dyn Workload>, Error> {
    let options: Options = options.try_into()?;
    let root = path("/multis");
    let accounts = 0..options.accounts.max(2);
    Ok(Box::new(Multis {
        turns: Turns::new(seat, options.pause_ms, Vec::new()),
        accounts: accounts.map(|account| below(&root, &format!("a{account}"))).collect(),
        root,
        opens: seat.index == 0,
        read: Vec::new(),
    }))
}

impl Workload for Multis {
    fn next(&mut self, seen: Seen<'_>, rng: &mut Rng) -> Step {
        for (op, answer) in self.turns.answered(seen) {
            self.learn(&op, answer);
        }
        if let Some(step) = self.turns.rest(rng) {
            return step;
        }
        if self.opens {
            let open = self.open();
            return self.turns.ask(vec![open]);
        }
        match std::mem::take(&mut self.read).as_slice() {
            [from, to] => {
                let step = self.shift(from, to, rng);
                self.turns.ask(vec![step])
            }
            _ => {
                rng.shuffle(&mut self.accounts);
                let two = self.accounts.iter().take(2).map(get).collect();
                self.turns.ask_at_once(two)
            }
        }
    }
}

impl Multis {
    fn learn(&mut self, op: &Op, answer: &Answer) {
        let Answer::Ok { outcome, .. } = answer else { return };
        match (op, outcome) {
            (Op::GetData { path, .. }, Outcome::Data { data, stat }) => {
                let balance = data.as_text().and_then(|text| text.parse().ok()).unwrap_or(0);
                self.read.push(Account { path: path.clone(), balance, version: stat.version });
            }
            // Done, or refused because an earlier attempt of unknown fate has done it.
            (Op::Multi(_), _) => self.opens = false,
            _ => {}
        }
    }

    /// Everything at once, so that no version of the tree has some of the accounts only.
    fn open(&self) -> Op {
        let sum = START * self.accounts.len() as i64;
        let parent = create(&self.root, format!("sum={sum}"));
        let accounts = self.accounts.iter().map(|account| create(account, START.to_string()));
        Op::Multi(std::iter::once(parent).chain(accounts).collect())
    }

    fn shift(&self, from: &Account, to: &Account, rng: &mut Rng) -> Op {
        let amount = rng.below(START as u64) as i64;
        let take = set(&from.path, (from.balance - amount).to_string(), from.version);
        let give = set(&to.path, (to.balance + amount).to_string(), to.version);
        Op::Multi(match rng.below(10) {
            0 => vec![take, give, check(&below(&self.root, "missing"), ANY)],
            1 => vec![take, set(&to.path, "0", to.version + 1_000)],
            2..=3 => vec![check(&self.root, ANY), take, give],
            4 => vec![take, give, check(&from.path, from.version + 1)],
            _ => vec![take, give],
        })
    }
}
