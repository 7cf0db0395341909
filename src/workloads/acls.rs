//! Clients that show who they are, and znodes that are not for everybody: some may read, some may
//! write, some may say who may, and not all of them know it.

use super::ask::{ANY, below, check, children, delete, exists, get, path, set, show, watching};
use super::turns::{PAUSE_MS, Turns};
use super::{Seat, Seen, Step, Workload};
use crate::base::{Range, Rng, ZPath};
use crate::history::{Acl, Acls, Answer, CreateMode, Form, Op, Outcome, id_of_secret};
use serde::Deserialize;
use std::num::NonZeroU32;
use toml::Table;
use toml::de::Error;

/// Whom there is, each with a password.
const SECRETS: [&str; 3] = ["ann:apple", "bob:birch", "eve:elder"];

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Options {
    /// How many znodes.
    keys: NonZeroU32,
    pause_ms: Range<u64>,
}

impl Default for Options {
    fn default() -> Options {
        Options { keys: NonZeroU32::MIN.saturating_add(2), pause_ms: PAUSE_MS }
    }
}

struct AclClient {
    turns: Turns,
    seat: Seat,
    root: ZPath,
    keys: Vec<ZPath>,
    /// Whether the session knows who the client is.
    shown: bool,
    written: u32,
}

/// One client's generator.
pub fn build(options: Table, seat: Seat) -> Result<Box<dyn Workload>, Error> {
    let options: Options = options.try_into()?;
    let root = path("/acls");
    Ok(Box::new(AclClient {
        seat,
        keys: (0..options.keys.get()).map(|key| below(&root, &format!("k{key}"))).collect(),
        turns: Turns::new(seat, options.pause_ms, vec![root.clone()]),
        root,
        shown: false,
        written: 0,
    }))
}

impl Workload for AclClient {
    fn next(&mut self, seen: Seen<'_>, rng: &mut Rng) -> Step {
        if seen == Seen::SessionEnded {
            self.shown = false;
        }
        for (op, answer) in self.turns.answered(seen) {
            self.learn(&op, answer);
        }
        if let Some(step) = self.turns.rest(rng) {
            return step;
        }
        let key = self.keys[rng.below(self.keys.len() as u64) as usize].clone();
        let ops = if self.shown { self.requests(&key, rng) } else { self.show(&key, rng) };
        self.turns.ask(ops)
    }
}

impl AclClient {
    fn learn(&mut self, op: &Op, answer: &Answer) {
        match (op, answer) {
            (Op::AddAuth(_), Answer::Ok { outcome: Outcome::Authenticated, .. }) => {
                self.shown = true;
            }
            // The session may be another one by now.
            (_, Answer::Unknown(_)) => self.shown = false,
            _ => {}
        }
    }

    /// A client is one of them, and works before it has shown it, too.
    fn show(&self, key: &ZPath, rng: &mut Rng) -> Vec<Op> {
        let show = show("digest", self.secret(0));
        match rng.below(4) {
            0 => vec![get(key), show],
            1 => vec![set(key, "early", ANY), get(key), show, get(key)],
            _ => vec![show, get(key)],
        }
    }

    fn requests(&mut self, key: &ZPath, rng: &mut Rng) -> Vec<Op> {
        let child = below(key, &format!("c{}", rng.below(2)));
        match rng.below(24) {
            0..=4 => vec![self.create(key, rng)],
            5..=6 => vec![self.create(&child, rng)],
            7..=8 => vec![set(key, self.value(), ANY)],
            9..=10 => vec![get(key), exists(&child)],
            11 => vec![watching(get(key)), watching(children(key))],
            12 => vec![Op::GetAcl { path: key.clone() }],
            13..=14 => vec![self.set_acl(key, rng)],
            15 => vec![self.set_acl(key, rng), get(key), Op::GetAcl { path: key.clone() }],
            16 => vec![delete(&child, ANY)],
            17 => vec![delete(&child, ANY), delete(key, ANY)],
            18 => vec![delete(key, ANY), self.create(key, rng)],
            19 => vec![Op::Multi(vec![check(key, ANY), set(key, self.value(), ANY)])],
            20 => vec![Op::Multi(vec![self.create(&child, rng), set(&child, self.value(), ANY)])],
            21 => vec![children(&self.root), exists(key)],
            22 if rng.below(3) == 0 => self.show_more(key, rng),
            _ => vec![get(key), watching(exists(key))],
        }
    }

    /// Somebody can be two at once. Whoever shows what makes no sense loses the session.
    fn show_more(&mut self, key: &ZPath, rng: &mut Rng) -> Vec<Op> {
        if rng.below(4) == 0 {
            self.shown = false;
            return vec![set(key, self.value(), ANY), show("riddle", "mellon"), get(key)];
        }
        vec![set(key, self.value(), ANY), get(key), show("digest", self.secret(1)), get(key)]
    }

    fn create(&mut self, key: &ZPath, rng: &mut Rng) -> Op {
        let ephemeral = rng.below(8) == 0;
        let mode = if ephemeral { CreateMode::Ephemeral } else { CreateMode::Persistent };
        let (data, acls) = (self.value().into(), self.acls(rng));
        Op::Create { path: key.clone(), data, mode, acls, form: Form::Second }
    }

    fn set_acl(&self, key: &ZPath, rng: &mut Rng) -> Op {
        let version = if rng.below(3) == 0 { rng.below(3) as i32 } else { ANY };
        Op::SetAcl { path: key.clone(), acls: self.acls(rng), version }
    }

    /// Most lists leave somebody who may delete the znode's children and change the list; deleting
    /// the znode is up to its parent, which is for everybody.
    fn acls(&self, rng: &mut Rng) -> Acls {
        let own = || Acl::new("auth", "", Acl::ALL);
        let other = self.secret(1 + rng.below(2) as u32);
        let theirs = |perms| Acl::new("digest", id_of_secret(other), perms);
        let network = format!("10.1.0.{}/31", 2 * rng.below(4));
        match rng.below(10) {
            0..=2 => Acls::OPEN,
            3 => vec![own()].into(),
            4 => vec![own(), Acl::new("world", "anyone", Acl::READ)].into(),
            5 => vec![own(), theirs(Acl::READ | Acl::WRITE)].into(),
            6 => vec![theirs(Acl::ALL), Acl::new("world", "anyone", Acl::ADMIN)].into(),
            7 => vec![Acl::new("ip", network, Acl::ALL & !Acl::READ), own()].into(),
            8 => vec![Acl::new("world", "anyone", Acl::ALL & !Acl::WRITE)].into(),
            _ => vec![Acl::new("riddle", "mellon", Acl::ALL)].into(),
        }
    }

    fn secret(&self, offset: u32) -> &'static str {
        SECRETS[(self.seat.index.wrapping_add(offset) as usize) % SECRETS.len()]
    }

    fn value(&mut self) -> String {
        self.written += 1;
        format!("{}-{}", self.seat.index, self.written)
    }
}
