//! What a plan may fix that is otherwise drawn while the run lasts: what a client does, and whom a
//! fault strikes. A shrunk plan is made of these.

use crate::base::{Millis, Time};
use crate::faults::{Cast, Fault, Fixed as FixedActions};
use crate::history::{Action, Op};
use crate::workloads::{Fixed as FixedSteps, Step, Workload};
use serde::{Deserialize, Serialize};

/// One step of a client whose steps are fixed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "does", rename_all = "snake_case", deny_unknown_fields)]
pub enum PlanStep {
    /// Asks, one request behind the other, and waits for all the answers.
    Ask {
        /// When, in microseconds of the run; as soon as the step before is over when that is later.
        at_us: u64,
        /// What.
        ops: Vec<Op>,
    },
    /// Waits until a watch speaks.
    Await {
        /// As for `ask`.
        at_us: u64,
        /// At most for so long.
        for_ms: u64,
    },
    /// Ends without a word, and comes back with a new session.
    Vanish {
        /// As for `ask`.
        at_us: u64,
        /// How long it is gone.
        for_ms: u64,
    },
}

/// What a fault whose choice is fixed does in each of its windows.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanActions {
    /// What.
    pub actions: Vec<Action>,
    /// Who was who when they were chosen. Names follow roles: these stand for whoever plays the
    /// same part now.
    #[serde(default)]
    pub cast: Cast,
}

impl PlanStep {
    /// A step that was said at this moment. `None` for what needs no step of its own (pauses: the
    /// next step has its moment), and for what cannot be fixed: a claim is only true when what came
    /// before it was.
    pub fn of(at: Time, step: &Step) -> Option<PlanStep> {
        let at_us = at.0;
        match step {
            Step::Do(ops) => Some(PlanStep::Ask { at_us, ops: ops.clone() }),
            Step::Await(patience) => Some(PlanStep::Await { at_us, for_ms: patience.0 }),
            Step::Vanish(absence) => Some(PlanStep::Vanish { at_us, for_ms: absence.0 }),
            Step::Pause(_) | Step::Until(_) | Step::Claim(_) | Step::Done => None,
        }
    }

    /// When, in microseconds of the run.
    pub fn at_us(&self) -> u64 {
        match *self {
            PlanStep::Ask { at_us, .. } | PlanStep::Await { at_us, .. } => at_us,
            PlanStep::Vanish { at_us, .. } => at_us,
        }
    }

    /// Sets when.
    pub fn set_at_us(&mut self, at: u64) {
        match self {
            PlanStep::Ask { at_us, .. } | PlanStep::Await { at_us, .. } => *at_us = at,
            PlanStep::Vanish { at_us, .. } => *at_us = at,
        }
    }

    /// What is asked; nothing in other steps.
    pub fn ops(&self) -> &[Op] {
        match self {
            PlanStep::Ask { ops, .. } => ops,
            PlanStep::Await { .. } | PlanStep::Vanish { .. } => &[],
        }
    }

    fn to_step(&self) -> Step {
        match self {
            PlanStep::Ask { ops, .. } => Step::Do(ops.clone()),
            PlanStep::Await { for_ms, .. } => Step::Await(Millis(*for_ms)),
            PlanStep::Vanish { for_ms, .. } => Step::Vanish(Millis(*for_ms)),
        }
    }
}

/// The generator of these steps.
pub(super) fn workload(steps: &[PlanStep]) -> Box<dyn Workload> {
    let steps = steps.iter().map(|step| (Time(step.at_us()), step.to_step()));
    Box::new(FixedSteps::new(steps))
}

/// The fault that does this.
pub(super) fn fault(fixed: &PlanActions) -> Box<dyn Fault> {
    Box::new(FixedActions::new(fixed.cast.clone(), fixed.actions.clone()))
}
