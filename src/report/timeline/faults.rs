//! What the nemesis does, as spans: faults over the whole picture, and what they do to each server.

use crate::base::{NodeId, Time};
use crate::history::{Action, Event, Phase, What, nodes_of};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// A fault, from its beginning to its end.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct FaultSpan {
    /// Which of the plan's faults.
    pub fault: u32,
    /// Its name.
    pub name: String,
    /// The event that began it.
    pub event: u64,
    /// From when.
    pub from: u64,
    /// Until when; the end of the history where it did not end.
    pub to: u64,
    /// Whom it concerns.
    pub nodes: Vec<NodeId>,
}

/// Something that is wrong with one node for a while.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Trouble {
    /// Whose.
    pub node: NodeId,
    /// `down`, `paused`, `slow_disk`, `skewed`, `cut`, `slow_link`.
    pub what: &'static str,
    /// From when.
    pub from: u64,
    /// Until when.
    pub to: u64,
    /// In words.
    pub words: String,
}

/// All faults of a history, in the order in which they began.
pub fn fault_spans(events: &[Event]) -> Vec<FaultSpan> {
    let end = end_of(events);
    let mut spans: Vec<FaultSpan> = Vec::new();
    let mut open: BTreeMap<u32, usize> = BTreeMap::new();
    // The actions of a fault stand right behind its beginning.
    let mut begun: Option<(usize, Vec<BTreeSet<NodeId>>)> = None;
    for event in events {
        match &event.what {
            What::FaultStarts { fault, name } => {
                open.insert(*fault, spans.len());
                begun = Some((spans.len(), Vec::new()));
                let (name, from) = (name.clone(), event.at.0);
                let nodes = Vec::new();
                spans.push(FaultSpan {
                    fault: *fault,
                    name,
                    event: event.index,
                    from,
                    to: end,
                    nodes,
                });
            }
            What::FaultStops { fault, .. } => {
                begun = None;
                if let Some(span) = open.remove(fault) {
                    spans[span].to = event.at.0;
                }
            }
            What::Act(action) => {
                if let Some((span, actions)) = &mut begun {
                    actions.push(nodes_of(action).into_iter().collect());
                    spans[*span].nodes = concerned(actions);
                }
            }
            _ => begun = None,
        }
    }
    spans
}

/// Whom a fault concerns: those that each of its actions names (whoever is cut off from everybody
/// is one end of every cut), or, where there are none, all that are named.
fn concerned(actions: &[BTreeSet<NodeId>]) -> Vec<NodeId> {
    let Some((first, others)) = actions.split_first() else { return Vec::new() };
    let in_all = |node: &&NodeId| others.iter().all(|action| action.contains(node));
    let victims: Vec<NodeId> = first.iter().filter(in_all).copied().collect();
    if victims.is_empty() || actions.len() == 2 && victims.len() == 2 {
        let all: BTreeSet<NodeId> = actions.iter().flatten().copied().collect();
        return all.into_iter().collect();
    }
    victims
}

/// What is wrong with whom, in the order in which it ends.
pub fn troubles(events: &[Event]) -> Vec<Trouble> {
    let mut fold = Troubles::default();
    for event in events {
        fold.now = event.at;
        match &event.what {
            What::Act(action) => fold.act(action),
            What::Phase(Phase::Heal) => fold.heal(),
            What::Note { server, note: crate::history::Note::Failed { .. } } => {
                fold.begin(*server, "down", "cannot read its disk".to_owned());
            }
            _ => {}
        }
    }
    fold.now = Time(end_of(events));
    fold.finish()
}

fn end_of(events: &[Event]) -> u64 {
    events.last().map_or(0, |event| event.at.0)
}

