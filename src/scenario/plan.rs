//! A plan: everything that a run needs, as data. The same plan gives the same history.

use super::error::Source;
use super::scenario::read;
use super::{
    Ensemble, FaultWish, PlanActions, PlanStep, Scenario, ScenarioError, WorkloadWish, fixed,
    schedule, seed, validate,
};
use crate::base::{ClientId, Redraw, Rng, ServerId, Streams};
use crate::faults::{self, Fault};
use crate::sim::{DiskSettings, NetworkSettings};
use crate::workloads::{self, Seat, Seats, Workload};
use serde::{Deserialize, Serialize};
use std::path::Path;
use toml::Table;

/// The form of plan files that this build writes and reads.
pub const FORMAT: u32 = 1;

/// The end of every plan file: one that breaks off earlier is still TOML, but no longer the plan.
const LAST_LINE: &str = "# end of plan";

/// How far the clients' first requests lie apart, at most.
const START_MS_MAX: u64 = 2_000;

/// How a run has to end.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expect {
    /// Every checker passes.
    #[default]
    Pass,
    /// One of `caught_by` finds a violation.
    Violation,
}

/// A scenario with a seed, drawn out.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// [`FORMAT`].
    pub format: u32,
    /// The scenario's name.
    pub scenario: String,
    /// What must not happen, in prose.
    pub about: String,
    /// What it was drawn from. The streams of the run come from it, too.
    #[serde(with = "seed")]
    pub seed: u64,
    /// What the simulator underneath is seeded with.
    #[serde(with = "seed")]
    pub world_seed: u64,
    /// How the run has to end.
    pub expect: Expect,
    /// With `expect = "violation"`: the checkers that may be the ones to see it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub caught_by: Vec<String>,
    /// The planted bug that the servers have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mutant: Option<String>,
    /// Who judges.
    pub checkers: Vec<String>,
    /// How long clients and faults are at work.
    pub duration_ms: u64,
    /// How long everything may take to come to rest afterwards.
    pub settle_ms: u64,
    /// The servers.
    pub ensemble: Ensemble,
    /// The network, where nothing is wrong with it.
    pub network: NetworkSettings,
    /// The disks, where nothing is wrong with them.
    pub disk: DiskSettings,
    /// From when on all streams are drawn anew; in ascending order.
    #[serde(rename = "redraw", default, skip_serializing_if = "Vec::is_empty")]
    pub redraws: Vec<Redraw>,
    /// In ascending order of their ids.
    #[serde(rename = "client", default)]
    pub clients: Vec<PlanClient>,
    /// In the order of the scenario.
    #[serde(rename = "fault", default)]
    pub faults: Vec<PlanFault>,
}

/// One client of a plan.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanClient {
    /// Which; from 1.
    pub id: ClientId,
    /// What it does.
    pub workload: String,
    /// The label of the stream that its workload draws from.
    pub stream: String,
    /// When it comes, counted from the beginning of the load.
    pub start_ms: u64,
    /// The session timeout that it asks for.
    pub session_timeout_ms: u32,
    /// Whether a server that only reads will do.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub read_only: bool,
    /// The servers that it may connect to.
    pub servers: Vec<ServerId>,
    /// Which of the workload's clients it is.
    pub seat: Seat,
    /// The workload's own options.
    #[serde(default, skip_serializing_if = "Table::is_empty")]
    pub options: Table,
    /// What it does, in the place of what its workload would say.
    #[serde(rename = "step", default, skip_serializing_if = "Option::is_none")]
    pub steps: Option<Vec<PlanStep>>,
}

/// One fault of a plan.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanFault {
    /// Its number in the scenario, from 0; the history calls it so, also when others are removed.
    pub index: u32,
    /// What it does.
    pub name: String,
    /// The label of the stream that it draws its victims from.
    pub stream: String,
    /// When it starts and stops, counted from the beginning of the load.
    pub windows: Vec<[u64; 2]>,
    /// The fault's own options.
    #[serde(default, skip_serializing_if = "Table::is_empty")]
    pub options: Table,
    /// What it does, in the place of what it would choose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fixed: Option<PlanActions>,
}

impl Plan {
    /// Decides with `seed` everything that the scenario leaves open.
    pub fn draw(scenario: &Scenario, seed: u64) -> Plan {
        Plan {
            format: FORMAT,
            scenario: scenario.name.clone(),
            about: scenario.about.clone(),
            seed,
            world_seed: Rng::stream(seed, "world").number(),
            expect: scenario.expect,
            caught_by: scenario.caught_by.clone(),
            mutant: scenario.mutant.clone(),
            checkers: scenario.checkers.clone(),
            duration_ms: scenario.duration_ms,
            settle_ms: scenario.settle_ms,
            ensemble: Ensemble::draw(&scenario.ensemble, seed),
            network: scenario.network.clone(),
            disk: scenario.disk.clone(),
            redraws: Vec::new(),
            clients: draw_clients(scenario, seed),
            faults: draw_faults(scenario, seed),
        }
    }

    /// Reads a plan from its file.
    pub fn load(path: &Path) -> Result<Plan, ScenarioError> {
        let text = read(path)?;
        Plan::read(Source { file: &path.display().to_string(), text: &text })
    }

