//! Fixes in a plan what its run has drawn: each client's steps, and whom each fault struck. The
//! history stays the same; from now on every part of it can be taken away by itself.

use crate::base::{ClientId, ServerId};
use crate::faults::{Cast, clients_of, servers_of};
use crate::history::{Action, ConnectionChange, Event, Note, Phase, Role, What};
use crate::run::Outcome;
use crate::scenario::{Plan, PlanActions, PlanClient, PlanFault, PlanStep};
use crate::workloads::Step;
use std::collections::BTreeMap;

/// Workloads that promise something that a checker relies upon: said again without what came before,
/// their requests would break the promise, and the service would be blamed for it.
const BOUND: &[&str] = &["lock", "multis"];

/// The plan with everything fixed that its run has drawn.
pub fn fixed(plan: &Plan, outcome: &Outcome) -> Plan {
    faults(&clients(plan, outcome), &outcome.events)
}

/// The plan with its clients' steps fixed. Those that claim something keep their workload.
pub(super) fn clients(plan: &Plan, outcome: &Outcome) -> Plan {
    let mut plan = plan.clone();
    for client in &mut plan.clients {
        let said = outcome.steps.get(&client.id).map_or(&[][..], Vec::as_slice);
        let claims = said.iter().any(|(_, step)| matches!(step, Step::Claim(_)));
        if client.steps.is_none() && !claims && !BOUND.contains(&client.workload.as_str()) {
            let steps = said.iter().filter_map(|(at, step)| PlanStep::of(*at, step));
            *client = PlanClient { steps: Some(steps.collect()), ..client.clone() };
        }
    }
    plan
}

/// The plan with what its faults chose fixed: each window becomes a fault of its own, and those
/// that did nothing are gone.
pub(super) fn faults(plan: &Plan, events: &[Event]) -> Plan {
    let mut choices = choices(events);
    let mut faults = Vec::new();
    for fault in &plan.faults {
        for (nth, window) in fault.windows.iter().enumerate() {
            let chosen = choices.remove(&(fault.index, nth));
            let fixed = fault.fixed.clone().or(chosen).filter(|it| !it.actions.is_empty());
            if let Some(fixed) = fixed {
                let windows = vec![*window];
                faults.push(PlanFault { windows, fixed: Some(fixed), ..fault.clone() });
            }
        }
    }
    faults.sort_by_key(|fault| fault.windows[0]);
    Plan { faults, ..plan.clone() }
}

/// What each fault did the n-th time that it started.
fn choices(events: &[Event]) -> BTreeMap<(u32, usize), PlanActions> {
    let mut stage = Stage::default();
    let mut starts: BTreeMap<u32, usize> = BTreeMap::new();
    let mut choices: BTreeMap<(u32, usize), PlanActions> = BTreeMap::new();
    let mut open = None;
    for event in events {
        match &event.what {
            What::FaultStarts { fault, .. } => {
                let nth = starts.entry(*fault).or_default();
                open = Some((*fault, *nth));
                *nth += 1;
            }
            What::Act(action) => {
                if let Some(key) = open {
                    let choice = choices
                        .entry(key)
                        .or_insert_with(|| PlanActions { actions: Vec::new(), cast: stage.cast() });
                    choice.actions.push(action.clone());
                }
            }
            What::Durable { .. } => {}
            _ => open = None,
        }
        stage.see(&event.what);
    }
    choices.values_mut().for_each(name_those_concerned);
    choices
}

/// Of the cast only those stay who play a part in the actions. Of several servers that take
/// themselves for the leader, the one that was struck.
fn name_those_concerned(choice: &mut PlanActions) {
    let named = |client: &ClientId| {
        choice.actions.iter().any(|it| clients_of(it).any(|one| one == *client))
    };
    choice.cast.connected.retain(|client, _| named(client));
}

/// Who plays which part at present.
#[derive(Default)]
struct Stage {
    /// Who leads, or takes itself for the leader, and whether it serves.
    leading: BTreeMap<ServerId, bool>,
    serving: BTreeMap<ServerId, bool>,
    connected: BTreeMap<ClientId, ServerId>,
}

impl Stage {
    fn cast(&self) -> Cast {
        let leads = |server: &&ServerId| self.leading.get(*server) == Some(&true);
        let mut leader =
            self.serving.iter().filter(|(_, serves)| **serves).map(|(server, _)| server);
        Cast { leader: leader.rfind(leads).copied(), connected: self.connected.clone() }
    }

    fn see(&mut self, what: &What) {
        match what {
            What::Note { server, note: Note::Role(role) } => {
                self.leading.insert(*server, *role == Role::Leading);
            }
            What::Note { server, note: Note::Serving { .. } } => {
                self.serving.insert(*server, true);
            }
            What::Note { server, note: Note::Stopped } => {
                self.serving.insert(*server, false);
            }
            What::Act(action @ Action::Crash { .. }) => {
                for server in servers_of(action) {
                    self.serving.insert(server, false);
                    self.leading.insert(server, false);
                }
            }
            What::Connection { client, change, .. } => self.connection(*client, change),
            _ => {}
        }
    }

    fn connection(&mut self, client: ClientId, change: &ConnectionChange) {
        match change {
            ConnectionChange::Connected { server, .. } => {
                self.connected.insert(client, *server);
            }
            _ => {
                self.connected.remove(&client);
            }
        }
    }
}

/// When the load began and, if the healing began, that it did. In microseconds.
pub(super) fn load_of(events: &[Event]) -> (u64, bool) {
    let at = |phase| {
        let is = |event: &&Event| event.what == What::Phase(phase);
        events.iter().find(is).map(|event| event.at.0)
    };
    let end = events.last().map_or(0, |event| event.at.0);
    (at(Phase::Load).unwrap_or(end), at(Phase::Heal).is_some())
}

/// The plan without what lies behind this moment of the run, which the load ends with. What
/// happened before it stays the same.
pub(super) fn cut_behind(plan: &Plan, load_us: u64, at_us: u64) -> Plan {
    let mut plan = plan.clone();
    let length_ms = at_us.saturating_sub(load_us).div_ceil(1_000) + 1;
    plan.duration_ms = plan.duration_ms.min(length_ms);
    let end = plan.duration_ms;
    for fault in &mut plan.faults {
        fault.windows.retain(|[start, _]| *start < end);
        fault.windows.iter_mut().for_each(|[_, stop]| *stop = end.min(*stop));
    }
    plan.faults.retain(|fault| !fault.windows.is_empty());
    for steps in plan.clients.iter_mut().filter_map(|client| client.steps.as_mut()) {
        steps.retain(|step| step.at_us() <= at_us);
    }
    plan
}
