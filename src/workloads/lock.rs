//! The lock recipe: an ephemeral sequential znode each, the lowest number holds, and everybody
//! else watches the one before (`recipes.html`, Locks).
//!
//! Names carry the client and the attempt (`c3-7-0000000012`), so that a client whose create has
//! an unknown fate finds its own znode, as Curator does. Order is by the number alone.

use super::ask::{ANY, below, children, create_as, delete, exists, path, stat_of, sync, watching};
use super::turns::{PAUSE_MS, Turns};
use super::{Seat, Seen, Step, Workload};
use crate::base::{Millis, Range, Rng, ZPath, Zxid};
use crate::history::{Answer, Claim, CreateMode, Op, Outcome};
use serde::Deserialize;
use std::num::NonZeroU32;
use toml::Table;
use toml::de::Error;

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Options {
    locks: NonZeroU32,
    /// How long a lock is held.
    hold_ms: Range<u64>,
    /// How long to wait for the one before, before looking again.
    wait_ms: Range<u64>,
    pause_ms: Range<u64>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            locks: NonZeroU32::MIN,
            hold_ms: Range::new([200, 1_500]),
            wait_ms: Range::new([2_000, 6_000]),
            pause_ms: PAUSE_MS,
        }
    }
}

struct Lock {
    turns: Turns,
    seat: Seat,
    options: Options,
    attempt: u32,
    /// The lock that this attempt is about.
    lock: ZPath,
    state: State,
}

/// What the client has done last.
#[derive(Clone, PartialEq, Eq, Debug)]
enum State {
    /// Nothing that matters any more.
    Idle,
    /// Asked for its znode.
    Creating,
    /// Looked at the contenders.
    Looking,
    /// Left a watch on the one before.
    Watching,
    /// Waited for that watch.
    Waiting,
    /// Saw itself first in this version of the tree, and asked for the czxid of its own znode.
    First { own: ZPath, seen: Zxid },
    /// Said that it holds the lock.
    Acquired { own: ZPath },
    /// Held it for a while.
    Held { own: ZPath },
    /// Said that it gives it back; from now on it deletes its znode, until that is certain.
    Released { own: ZPath },
}

/// One client's generator.
pub fn build(options: Table, seat: Seat) -> Result<Box<dyn Workload>, Error> {
    let options: Options = options.try_into()?;
    let root = path("/lock");
    let locks = (0..options.locks.get()).map(|lock| below(&root, &format!("k{lock}")));
    let needed = std::iter::once(root.clone()).chain(locks).collect();
    let turns = Turns::new(seat, options.pause_ms, needed);
    Ok(Box::new(Lock { turns, seat, options, attempt: 0, lock: root, state: State::Idle }))
}

impl Workload for Lock {
    fn next(&mut self, seen: Seen<'_>, rng: &mut Rng) -> Step {
        let answers = self.turns.answered(seen);
        let answers: Vec<&Answer> = answers.iter().map(|(_, answer)| *answer).collect();
        match self.state.clone() {
            State::Idle => self.begin(rng),
            State::Acquired { own } => {
                self.state = State::Held { own };
                Step::Pause(Millis(self.options.hold_ms.draw(rng)))
            }
            State::Held { own } => {
                self.state = State::Released { own: own.clone() };
                Step::Claim(Claim::Released { lock: self.lock.clone(), znode: own })
            }
            // Without its session the client has neither znode nor lock.
            _ if seen == Seen::SessionEnded => self.give_up(rng),
            State::Creating => self.created(&answers, rng),
            State::Looking => self.looked(&answers, rng),
            State::Watching => self.watched(&answers, rng),
            State::Waiting => self.look(vec![]),
            State::First { own, seen } => self.first(own, seen, &answers, rng),
            State::Released { own } => self.leave(own, &answers, rng),
        }
    }
}

impl Lock {
    fn begin(&mut self, rng: &mut Rng) -> Step {
        if let Some(step) = self.turns.rest(rng) {
            return step;
        }
        self.attempt += 1;
        let lock = rng.below(u64::from(self.options.locks.get()));
        self.lock = path(&format!("/lock/k{lock}"));
        self.state = State::Creating;
        let contender = below(&self.lock, &self.prefix());
        self.turns.ask_at_once(vec![create_as(CreateMode::EphemeralSequential, &contender, "")])
    }