    /// The plan that `text` describes.
    pub fn parse(text: &str) -> Result<Plan, ScenarioError> {
        Plan::read(Source { file: "plan.toml", text })
    }

    /// Whether a file is meant as a plan, as its last line says, and not as a scenario.
    pub fn is_file(path: &Path) -> bool {
        read(path).is_ok_and(|text| text.trim_end().ends_with(LAST_LINE))
    }

    /// The plan as a file.
    pub fn to_toml(&self) -> String {
        let text = toml::to_string(self).expect("a plan has only what TOML can say");
        format!("{text}\n{LAST_LINE}\n")
    }

    /// Its faults, ready to be started, in the order of the plan.
    pub fn build_faults(&self) -> Vec<Box<dyn Fault>> {
        self.faults.iter().map(build_fault).collect()
    }

    /// The generator of one of its clients.
    pub fn build_workload(&self, client: &PlanClient) -> Box<dyn Workload> {
        if let Some(steps) = &client.steps {
            return fixed::workload(steps);
        }
        let entry = workloads::ALL.iter().find(|entry| entry.name == client.workload);
        let entry = entry.expect("names are checked when a plan is read or drawn");
        (entry.build)(client.options.clone(), client.seat).expect("and so are options")
    }

    /// Where its streams come from.
    pub fn streams(&self) -> Streams {
        Streams::new(self.seed, &self.redraws)
    }

    /// The ensemble's servers, in ascending order.
    pub fn servers(&self) -> Vec<ServerId> {
        self.ensemble.all()
    }

    fn read(source: Source<'_>) -> Result<Plan, ScenarioError> {
        if !source.text.trim_end().ends_with(LAST_LINE) {
            let end = source.text.len();
            let reason = format!("the plan breaks off; its last line has to be `{LAST_LINE}`");
            return Err(source.mistake_at(end..end, reason));
        }
        let plan = toml::from_str(source.text).map_err(|error| source.no_toml(&error))?;
        validate::plan(&plan).map_err(|reason| source.mistake(reason))?;
        Ok(plan)
    }
}

fn build_fault(fault: &PlanFault) -> Box<dyn Fault> {
    if let Some(choice) = &fault.fixed {
        return fixed::fault(choice);
    }
    let entry = faults::ALL.iter().find(|entry| entry.name == fault.name);
    let entry = entry.expect("names are checked when a plan is read or drawn");
    (entry.build)(fault.options.clone()).expect("and so are options")
}

fn draw_clients(scenario: &Scenario, seed: u64) -> Vec<PlanClient> {
    let wishes = scenario.workloads.iter().map(|wish| wish.get_ref());
    let seats = wishes.flat_map(|wish| (0..wish.clients).map(move |index| (wish, index)));
    let clients = (1..).map(ClientId).zip(seats);
    clients.map(|(id, (wish, index))| draw_client(scenario, wish, index, id, seed)).collect()
}

fn draw_client(
    scenario: &Scenario,
    wish: &WorkloadWish,
    index: u32,
    id: ClientId,
    seed: u64,
) -> PlanClient {
    let seat = format!("{}/{index}", wish.name);
    let mut rng = Rng::stream(seed, &format!("client/{seat}"));
    PlanClient {
        id,
        workload: wish.name.clone(),
        stream: format!("workload/{seat}"),
        start_ms: rng.between(0, START_MS_MAX),
        session_timeout_ms: scenario.ensemble.session_timeout_ms.draw(&mut rng),
        read_only: wish.read_only,
        servers: servers_of(scenario, &wish.name),
        seat: Seat { index, clients: wish.clients, ops: wish.ops },
        options: wish.options.clone(),
        steps: None,
    }
}

/// The servers that a workload's clients know.
fn servers_of(scenario: &Scenario, workload: &str) -> Vec<ServerId> {
    let seats = workloads::ALL.iter().find(|entry| entry.name == workload).map(|it| it.seats);
    let observers = scenario.ensemble.observers();
    match seats {
        Some(Seats::Observers) if !observers.is_empty() => observers,
        Some(Seats::Observers | Seats::Anywhere) | None => scenario.ensemble.all(),
    }
}

/// Streams are named after the fault and how many of that name come before it, so that removing
/// one fault from a scenario moves no other kind of fault.
fn draw_faults(scenario: &Scenario, seed: u64) -> Vec<PlanFault> {
    let wishes: Vec<&FaultWish> = scenario.faults.iter().map(|wish| wish.get_ref()).collect();
    let draw = |(index, wish): (usize, &&FaultWish)| {
        let nth = wishes[..index].iter().filter(|earlier| earlier.name == wish.name).count();
        let label = format!("{}/{nth}", wish.name);
        let mut rng = Rng::stream(seed, &format!("schedule/{label}"));
        PlanFault {
            index: index as u32,
            name: wish.name.clone(),
            stream: format!("fault/{label}"),
            windows: schedule::draw(wish, scenario.duration_ms, &mut rng),
            options: wish.options.clone(),
            fixed: None,
        }
    };
    wishes.iter().enumerate().map(draw).collect()
}
