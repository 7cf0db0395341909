//! A client's turns: a pause, then some requests, until it has asked for enough. Also creates the
//! parents that turn out to be missing.

use super::ask::{create, refused_for};
use super::{Seat, Seen, Step};
use crate::base::{ErrorCode, Millis, Range, Rng, ZPath};
use crate::history::{Answer, Op};

/// How long clients think between two turns, unless their scenario says otherwise.
pub const PAUSE_MS: Range<u64> = Range::new([400, 1_200]);

/// What most workloads share.
#[derive(Clone, Debug)]
pub struct Turns {
    /// How many more requests.
    left: u32,
    pause_ms: Range<u64>,
    /// The pause before this turn is over.
    rested: bool,
    /// The requests of the last turn.
    asked: Vec<Op>,
    /// Persistent znodes that may be created when they are missing.
    parents: Vec<ZPath>,
    /// Those that are.
    missing: Vec<ZPath>,
}

impl Turns {
    /// Turns for the client in this seat, which may create these parents.
    pub fn new(seat: Seat, pause_ms: Range<u64>, parents: Vec<ZPath>) -> Turns {
        let (asked, missing) = (Vec::new(), Vec::new());
        Turns { left: seat.ops, pause_ms, rested: false, asked, parents, missing }
    }

    /// The answers of the last turn, each with its request; none when it was something else.
    pub fn answered<'a>(&mut self, seen: Seen<'a>) -> Vec<(Op, &'a Answer)> {
        let asked = std::mem::take(&mut self.asked);
        let Seen::Answers(answers) = seen else { return Vec::new() };
        let pairs: Vec<(Op, &Answer)> = asked.into_iter().zip(answers).collect();
        let missing = pairs.iter().filter_map(|(op, answer)| missing_parent(op, answer));
        let known = missing.filter(|parent| self.parents.contains(parent));
        self.missing = known.collect();
        self.missing.dedup();
        pairs
    }

    /// What has to come before the client's next requests: a pause, a missing parent, or the end.
    /// `None` when it may ask now.
    pub fn rest(&mut self, rng: &mut Rng) -> Option<Step> {
        if self.left == 0 {
            return Some(Step::Done);
        }
        if !self.rested {
            self.rested = true;
            return Some(Step::Pause(Millis(self.pause_ms.draw(rng))));
        }
        let missing = std::mem::take(&mut self.missing);
        let creates: Vec<Op> = missing.iter().map(|parent| create(parent, "")).collect();
        (!creates.is_empty()).then(|| self.ask_at_once(creates))
    }

    /// Asks, and ends the turn.
    pub fn ask(&mut self, ops: Vec<Op>) -> Step {
        self.end();
        self.ask_at_once(ops)
    }

    /// Asks within the turn: what follows needs no pause.
    pub fn ask_at_once(&mut self, ops: Vec<Op>) -> Step {
        self.left = self.left.saturating_sub(ops.len() as u32);
        self.asked = ops.clone();
        Step::Do(ops)
    }

    /// Ends the turn: the next one begins with a pause.
    pub fn end(&mut self) {
        self.rested = false;
    }
}

fn missing_parent(op: &Op, answer: &Answer) -> Option<ZPath> {
    let Op::Create { path, .. } = op else { return None };
    if refused_for(answer, ErrorCode::NoNode) { path.parent() } else { None }
}
