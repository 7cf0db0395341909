//! What a scenario or a plan has to fulfil beyond its form: names that exist, options that their
//! owners accept, numbers that make sense.

use super::error::{Source, reword};
use super::names::unknown_in;
use super::{
    Ensemble, EnsembleWish, Expect, FaultWish, Plan, PlanStep, Scenario, ScenarioError,
    WorkloadWish,
};
use crate::base::{ClientId, Ratio};
use crate::history::Op;
use crate::sim::{DiskSettings, NetworkSettings};
use crate::workloads::Seat;
use crate::{checkers, faults, mutants, workloads};
use toml::{Spanned, Table};

/// The keys of a `[[workload]]` besides the workload's own.
const WORKLOAD_KEYS: &[&str] = &["name", "clients", "ops", "read_only"];
/// The keys of a `[[fault]]` besides the fault's own.
const FAULT_KEYS: &[&str] = &["name", "every_ms", "lasts_ms", "from_ms"];
/// The most servers that an ensemble has here.
const SERVERS_MAX: u8 = 7;
/// The most observers.
const OBSERVERS_MAX: u8 = 3;
/// The most servers that wait for a part.
const SPARES_MAX: u8 = 4;
/// The most clients of one workload.
const CLIENTS_MAX: u32 = 1_000;

type Reason = Result<(), String>;

/// Whether the scenario can be drawn; otherwise the first mistake in it.
pub(super) fn scenario(it: &Scenario, source: Source<'_>) -> Result<(), ScenarioError> {
    whole(it).map_err(|reason| source.mistake(reason))?;
    for (place, wish) in it.workloads.iter().enumerate() {
        let earlier = &it.workloads[..place];
        let at = |reason| source.mistake_at(wish.span(), reason);
        workload(wish.get_ref(), earlier, &it.ensemble).map_err(at)?;
    }
    for wish in &it.faults {
        let at = |reason| source.mistake_at(wish.span(), reason);
        fault(wish.get_ref(), it.duration_ms).map_err(at)?;
    }
    Ok(())
}

fn whole(it: &Scenario) -> Reason {
    if it.about.trim().is_empty() {
        return Err("`about` is empty; say what must not happen".to_owned());
    }
    if it.workloads.is_empty() {
        return Err("no [[workload]]; a scenario has at least one".to_owned());
    }
    judges(it.expect, &it.checkers, &it.caught_by)?;
    mutant(it.mutant.as_deref())?;
    ensemble(&it.ensemble)?;
    world(&it.network, &it.disk)
}

/// Who judges, and what they are to find.
fn judges(expect: Expect, checkers: &[String], caught_by: &[String]) -> Reason {
    if checkers.is_empty() {
        return Err("`checkers` is empty; name at least one".to_owned());
    }
    for name in checkers.iter().chain(caught_by) {
        known("checker", name, &checkers::names())?;
    }
    if let Some(idle) = caught_by.iter().find(|name| !checkers.contains(name)) {
        return Err(format!("`{idle}` is in `caught_by`, but not in `checkers`"));
    }
    match expect {
        Expect::Violation if caught_by.is_empty() => {
            Err("a violation is expected; say in `caught_by` who has to see it".to_owned())
        }
        Expect::Pass if !caught_by.is_empty() => {
            Err("`caught_by` goes with `expect = \"violation\"` only".to_owned())
        }
        Expect::Violation | Expect::Pass => Ok(()),
    }
}

fn mutant(name: Option<&str>) -> Reason {
    name.map_or(Ok(()), |name| known("mutant", name, &mutants::names()))
}

fn known(what: &str, name: &str, names: &[&str]) -> Reason {
    if names.contains(&name) { Ok(()) } else { Err(unknown_in(what, name, names)) }
}

