//! What can be simpler in a plan: fewer servers, quieter values, shorter times. Each pass names
//! plans that are simpler than the one it is given, the boldest first.

use super::search::Failing;
use super::size::steps_of;
use crate::base::{Data, Ratio, ServerId};
use crate::faults::{rename, servers_of};
use crate::history::{Action, Op};
use crate::scenario::{Ensemble, Plan, PlanActions, PlanStep};
use crate::sim::{DiskSettings, NetworkSettings};

/// A pass. Whatever it names is simpler, so that no sequence of its plans goes on for ever.
pub(super) type Pass = fn(&Failing) -> Vec<Plan>;

/// All of them.
pub(super) const PASSES: &[Pass] = &[servers, world, ensemble, requests, actions, times, fewer_ops];

/// Gaps are not made shorter than that.
const GAP_US_MIN: u64 = 100_000;

const NEVER: Ratio = Ratio { of: 0, among: 1 };

/// The plan with one change.
fn with(plan: &Plan, change: impl FnOnce(&mut Plan)) -> Plan {
    let mut plan = plan.clone();
    change(&mut plan);
    plan
}

/// Two servers fewer, or one; at least one that votes stays. Where members change, requests name
/// servers, and all stay.
fn servers(failing: &Failing) -> Vec<Plan> {
    let plan = &failing.plan;
    if plan.ensemble.reconfigures {
        return Vec::new();
    }
    let one = |plan: &Plan| -> Vec<Plan> {
        let all = plan.ensemble.all().into_iter();
        let may_go = all.filter(|it| it.0 > plan.ensemble.servers || plan.ensemble.servers > 1);
        may_go.map(|gone| without_server(plan, gone)).collect()
    };
    let fewer = one(plan);
    let pairs = fewer.iter().flat_map(one);
    let mut candidates: Vec<Plan> = Vec::new();
    for candidate in pairs.chain(fewer.iter().cloned()) {
        if !candidates.contains(&candidate) {
            candidates.push(candidate);
        }
    }
    candidates
}

/// Those behind it move up by one.
fn without_server(plan: &Plan, gone: ServerId) -> Plan {
    let name = |server: ServerId| if server > gone { ServerId(server.0 - 1) } else { server };
    with(plan, |plan| {
        if gone.0 > plan.ensemble.servers {
            plan.ensemble.observers -= 1;
        } else {
            plan.ensemble.servers -= 1;
        }
        let all = plan.ensemble.all();
        for client in &mut plan.clients {
            client.servers.retain(|server| *server != gone);
            client.servers.iter_mut().for_each(|server| *server = name(*server));
            if client.servers.is_empty() {
                client.servers.clone_from(&all);
            }
        }
        for fixed in plan.faults.iter_mut().filter_map(|fault| fault.fixed.as_mut()) {
            fixed.actions.retain(|action| !servers_of(action).any(|server| server == gone));
            fixed.actions.iter_mut().for_each(|action| *action = rename(action, name));
            let cast = &mut fixed.cast;
            cast.leader = cast.leader.filter(|leader| *leader != gone).map(name);
            cast.connected.retain(|_, server| *server != gone);
            cast.connected.values_mut().for_each(|server| *server = name(*server));
        }
        plan.faults.retain(|fault| fault.fixed.as_ref().is_none_or(|it| !it.actions.is_empty()));
    })
}

/// A quiet network and quiet disks; the usual ones; ranges half as wide.
fn world(failing: &Failing) -> Vec<Plan> {
    let plan = &failing.plan;
    let network = NetworkSettings { latency_ms: [1, 1], split: NEVER, ..plan.network.clone() };
    let disk = DiskSettings { sync_ms: [0, 0], stall: NEVER, stall_ms: [0, 0] };
    let steady = DiskSettings { stall: NEVER, stall_ms: [0, 0], ..plan.disk.clone() };
    let whole = NetworkSettings { split: NEVER, ..plan.network.clone() };
    let half = |[low, high]: [u64; 2]| [low, low + (high - low) / 2];
    let mut candidates = vec![
        Plan { network: network.clone(), disk: disk.clone(), ..plan.clone() },
        Plan { network, ..plan.clone() },
        Plan { disk, ..plan.clone() },
        Plan { network: whole, ..plan.clone() },
        Plan { disk: steady, ..plan.clone() },
        with(plan, |plan| plan.network.latency_ms = half(plan.network.latency_ms)),
        with(plan, |plan| plan.disk.sync_ms = half(plan.disk.sync_ms)),
        with(plan, |plan| plan.redraws.clear()),
        with(plan, |plan| plan.settle_ms = plan.settle_ms.min(20_000)),
    ];
    let (network, disk) = (NetworkSettings::default(), DiskSettings::default());
    if plan.network.latency_ms[1] > network.latency_ms[1] {
        candidates.insert(3, Plan { network, ..plan.clone() });
    }
    if plan.disk.sync_ms[1] > disk.sync_ms[1] {
        candidates.insert(3, Plan { disk, ..plan.clone() });
    }
    candidates
}

