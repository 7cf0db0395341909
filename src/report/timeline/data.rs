//! All that the page shows, as one JSON value: long tables as columns, texts once and by number, so
//! that a history of 50,000 events stays a file of a few megabytes.

use super::about::{About, EventKind, abouts};
use super::clients::{ClientLane, OpFate, client_lanes};
use super::faults::{FaultSpan, Trouble, fault_spans, troubles};
use super::states::{Stands, stands};
use super::why::{Why, why};
use crate::base::{ClientId, NodeId, ServerId, Time};
use crate::history::{Event, Fate, Message, MessageKind, Role, What};
use crate::report::json::hex;
use crate::report::{CheckReport, Explanation, Report, ViolationReport};
use crate::run::Verdict;
use crate::scenario::Registry;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// The page's whole input.
#[derive(Serialize)]
pub struct Data {
    head: Head,
    /// Servers, then clients. Elsewhere a node is its place in here, −1 where there is none.
    nodes: Vec<NodeId>,
    /// The words for the numbers in `events.kind`.
    kinds: Vec<&'static str>,
    events: Events,
    phases: Vec<PhaseStart>,
    faults: Vec<FaultSpan>,
    troubles: Vec<Trouble>,
    servers: Vec<ServerColumns>,
    clients: Vec<ClientColumns>,
    messages: Messages,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<Why>,
    /// The texts that tables name by their number.
    texts: Vec<String>,
}

/// What the run was, and what it came to.
#[derive(Serialize)]
struct Head {
    scenario: String,
    seed: String,
    version: String,
    digest: String,
    verdict: String,
    held: bool,
    mutant: Option<Named>,
    replay: String,
    end: u64,
    violations: Vec<Claimed>,
    checks: Vec<Checked>,
}

#[derive(Serialize)]
struct Named {
    name: String,
    about: String,
}

/// A violation, and the lines of the history that prove it.
#[derive(Serialize)]
struct Claimed {
    checker: String,
    demands: String,
    claim: String,
    evidence: Vec<u64>,
    lines: Vec<String>,
    at: u64,
}

#[derive(Serialize)]
struct Checked {
    checker: String,
    demands: String,
    verdict: Verdict,
    checked: u64,
}

#[derive(Serialize, Default)]
struct Events {
    /// Microseconds since the event before.
    after: Vec<u64>,
    node: Vec<i32>,
    kind: Vec<u8>,
    words: Vec<u32>,
    session: Vec<i32>,
    zxid: Vec<i32>,
    paths: Vec<Vec<u32>>,
}

#[derive(Serialize)]
struct PhaseStart {
    name: String,
    at: u64,
}

/// How a server stood, from which events on.
#[derive(Serialize, Default)]
struct ServerColumns {
    event: Vec<u64>,
    /// 0 down, 1 looking, 2 following, 3 leading, 4 observing.
    role: Vec<u8>,
    leader: Vec<i32>,
    epoch: Vec<u32>,
    zxid: Vec<u32>,
    /// −1 where it is not known.
    sessions: Vec<i64>,
    digest: Vec<i32>,
    serving: Vec<u8>,
}