fn ensemble(it: &EnsembleWish) -> Reason {
    servers(it.servers, it.observers)?;
    spares(it.spares, it.reconfigures)?;
    if it.observer_masters && it.observers == 0 && !it.reconfigures {
        return Err(
            "[ensemble]: `observer_masters` need `observers`, or `reconfigures = true`".to_owned()
        );
    }
    let least = [
        ("tick_ms", it.tick_ms),
        ("init_limit_ticks", it.init_limit_ticks),
        ("sync_limit_ticks", it.sync_limit_ticks),
        ("session_timeout_ms", it.session_timeout_ms),
        ("snapshot_every", it.snapshot_every),
        ("snapshot_chunk", it.snapshot_chunk),
        ("max_notification_interval_ms", it.max_notification_interval_ms),
        ("outstanding_max", it.outstanding_max),
    ];
    match least.iter().find(|(_, range)| range.min() == 0) {
        Some((key, _)) => Err(format!("[ensemble]: `{key}` is 0; the least is 1")),
        None => Ok(()),
    }
}

fn servers(count: u8, observers: u8) -> Reason {
    if count == 0 || count > SERVERS_MAX {
        return Err(format!("[ensemble]: `servers` is {count}; expected 1 to {SERVERS_MAX}"));
    }
    if observers > OBSERVERS_MAX {
        return Err(format!("[ensemble]: `observers` is {observers}; at most {OBSERVERS_MAX}"));
    }
    Ok(())
}

fn spares(count: u8, reconfigures: bool) -> Reason {
    if count > SPARES_MAX {
        return Err(format!("[ensemble]: `spares` is {count}; at most {SPARES_MAX}"));
    }
    if count > 0 && !reconfigures {
        return Err("[ensemble]: `spares` need `reconfigures = true` to get a part".to_owned());
    }
    Ok(())
}

fn world(network: &NetworkSettings, disk: &DiskSettings) -> Reason {
    let ranges = [
        ("[network]: `latency_ms`", network.latency_ms),
        ("[disk]: `sync_ms`", disk.sync_ms),
        ("[disk]: `stall_ms`", disk.stall_ms),
    ];
    for (key, [min, max]) in ranges {
        if min > max {
            return Err(format!("{key}: [{min}, {max}] is no range; expected [min, max]"));
        }
    }
    for (key, Ratio { of, among }) in
        [("[network]: `split`", network.split), ("[disk]: `stall`", disk.stall)]
    {
        if of > among || among == 0 {
            return Err(format!(
                "{key}: [{of}, {among}] is no ratio; expected [times, in so many]"
            ));
        }
    }
    Ok(())
}

fn workload(
    wish: &WorkloadWish,
    earlier: &[Spanned<WorkloadWish>],
    ensemble: &EnsembleWish,
) -> Reason {
    let seat = Seat { index: 0, clients: wish.clients, ops: wish.ops };
    workload_options(&wish.name, &wish.options, seat)?;
    if earlier.iter().any(|it| it.get_ref().name == wish.name) {
        let name = &wish.name;
        return Err(format!("workload `{name}` stands here twice; give the first more clients"));
    }
    if wish.read_only && !ensemble.read_only {
        let name = &wish.name;
        return Err(format!(
            "workload `{name}`: `read_only` needs `read_only = true` in [ensemble], so that servers \
             without a leader serve reads"
        ));
    }
    match wish.clients {
        1..=CLIENTS_MAX => Ok(()),
        count => {
            let name = &wish.name;
            Err(format!("workload `{name}`: `clients` is {count}; expected 1 to {CLIENTS_MAX}"))
        }
    }
}

fn workload_options(name: &str, options: &Table, seat: Seat) -> Reason {
    let entry = workloads::ALL.iter().find(|entry| entry.name == name);
    let entry = entry.ok_or_else(|| unknown_in("workload", name, &workloads::names()))?;
    let built = (entry.build)(options.clone(), seat);
    let reason = |message: &str| format!("workload `{name}`: {}", reword(message, WORKLOAD_KEYS));
    built.map(drop).map_err(|error| reason(error.message()))
}

fn fault(wish: &FaultWish, duration_ms: u64) -> Reason {
    fault_options(&wish.name, &wish.options)?;
    if wish.every_ms.min() == 0 {
        return Err(format!("fault `{}`: `every_ms` is 0; the least is 1", wish.name));
    }
    let earliest =
        wish.from_ms.saturating_add(wish.every_ms.min()).saturating_add(wish.lasts_ms.min());
    if earliest > duration_ms {
        let name = &wish.name;
        return Err(format!(
            "fault `{name}` never happens: the load ends after {duration_ms} ms, \
             and its first end would be after {earliest} ms at the earliest"
        ));
    }
    Ok(())
}