/// What a scenario that says nothing would have.
fn ensemble(failing: &Failing) -> Vec<Plan> {
    let plan = &failing.plan;
    let usual = Ensemble {
        servers: plan.ensemble.servers,
        observers: plan.ensemble.observers,
        spares: plan.ensemble.spares,
        reconfigures: plan.ensemble.reconfigures,
        observer_masters: plan.ensemble.observer_masters,
        local_sessions: plan.ensemble.local_sessions,
        enforces_quotas: plan.ensemble.enforces_quotas,
        read_only: plan.ensemble.read_only,
        ..Ensemble::usual()
    };
    let mut candidates = vec![Plan { ensemble: usual.clone(), ..plan.clone() }];
    let one = |change: fn(&mut Ensemble, &Ensemble)| {
        with(plan, |plan| change(&mut plan.ensemble, &usual))
    };
    candidates.extend([
        one(|it, _| it.observer_masters = false),
        one(|it, _| it.local_sessions = false),
        one(|it, _| it.enforces_quotas = false),
        with(plan, |plan| {
            plan.ensemble.read_only = false;
            plan.clients.iter_mut().for_each(|client| client.read_only = false);
        }),
        one(|it, usual| it.tick_ms = usual.tick_ms),
        one(|it, usual| it.outstanding_max = usual.outstanding_max),
        one(|it, usual| it.requests_max = usual.requests_max),
        one(|it, usual| it.snapshot_every = usual.snapshot_every),
        one(|it, usual| it.snapshot_chunk = usual.snapshot_chunk),
        one(|it, usual| it.commit_log_count = usual.commit_log_count),
        one(|it, usual| it.init_limit_ticks = usual.init_limit_ticks),
        one(|it, usual| it.sync_limit_ticks = usual.sync_limit_ticks),
    ]);
    candidates.push(with(plan, |plan| {
        let least = plan.clients.iter().map(|client| client.session_timeout_ms).min();
        plan.clients.iter_mut().for_each(|it| it.session_timeout_ms = least.unwrap_or(0));
    }));
    candidates
}

/// Requests without data; clients that want a server with a leader.
fn requests(failing: &Failing) -> Vec<Plan> {
    let bare = with(&failing.plan, |plan| {
        let steps = plan.clients.iter_mut().filter_map(|client| client.steps.as_mut()).flatten();
        for step in steps {
            if let PlanStep::Ask { ops, .. } = step {
                ops.iter_mut().for_each(strip);
            }
        }
    });
    let readers = failing.plan.clients.iter().enumerate().filter(|(_, client)| client.read_only);
    let patient = |place: usize| with(&failing.plan, |plan| plan.clients[place].read_only = false);
    std::iter::once(bare).chain(readers.map(|(place, _)| patient(place))).collect()
}

fn strip(op: &mut Op) {
    match op {
        Op::Create { data, .. } | Op::SetData { data, .. } => *data = Data::from(""),
        Op::Multi(parts) => parts.iter_mut().for_each(strip),
        _ => {}
    }
}

/// Milder actions: clocks that are less off, links and disks that are less slow.
fn actions(failing: &Failing) -> Vec<Plan> {
    let each = |fault: usize, milder: fn(&Action) -> Action| {
        with(&failing.plan, |plan| {
            if let Some(PlanActions { actions, .. }) = &mut plan.faults[fault].fixed {
                actions.iter_mut().for_each(|action| *action = milder(action));
            }
        })
    };
    let faults = 0..failing.plan.faults.len();
    faults.flat_map(|fault| [each(fault, undrifted), each(fault, halved)]).collect()
}

fn undrifted(action: &Action) -> Action {
    match *action {
        Action::Skew { server, offset_ms, .. } => Action::Skew { server, offset_ms, drift_ppm: 0 },
        ref other => other.clone(),
    }
}