#[derive(Default)]
struct Troubles {
    now: Time,
    open: BTreeMap<(NodeId, &'static str), (Time, String)>,
    done: Vec<Trouble>,
    /// How often each direction is cut.
    cuts: BTreeMap<(NodeId, NodeId), u32>,
    /// How often each direction is clogged.
    clogs: BTreeMap<(NodeId, NodeId), u32>,
}

impl Troubles {
    fn act(&mut self, action: &Action) {
        match *action {
            Action::Cut { from, to } => self.count(Counted::Cuts, (from, to), 1),
            Action::Heal { from, to } => self.count(Counted::Cuts, (from, to), -1),
            Action::Clog { from, to, .. } => self.count(Counted::Clogs, (from, to), 1),
            Action::Unclog { from, to } => self.count(Counted::Clogs, (from, to), -1),
            Action::Reset { .. } => {}
            Action::Crash { server, power } => {
                let words = if power { "lost power" } else { "its process ended" };
                self.end(server, "paused");
                self.begin(server, "down", words.to_owned());
            }
            Action::Restart { server } => self.end(server, "down"),
            Action::Pause { server } => self.begin(server, "paused", "stands still".to_owned()),
            Action::Resume { server } => self.end(server, "paused"),
            Action::Skew { server, offset_ms, drift_ppm } => {
                let words = format!("clocks off by {offset_ms}ms, drift {drift_ppm}ppm");
                self.begin(server, "skewed", words);
            }
            Action::Unskew { server } => self.end(server, "skewed"),
            Action::SlowDisk { server, factor } => {
                self.begin(server, "slow_disk", format!("disk syncs {factor} times slower"));
            }
            Action::FastDisk { server } => self.end(server, "slow_disk"),
        }
    }

    fn begin(&mut self, node: impl Into<NodeId>, what: &'static str, words: String) {
        let node = node.into();
        if let Some((_, known)) = self.open.get(&(node, what))
            && *known == words
        {
            return;
        }
        self.end(node, what);
        self.open.insert((node, what), (self.now, words));
    }

    fn end(&mut self, node: impl Into<NodeId>, what: &'static str) {
        let node = node.into();
        if let Some((from, words)) = self.open.remove(&(node, what)) {
            let to = self.now.0;
            self.done.push(Trouble { node, what, from: from.0, to, words });
        }
    }

    fn count(&mut self, counted: Counted, link: (NodeId, NodeId), by: i32) {
        let counts = match counted {
            Counted::Cuts => &mut self.cuts,
            Counted::Clogs => &mut self.clogs,
        };
        let count = counts.entry(link).or_insert(0);
        *count = count.saturating_add_signed(by);
        if *count == 0 {
            counts.remove(&link);
        }
        self.tell(counted, link.0);
        self.tell(counted, link.1);
    }

    /// What the node cannot say or hear now, in words; or that nothing is wrong any more.
    fn tell(&mut self, counted: Counted, node: NodeId) {
        let (counts, what) = match counted {
            Counted::Cuts => (&self.cuts, "cut"),
            Counted::Clogs => (&self.clogs, "slow_link"),
        };
        let to: BTreeSet<NodeId> =
            counts.keys().filter(|link| link.0 == node).map(|link| link.1).collect();
        let from: BTreeSet<NodeId> =
            counts.keys().filter(|link| link.1 == node).map(|link| link.0).collect();
        if to.is_empty() && from.is_empty() {
            return self.end(node, what);
        }
        let words = link_words(counted, &to, &from);
        self.begin(node, what, words);
    }

    fn heal(&mut self) {
        self.cuts.clear();
        self.clogs.clear();
        let nodes: Vec<(NodeId, &'static str)> = self.open.keys().copied().collect();
        for (node, what) in
            nodes.into_iter().filter(|(_, what)| ["cut", "slow_link"].contains(what))
        {
            self.end(node, what);
        }
    }

    fn finish(mut self) -> Vec<Trouble> {
        let open: Vec<(NodeId, &'static str)> = self.open.keys().copied().collect();
        open.into_iter().for_each(|(node, what)| self.end(node, what));
        // Cuts of one moment come one by one; what lasted no time was only on the way.
        self.done.retain(|trouble| trouble.from < trouble.to);
        self.done
    }
}

#[derive(Clone, Copy)]
enum Counted {
    Cuts,
    Clogs,
}

fn link_words(counted: Counted, to: &BTreeSet<NodeId>, from: &BTreeSet<NodeId>) -> String {
    let list = |nodes: &BTreeSet<NodeId>| {
        let names: Vec<String> = nodes.iter().map(NodeId::to_string).collect();
        names.join(" ")
    };
    match counted {
        Counted::Clogs if to == from => format!("slow links with {}", list(to)),
        Counted::Clogs => format!("slow links to {} and from {}", list(to), list(from)),
        Counted::Cuts if to == from => format!("cut off from {}", list(to)),
        Counted::Cuts if to.is_empty() => format!("does not hear {}", list(from)),
        Counted::Cuts if from.is_empty() => format!("is not heard by {}", list(to)),
        Counted::Cuts => format!("is not heard by {}, does not hear {}", list(to), list(from)),
    }
}