fn fault_options(name: &str, options: &Table) -> Reason {
    let entry = faults::ALL.iter().find(|entry| entry.name == name);
    let entry = entry.ok_or_else(|| unknown_in("fault", name, &faults::names()))?;
    let built = (entry.build)(options.clone());
    let reason = |message: &str| format!("fault `{name}`: {}", reword(message, FAULT_KEYS));
    built.map(drop).map_err(|error| reason(error.message()))
}

/// Whether the plan can be run; otherwise the first mistake in it.
pub(super) fn plan(it: &Plan) -> Reason {
    if it.format != super::FORMAT {
        return Err(format!("`format` is {}; this build reads {}", it.format, super::FORMAT));
    }
    judges(it.expect, &it.checkers, &it.caught_by)?;
    mutant(it.mutant.as_deref())?;
    numbers(&it.ensemble)?;
    world(&it.network, &it.disk)?;
    clients(it)?;
    it.faults.iter().try_for_each(|fault| {
        let windows = windows(&fault.windows, it.duration_ms);
        windows.map_err(|reason| format!("fault {} (`{}`): {reason}", fault.index, fault.name))?;
        fault_options(&fault.name, &fault.options)
    })
}

fn numbers(it: &Ensemble) -> Reason {
    servers(it.servers, it.observers)?;
    spares(it.spares, it.reconfigures)?;
    let least = [it.tick_ms, it.init_limit_ticks, it.sync_limit_ticks, it.snapshot_every];
    let more = [it.snapshot_chunk, it.max_notification_interval_ms, it.outstanding_max];
    if least.iter().chain(&more).any(|&number| number == 0) {
        return Err("[ensemble]: only `commit_log_count` and `requests_max` may be 0".to_owned());
    }
    Ok(())
}

fn clients(it: &Plan) -> Reason {
    let mut neighbours = it.clients.iter().zip(it.clients.iter().skip(1));
    if let Some((earlier, later)) = neighbours.find(|(one, next)| one.id >= next.id) {
        let (later, earlier) = (later.id, earlier.id);
        return Err(format!("client {later} stands behind {earlier}; expected ascending ids"));
    }
    for client in &it.clients {
        if client.servers.is_empty() || client.servers.iter().any(|id| !it.servers().contains(id)) {
            let count = it.servers().len();
            return Err(format!("client {}: `servers` names some of s1 to s{count}", client.id));
        }
        if client.read_only && !it.ensemble.read_only {
            return Err(format!(
                "client {}: `read_only` needs `read_only = true` in [ensemble]",
                client.id
            ));
        }
        workload_options(&client.workload, &client.options, client.seat)?;
        let ops = client.steps.iter().flatten().flat_map(PlanStep::ops);
        ops.enumerate().try_for_each(|(place, op)| in_place(client.id, place, op))?;
    }
    Ok(())
}

fn in_place(client: ClientId, place: usize, op: &Op) -> Reason {
    let Some(part) = op.misplaced() else { return Ok(()) };
    let accepted = match op {
        Op::Multi(_) => "expected creates, deletes, sets and checks in a multi",
        Op::MultiRead(_) => {
            "expected questions for data and, in their first form, for children in a multi-read, \
             without watches"
        }
        _ => "a check stands in a multi",
    };
    Err(format!("client {client}: request {}: `{part}` cannot stand there; {accepted}", place + 1))
}

fn windows(all: &[[u64; 2]], duration_ms: u64) -> Reason {
    let mut last = 0;
    for &[start, stop] in all {
        if start < last || stop < start || stop > duration_ms {
            return Err(format!(
                "the window [{start}, {stop}] is out of place; expected [start_ms, stop_ms], \
                 ascending, none beyond {duration_ms}"
            ));
        }
        last = stop;
    }
    Ok(())
}