fn halved(action: &Action) -> Action {
    match *action {
        Action::Skew { server, offset_ms, drift_ppm } => {
            Action::Skew { server, offset_ms: offset_ms / 2, drift_ppm: drift_ppm / 2 }
        }
        Action::Clog { from, to, extra_ms } => Action::Clog { from, to, extra_ms: extra_ms / 2 },
        Action::SlowDisk { server, factor } => {
            Action::SlowDisk { server, factor: factor.div_ceil(2) }
        }
        ref other => other.clone(),
    }
}

/// Shorter: all clients come at once, nothing happens for a shorter time between two things that the
/// plan says, faults last half as long, the load ends earlier.
fn times(failing: &Failing) -> Vec<Plan> {
    let Failing { plan, load_us } = failing;
    let mut candidates = vec![
        with(plan, |plan| plan.clients.iter_mut().for_each(|client| client.start_ms = 0)),
        shorter_load(plan, *load_us),
    ];
    let marks = marks(plan, *load_us);
    for pair in marks.windows(2) {
        let length = pair[1] - pair[0];
        let shorter = [GAP_US_MIN, length / 2].into_iter().filter(|it| *it >= GAP_US_MIN);
        let cuts = shorter.filter_map(|left| length.checked_sub(left)).map(|cut| cut / 1_000);
        let cuts = cuts.filter(|cut_ms| *cut_ms > 0);
        candidates.extend(cuts.map(|cut_ms| earlier(plan, *load_us, pair[1], cut_ms)));
    }
    candidates.extend((0..plan.faults.len()).map(|fault| shorter_fault(plan, fault)));
    candidates
}

/// The moments of the run at which the plan has something happen, ascending.
fn marks(plan: &Plan, load_us: u64) -> Vec<u64> {
    let windows = plan.faults.iter().flat_map(|fault| fault.windows.iter().flatten());
    let windows = windows.map(|at_ms| load_us + at_ms * 1_000);
    let steps = steps_of(plan).map(PlanStep::at_us);
    let mut marks: Vec<u64> = windows.chain(steps).chain([load_us]).collect();
    marks.sort_unstable();
    marks.dedup();
    marks
}

/// Everything from `mark` on, in microseconds of the run, comes so much earlier; a fault not before
/// the load begins, which is not for the plan to say.
fn earlier(plan: &Plan, load_us: u64, mark: u64, cut_ms: u64) -> Plan {
    with(plan, |plan| {
        let fixed = plan.clients.iter_mut().filter_map(|client| client.steps.as_mut());
        for step in fixed.flatten().filter(|step| step.at_us() >= mark) {
            step.set_at_us(step.at_us() - cut_ms * 1_000);
        }
        for at_ms in plan.faults.iter_mut().flat_map(|it| it.windows.iter_mut().flatten()) {
            if load_us + *at_ms * 1_000 >= mark {
                *at_ms = at_ms.saturating_sub(cut_ms);
            }
        }
        plan.duration_ms = plan.duration_ms.saturating_sub(cut_ms).max(1);
    })
}

fn shorter_fault(plan: &Plan, fault: usize) -> Plan {
    with(plan, |plan| {
        for [start, stop] in &mut plan.faults[fault].windows {
            *stop = *start + (*stop - *start) / 2;
        }
    })
}

/// The load ends halfway between the last thing that the plan says and its end.
fn shorter_load(plan: &Plan, load_us: u64) -> Plan {
    let last_us = marks(plan, load_us).last().copied().unwrap_or(0);
    let last_ms = last_us.saturating_sub(load_us).div_ceil(1_000);
    let spare = plan.duration_ms.saturating_sub(last_ms) / 2;
    with(plan, |plan| plan.duration_ms -= spare)
}

/// Clients that keep their workload make fewer requests.
fn fewer_ops(failing: &Failing) -> Vec<Plan> {
    let plan = &failing.plan;
    let mut candidates = Vec::new();
    for (place, client) in plan.clients.iter().enumerate().filter(|(_, it)| it.steps.is_none()) {
        let ops = client.seat.ops;
        let fewer = [ops / 4, ops / 2, ops * 3 / 4, ops.saturating_sub(1)];
        let to = |ops| with(plan, |plan| plan.clients[place].seat.ops = ops);
        candidates.extend(fewer.map(to));
    }
    candidates
}
