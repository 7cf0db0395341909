//! Reads everything: catches up with the leader, then walks the whole tree from the root, level by
//! level. What every client does at the end of a run; no scenario names it.

use super::ask::{below, children, get, sync};
use super::{Seen, Step, Workload};
use crate::base::{ErrorCode, Millis, Rng, ZPath};
use crate::history::{Answer, Op, Outcome};

/// How long it waits before it begins again.
const RETRY: Millis = Millis(500);

/// Ends after one complete walk. Begins again whenever an answer is missing.
#[derive(Clone, Debug, Default)]
pub struct Verify {
    /// What was asked last; empty before the first step and after a pause.
    asked: Vec<Op>,
}

impl Workload for Verify {
    fn next(&mut self, seen: Seen<'_>, _rng: &mut Rng) -> Step {
        let asked = std::mem::take(&mut self.asked);
        let Seen::Answers(answers) = seen else { return self.ask(vec![sync(&ZPath::root())]) };
        let complete = asked.len() == answers.len() && answers.iter().all(is_final);
        if !complete {
            return Step::Pause(RETRY);
        }
        let next = asked.iter().zip(answers).flat_map(|(op, answer)| follow(op, answer));
        let next: Vec<Op> = next.collect();
        if next.is_empty() { Step::Done } else { self.ask(next) }
    }
}

impl Verify {
    fn ask(&mut self, ops: Vec<Op>) -> Step {
        self.asked = ops.clone();
        Step::Do(ops)
    }
}

/// Some znodes go by themselves while the walk lasts, and some are not for everybody; every other
/// refusal is a reason to begin again.
fn is_final(answer: &Answer) -> bool {
    match answer {
        Answer::Ok { .. } => true,
        Answer::Refused { code, .. } => matches!(code, ErrorCode::NoNode | ErrorCode::NoAuth),
        Answer::Unknown(_) => false,
    }
}

/// What to ask next because of this answer: of a znode with children their names, and of each
/// child its data.
fn follow(op: &Op, answer: &Answer) -> Vec<Op> {
    let Answer::Ok { outcome, .. } = answer else { return Vec::new() };
    match (op, outcome) {
        (Op::Sync { path }, _) => vec![get(path)],
        (Op::GetData { path, .. }, Outcome::Data { stat, .. }) if stat.num_children > 0 => {
            vec![children(path)]
        }
        (Op::GetChildren { path, .. }, Outcome::Children { children, .. }) => {
            children.iter().map(|child| get(&below(path, child))).collect()
        }
        _ => Vec::new(),
    }
}
