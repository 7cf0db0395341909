//! The plans that differ from one in a single thing, each with the difference in words.

use super::remove::{Item, SORTS, without};
use crate::base::Time;
use crate::scenario::{Plan, PlanStep};

/// Every plan with one thing less, or with one thing at another time; the smallest changes first.
pub fn neighbours(plan: &Plan, load_us: u64) -> Vec<(String, Plan)> {
    let mut all = Vec::new();
    for items in SORTS.iter().rev() {
        for item in items(plan) {
            all.push((format!("without {}", named(plan, load_us, item)), without(plan, &[item])));
        }
    }
    for fault in 0..plan.faults.len() {
        all.extend(moved(plan, load_us, fault));
    }
    all
}

fn named(plan: &Plan, load_us: u64, item: Item) -> String {
    let step = |client: usize, step: usize| {
        let client = &plan.clients[client];
        let step = client.steps.as_ref().and_then(|steps| steps.get(step));
        (client.id, step.expect("items are taken from this plan"))
    };
    match item {
        Item::Client(client) => format!("{client}"),
        Item::Window { fault, window } => {
            let it = &plan.faults[fault];
            format!("the fault {} at {}", it.name, at_ms(load_us, it.windows[window][0]))
        }
        Item::Step { client, step: place } => {
            let (client, step) = step(client, place);
            format!("what {client} does at {}: {}", Time(step.at_us()), does(step))
        }
        Item::Op { client, step: place, op } => {
            let (client, step) = step(client, place);
            format!("what {client} asks at {}: {}", Time(step.at_us()), step.ops()[op])
        }
        Item::Part { client, step: place, part, .. } => {
            let (client, step) = step(client, place);
            format!("part {} of the multi of {client} at {}", part + 1, Time(step.at_us()))
        }
    }
}

/// What a step is, in words.
pub fn does(step: &PlanStep) -> String {
    match step {
        PlanStep::Ask { ops, .. } => {
            let ops: Vec<String> = ops.iter().map(ToString::to_string).collect();
            ops.join(", then ")
        }
        PlanStep::Await { for_ms, .. } => format!("wait {for_ms} ms to be told"),
        PlanStep::Vanish { for_ms, .. } => format!("vanish for {for_ms} ms"),
    }
}

fn at_ms(load_us: u64, ms: u64) -> Time {
    Time(load_us + ms * 1_000)
}

/// The fault half as long, and the fault a little later.
fn moved(plan: &Plan, load_us: u64, fault: usize) -> Vec<(String, Plan)> {
    let change = |words: &str, change: fn(&mut [u64; 2], u64)| {
        let mut moved = plan.clone();
        let end = moved.duration_ms;
        moved.faults[fault].windows.iter_mut().for_each(|window| change(window, end));
        let it = &plan.faults[fault];
        let at = at_ms(load_us, it.windows.first().map_or(0, |window| window[0]));
        (format!("with the fault {} at {at} {words}", it.name), moved)
    };
    let mut all = vec![
        change("half as long", |[start, stop], _| *stop = *start + (*stop - *start) / 2),
        change("starting half a second later", |[start, stop], _| {
            *start = (*start + 500).min(*stop)
        }),
    ];
    all.retain(|(_, moved)| moved != plan);
    all
}
