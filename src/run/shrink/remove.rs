//! What can be taken away from a plan: its items of one sort, and the plan without some of them.

use crate::base::ClientId;
use crate::faults::clients_of;
use crate::history::Op;
use crate::scenario::{Plan, PlanFault, PlanStep};
use std::collections::BTreeSet;

/// Something that can be taken away. Places are those in the plan that the item was taken from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Item {
    /// A client, with the actions that are about it.
    Client(ClientId),
    /// One window of a fault.
    Window { fault: usize, window: usize },
    /// A step of a client.
    Step { client: usize, step: usize },
    /// One of several requests that are asked at once.
    Op { client: usize, step: usize, op: usize },
    /// A part of a multi.
    Part { client: usize, step: usize, op: usize, part: usize },
}

/// The sorts of items, the largest first.
pub(super) const SORTS: &[fn(&Plan) -> Vec<Item>] = &[clients, windows, steps, ops, parts];

fn clients(plan: &Plan) -> Vec<Item> {
    plan.clients.iter().map(|client| Item::Client(client.id)).collect()
}

fn windows(plan: &Plan) -> Vec<Item> {
    let windows = |(fault, it): (usize, &PlanFault)| {
        (0..it.windows.len()).map(move |window| Item::Window { fault, window }).collect::<Vec<_>>()
    };
    plan.faults.iter().enumerate().flat_map(windows).collect()
}

/// Every fixed step, with its client's place and its own.
fn places(plan: &Plan) -> impl Iterator<Item = (usize, usize, &PlanStep)> {
    plan.clients.iter().enumerate().flat_map(|(client, it)| {
        let steps = it.steps.iter().flatten().enumerate();
        steps.map(move |(step, it)| (client, step, it))
    })
}

fn steps(plan: &Plan) -> Vec<Item> {
    places(plan).map(|(client, step, _)| Item::Step { client, step }).collect()
}

fn ops(plan: &Plan) -> Vec<Item> {
    let several = places(plan).filter(|(.., step)| step.ops().len() > 1);
    let ops = several.flat_map(|(client, step, it)| {
        (0..it.ops().len()).map(move |op| Item::Op { client, step, op })
    });
    ops.collect()
}

fn parts(plan: &Plan) -> Vec<Item> {
    let mut items = Vec::new();
    for (client, step, it) in places(plan) {
        for (op, it) in it.ops().iter().enumerate() {
            if let Op::Multi(parts) | Op::MultiRead(parts) = it {
                let part = |part| Item::Part { client, step, op, part };
                items.extend((0..parts.len()).map(part).filter(|_| parts.len() > 1));
            }
        }
    }
    items
}

/// The plan without these items, which are all of one sort.
pub(super) fn without(plan: &Plan, items: &[Item]) -> Plan {
    let gone: BTreeSet<Item> = items.iter().copied().collect();
    let stays = |item| !gone.contains(&item);
    let mut plan = plan.clone();
    for (fault, it) in plan.faults.iter_mut().enumerate() {
        it.windows = kept(&it.windows, |window| stays(Item::Window { fault, window }));
        if let Some(fixed) = &mut it.fixed {
            let is_about = |client| !stays(Item::Client(client));
            fixed.actions.retain(|action| !clients_of(action).any(is_about));
        }
    }
    let does = |fault: &PlanFault| fault.fixed.as_ref().is_none_or(|it| !it.actions.is_empty());
    plan.faults.retain(|fault| !fault.windows.is_empty() && does(fault));
    for (client, it) in plan.clients.iter_mut().enumerate() {
        let Some(steps) = &mut it.steps else { continue };
        for (step, it) in steps.iter_mut().enumerate() {
            let PlanStep::Ask { ops, .. } = it else { continue };
            for (op, it) in ops.iter_mut().enumerate() {
                if let Op::Multi(parts) | Op::MultiRead(parts) = it {
                    *parts = kept(parts, |part| stays(Item::Part { client, step, op, part }));
                }
            }
            *ops = kept(ops, |op| stays(Item::Op { client, step, op }));
        }
        *steps = kept(steps, |step| stays(Item::Step { client, step }));
        steps.retain(|step| !matches!(step, PlanStep::Ask { ops, .. } if ops.is_empty()));
    }
    plan.clients.retain(|client| stays(Item::Client(client.id)));
    plan
}

/// Those whose places stay.
fn kept<T: Clone>(all: &[T], stays: impl Fn(usize) -> bool) -> Vec<T> {
    all.iter().enumerate().filter(|(place, _)| stays(*place)).map(|(_, it)| it.clone()).collect()
}