    fn give_up(&mut self, rng: &mut Rng) -> Step {
        self.state = State::Idle;
        self.turns.end();
        self.begin(rng)
    }

    fn created(&mut self, answers: &[&Answer], rng: &mut Rng) -> Step {
        match answers.first() {
            Some(Answer::Ok { .. }) => self.look(vec![]),
            Some(Answer::Unknown(_)) => self.look_closely(),
            Some(Answer::Refused { .. }) | None => self.give_up(rng),
        }
    }

    /// Looks at the contenders, after these requests.
    fn look(&mut self, mut first: Vec<Op>) -> Step {
        self.state = State::Looking;
        first.push(children(&self.lock));
        self.turns.ask_at_once(first)
    }

    /// Looks at them in a version of the tree that has everything that was under way.
    fn look_closely(&mut self) -> Step {
        let sync = sync(&self.lock);
        self.look(vec![sync])
    }

    fn looked(&mut self, answers: &[&Answer], rng: &mut Rng) -> Step {
        let (zxid, mut names) = match answers.last() {
            Some(Answer::Ok { zxid, outcome: Outcome::Children { children, .. } }) => {
                (*zxid, children.clone())
            }
            Some(Answer::Unknown(_)) => return self.look_closely(),
            _ => return self.give_up(rng),
        };
        names.sort_by_key(|name| number_of(name));
        let prefix = self.prefix();
        let Some(place) = names.iter().position(|name| name.starts_with(&prefix)) else {
            return self.give_up(rng);
        };
        let left_behind = self.left_behind(&names);
        if !left_behind.is_empty() {
            return self.look(left_behind);
        }
        let own = below(&self.lock, &names[place]);
        match place.checked_sub(1) {
            None => {
                self.state = State::First { own: own.clone(), seen: zxid };
                self.turns.ask_at_once(vec![exists(&own)])
            }
            Some(before) => {
                let before = below(&self.lock, &names[before]);
                self.state = State::Watching;
                self.turns.ask_at_once(vec![watching(exists(&before))])
            }
        }
    }

    /// Deletes whatever earlier attempts of this client have left: it would wait for itself.
    fn left_behind(&self, names: &[String]) -> Vec<Op> {
        let (client, attempt) = (format!("c{}-", self.seat.index), self.prefix());
        let old = names.iter().filter(|it| it.starts_with(&client) && !it.starts_with(&attempt));
        old.map(|name| delete(&below(&self.lock, name), ANY)).collect()
    }

    fn watched(&mut self, answers: &[&Answer], rng: &mut Rng) -> Step {
        match answers.first() {
            Some(Answer::Ok { .. }) => {
                self.state = State::Waiting;
                Step::Await(Millis(self.options.wait_ms.draw(rng)))
            }
            _ => self.look_closely(),
        }
    }

    fn first(&mut self, own: ZPath, seen: Zxid, answers: &[&Answer], rng: &mut Rng) -> Step {
        let answer = answers.first().copied();
        if let Some(Answer::Unknown(_)) = answer {
            return self.look_closely();
        }
        let Some(stat) = answer.and_then(stat_of) else { return self.give_up(rng) };
        self.state = State::Acquired { own: own.clone() };
        let (lock, fence) = (self.lock.clone(), stat.czxid);
        Step::Claim(Claim::Acquired { lock, znode: own, fence, seen })
    }

    fn leave(&mut self, own: ZPath, answers: &[&Answer], rng: &mut Rng) -> Step {
        match answers.first() {
            Some(Answer::Ok { .. } | Answer::Refused { .. }) => self.give_up(rng),
            Some(Answer::Unknown(_)) | None => self.turns.ask_at_once(vec![delete(&own, ANY)]),
        }
    }

    /// How the names of this attempt begin.
    fn prefix(&self) -> String {
        format!("c{}-{}-", self.seat.index, self.attempt)
    }
}

/// The number at the end of a contender's name; names without one come last.
fn number_of(name: &str) -> i64 {
    let number = name.rsplit('-').next().and_then(|digits| digits.parse().ok());
    number.unwrap_or(i64::MAX)
}