#[derive(Serialize, Default)]
struct ClientColumns {
    sessions: Vec<(u32, u64, u64, &'static str)>,
    /// To whom, from when, until when, and 1 for reads only.
    connections: Vec<(i32, u64, u64, u8)>,
    ops: OpColumns,
    /// Armed by, fired in (−1: never), until, path, on children.
    watches: Vec<(u64, i64, u64, u32, u8)>,
}

#[derive(Serialize, Default)]
struct OpColumns {
    invoke: Vec<u64>,
    answer: Vec<i64>,
    /// 0 done, 1 refused, 2 unknown, 3 never answered.
    fate: Vec<u8>,
    writes: Vec<u8>,
    words: Vec<u32>,
}

#[derive(Serialize, Default)]
struct Messages {
    /// The words for the numbers in `kind`.
    kinds: Vec<&'static str>,
    /// Microseconds since the message before was sent.
    after: Vec<u64>,
    /// How long it took, or was to take; −1 while it is on its way.
    took: Vec<i64>,
    from: Vec<i32>,
    to: Vec<i32>,
    kind: Vec<u8>,
    words: Vec<u32>,
    /// 0 arrived, 1 late, 2 lost, 3 under way.
    fate: Vec<u8>,
    /// Why the lost ones were, by their places.
    why: BTreeMap<usize, &'static str>,
}

/// Gathers it.
pub fn data(
    report: &Report,
    events: &[Event],
    messages: &[Message],
    explanation: Option<&Explanation>,
) -> Data {
    let clients = client_lanes(events);
    let (nodes, servers) = nodes(report, (events, messages), &clients);
    let mut build = Build { places: places(&nodes), ..Build::default() };
    let columns = build.events(events);
    let stands = stands(&servers, events);
    let server_columns = servers.iter().map(|server| build.server(&stands[server])).collect();
    let fresh = ClientLane::default();
    let client_columns = nodes.iter().filter_map(|node| match node {
        NodeId::Client(client) => Some(build.client(clients.get(client).unwrap_or(&fresh))),
        NodeId::Server(_) => None,
    });
    let client_columns = client_columns.collect();
    Data {
        head: head(report, events),
        kinds: EventKind::ALL.iter().map(|kind| kind.word()).collect(),
        events: columns,
        phases: phases(events),
        faults: fault_spans(events),
        troubles: troubles(events),
        servers: server_columns,
        clients: client_columns,
        messages: build.messages(messages, end_of(events)),
        why: explanation.map(why),
        nodes,
        texts: build.texts,
    }
}

/// Everybody that takes part: those that the report names, those that the history does, and those
/// who only say something.
fn nodes(
    report: &Report,
    (events, messages): (&[Event], &[Message]),
    clients: &BTreeMap<ClientId, ClientLane>,
) -> (Vec<NodeId>, Vec<ServerId>) {
    let mut nodes: BTreeSet<NodeId> = events.iter().filter_map(who).collect();
    nodes.extend(report.servers.iter().map(|it| NodeId::Server(it.server)));
    nodes.extend(clients.keys().map(|&client| NodeId::Client(client)));
    nodes.extend(messages.iter().flat_map(|it| [it.from, it.to]));
    let servers = nodes.iter().filter_map(|node| match node {
        NodeId::Server(server) => Some(*server),
        NodeId::Client(_) => None,
    });
    let servers = servers.collect();
    (nodes.into_iter().collect(), servers)
}

/// Whose event it is; nobody's where it is the run's or the nemesis'.
pub(super) fn who(event: &Event) -> Option<NodeId> {
    match event.what {
        What::Act(_) => None,
        _ => event.nodes().first().copied(),
    }
}

fn places(nodes: &[NodeId]) -> BTreeMap<NodeId, i32> {
    (0..).zip(nodes).map(|(place, &node)| (node, place)).collect()
}

fn head(report: &Report, events: &[Event]) -> Head {
    let about = about_of(Registry::Checkers);
    let line = |&index: &u64| events.get(index as usize).map(line_of).unwrap_or_default();
    let claimed = |check: &CheckReport| {
        let violation = check.violation.as_ref()?;
        Some(Claimed {
            checker: check.checker.clone(),
            demands: about.get(&check.checker).cloned().unwrap_or_default(),
            claim: violation.claim.clone(),
            evidence: violation.evidence.clone(),
            lines: violation.evidence.iter().map(line).collect(),
            at: moment_of(violation, events).0,
        })
    };
    let checked = |check: &CheckReport| Checked {
        checker: check.checker.clone(),
        demands: about.get(&check.checker).cloned().unwrap_or_default(),
        verdict: check.verdict,
        checked: check.checked,
    };
    let stories = about_of(Registry::Mutants);
    let mutant = report.mutant.as_ref().map(|name| Named {
        name: name.clone(),
        about: stories.get(name).cloned().unwrap_or_default(),
    });
    Head {
        scenario: report.scenario.clone(),
        seed: report.seed.to_string(),
        version: report.version.clone(),
        digest: report.digest.clone(),
        verdict: report.verdict.clone(),
        held: report.held,
        mutant,
        replay: report.replay.clone(),
        end: end_of(events).0,
        violations: report.checks.iter().filter_map(claimed).collect(),
        checks: report.checks.iter().map(checked).collect(),
    }
}

/// When it turned out: reports say it in milliseconds, the last piece of evidence more exactly.
fn moment_of(violation: &ViolationReport, events: &[Event]) -> Time {
    let evidence = violation.evidence.iter().filter_map(|&index| events.get(index as usize));
    let exact = evidence.map(|event| event.at).filter(|at| at.as_ms() == violation.at_ms).max();
    exact.unwrap_or(Time::from_ms(violation.at_ms))
}

fn end_of(events: &[Event]) -> Time {
    events.last().map_or(Time::ZERO, |event| event.at)
}

fn about_of(registry: Registry) -> BTreeMap<String, String> {
    registry.lines().into_iter().map(|line| (line.name, line.about)).collect()
}

fn line_of(event: &Event) -> String {
    serde_json::to_string(event).expect("events have only text keys")
}

fn phases(events: &[Event]) -> Vec<PhaseStart> {
    let start = |event: &Event| match event.what {
        What::Phase(phase) => {
            let name = format!("{phase:?}").to_lowercase();
            Some(PhaseStart { name, at: event.at.0 })
        }
        _ => None,
    };
    events.iter().filter_map(start).collect()
}

/// Turns ids and texts into numbers.
#[derive(Default)]
struct Build {
    places: BTreeMap<NodeId, i32>,
    numbers: BTreeMap<String, u32>,
    texts: Vec<String>,
}

impl Build {
    fn text(&mut self, text: String) -> u32 {
        if let Some(&number) = self.numbers.get(&text) {
            return number;
        }
        let number = self.texts.len() as u32;
        self.texts.push(text.clone());
        self.numbers.insert(text, number);
        number
    }

