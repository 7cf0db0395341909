//! How large a plan is, in what a reader has to understand.

use crate::history::{Event, Phase, What};
use crate::scenario::{Plan, PlanStep};
use serde::Serialize;

/// What a reader has to understand.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Size {
    /// Clients.
    pub clients: u32,
    /// How often a fault starts.
    pub faults: u32,
    /// Requests of clients before the healing.
    pub ops: u32,
    /// Servers.
    pub servers: u32,
    /// How long clients and faults are at work.
    pub load_ms: u64,
}

impl Size {
    /// Of a plan; the requests are those that stand in it, or roughly those that a workload is to
    /// make.
    pub fn of(plan: &Plan) -> Size {
        let ops = plan.clients.iter().map(|client| match &client.steps {
            Some(steps) => steps.iter().map(|step| step.ops().len() as u32).sum(),
            None => client.seat.ops,
        });
        let faults = plan.faults.iter().map(|fault| fault.windows.len() as u32);
        Size {
            clients: plan.clients.len() as u32,
            faults: faults.sum(),
            ops: ops.sum(),
            servers: plan.ensemble.all().len() as u32,
            load_ms: plan.duration_ms,
        }
    }

    /// Of a plan that has been run: the requests are those that were made.
    pub fn of_run(plan: &Plan, events: &[Event]) -> Size {
        let healing = |event: &&Event| !matches!(event.what, What::Phase(Phase::Heal));
        let before = events.iter().take_while(healing);
        let ops = before.filter(|event| matches!(event.what, What::Invoke { .. })).count();
        Size { ops: ops as u32, ..Size::of(plan) }
    }
}

/// All steps of a plan that are fixed.
pub(super) fn steps_of(plan: &Plan) -> impl Iterator<Item = &PlanStep> {
    plan.clients.iter().filter_map(|client| client.steps.as_ref()).flatten()
}