    fn optional(&mut self, text: Option<impl ToString>) -> i32 {
        text.map_or(-1, |text| self.text(text.to_string()) as i32)
    }

    fn place(&self, node: Option<impl Into<NodeId>>) -> i32 {
        node.and_then(|node| self.places.get(&node.into()).copied()).unwrap_or(-1)
    }

    fn events(&mut self, events: &[Event]) -> Events {
        let mut columns = Events::default();
        let mut before = 0;
        for (event, about) in events.iter().zip(abouts(events)) {
            let About { kind, session, paths, zxid } = about;
            columns.after.push(event.at.0 - before);
            before = event.at.0;
            columns.node.push(self.place(who(event)));
            columns.kind.push(kind as u8);
            columns.words.push(self.text(event.what.to_string()));
            columns.session.push(self.optional(session));
            columns.zxid.push(self.optional(zxid));
            let paths = paths.iter().map(|path| self.text(path.to_string()));
            columns.paths.push(paths.collect());
        }
        columns
    }

    fn server(&mut self, stands: &Stands) -> ServerColumns {
        let mut columns = ServerColumns::default();
        for (event, stand) in stands {
            let (role, leader) = match stand.role {
                _ if !stand.up => (0, None),
                Role::Looking => (1, None),
                Role::Following(leader) => (2, Some(leader)),
                Role::Leading => (3, None),
                Role::Observing(leader) => (4, Some(leader)),
            };
            columns.event.push(*event);
            columns.role.push(role);
            columns.leader.push(self.place(leader));
            columns.epoch.push(stand.epoch.0);
            columns.zxid.push(self.text(stand.zxid.to_string()));
            columns.sessions.push(stand.sessions.unwrap_or(-1));
            columns.digest.push(self.optional(stand.digest.map(hex)));
            columns.serving.push(u8::from(stand.serving));
        }
        columns
    }

    /// Those that were sent before the history ended. It may end, at a violation, before the run.
    fn messages(&mut self, messages: &[Message], end: Time) -> Messages {
        let kinds = MessageKind::ALL.iter().map(|kind| kind.word()).collect();
        let mut columns = Messages { kinds, ..Messages::default() };
        let mut before = 0;
        let sent = messages.iter().take_while(|message| message.sent <= end);
        for (place, message) in sent.enumerate() {
            let (fate, done) = match message.fate {
                Fate::Arrived { at, .. } | Fate::Lost { at, .. } if at > end => (3, None),
                Fate::Arrived { at, late: false } => (0, Some(at)),
                Fate::Arrived { at, late: true } => (1, Some(at)),
                Fate::Lost { at, why } => {
                    columns.why.insert(place, why.words());
                    (2, Some(at))
                }
                Fate::UnderWay => (3, None),
            };
            columns.after.push(message.sent.0 - before);
            before = message.sent.0;
            columns.took.push(done.map_or(-1, |at| (at.0 - before) as i64));
            columns.from.push(self.place(Some(message.from)));
            columns.to.push(self.place(Some(message.to)));
            columns.kind.push(message.kind as u8);
            columns.words.push(self.text(message.words.clone()));
            columns.fate.push(fate);
        }
        columns
    }

    fn client(&mut self, lane: &ClientLane) -> ClientColumns {
        let mut columns = ClientColumns::default();
        for it in &lane.sessions {
            let session = self.text(it.session.to_string());
            columns.sessions.push((session, it.from.0, it.to.0, it.end));
        }
        for it in &lane.connections {
            let server = self.place(Some(it.server));
            columns.connections.push((server, it.from.0, it.to.0, it.read_only.into()));
        }
        for it in &lane.ops {
            columns.ops.invoke.push(it.invoke);
            columns.ops.answer.push(it.answer.map_or(-1, |index| index as i64));
            columns.ops.fate.push(match it.fate {
                OpFate::Ok => 0,
                OpFate::Refused => 1,
                OpFate::Unknown => 2,
                OpFate::Open => 3,
            });
            columns.ops.writes.push(it.writes.into());
            columns.ops.words.push(self.text(it.words.clone()));
        }
        for it in &lane.watches {
            let fired = it.fired.map_or(-1, |index| index as i64);
            let path = self.text(it.path.to_string());
            columns.watches.push((it.armed, fired, it.until.0, path, u8::from(it.child)));
        }
        columns
    }
}
