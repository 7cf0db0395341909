//! Walks the plan's schedule: starts and stops faults, and has their actions performed.

use crate::base::{Stream, Time};
use crate::faults::Fault;
use crate::history::What;
use crate::scenario::Plan;
use crate::sim::Cluster;
use std::collections::VecDeque;

/// The faults of a run, and when each one starts and stops.
pub(super) struct Nemesis {
    faults: Vec<Armed>,
    /// What comes, in order.
    schedule: VecDeque<Turn>,
}

struct Armed {
    fault: Box<dyn Fault>,
    index: u32,
    name: String,
    rng: Stream,
}

/// A fault starts or stops. Ordered as things happen; at one moment, stops come first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Turn {
    at: Time,
    starts: bool,
    /// Which of the faults.
    fault: usize,
}

impl Nemesis {
    /// The plan's faults, with their windows counted from `load`.
    pub fn new(plan: &Plan, load: Time) -> Nemesis {
        let mut schedule = Vec::new();
        for (fault, it) in plan.faults.iter().enumerate() {
            for &[start, stop] in &it.windows {
                let at = |ms| Time(load.0 + ms * 1000);
                schedule.push(Turn { at: at(start), starts: true, fault });
                // A fault that lasts no time still stops after it has started.
                let stop = at(stop).max(Time(at(start).0 + 1));
                schedule.push(Turn { at: stop, starts: false, fault });
            }
        }
        schedule.sort_unstable();
        let streams = plan.streams();
        let armed = |(fault, it): (Box<dyn Fault>, &crate::scenario::PlanFault)| Armed {
            fault,
            index: it.index,
            name: it.name.clone(),
            rng: streams.stream(&it.stream),
        };
        let faults = plan.build_faults().into_iter().zip(&plan.faults).map(armed).collect();
        Nemesis { faults, schedule: schedule.into() }
    }

    /// When the next fault starts or stops; [`Time::NEVER`] when all is over.
    pub fn next_at(&self) -> Time {
        self.schedule.front().map_or(Time::NEVER, |turn| turn.at)
    }

    /// Starts and stops what is due.
    pub fn act(&mut self, now: Time, cluster: &Cluster) {
        while let Some(turn) = self.schedule.pop_front_if(|turn| turn.at <= now) {
            let it = &mut self.faults[turn.fault];
            let (fault, name) = (it.index, it.name.clone());
            let view = cluster.board.view();
            let actions = if turn.starts {
                cluster.recorder.record(What::FaultStarts { fault, name });
                it.fault.start(&view, it.rng.at(turn.at))
            } else {
                cluster.recorder.record(What::FaultStops { fault, name });
                it.fault.stop(&view)
            };
            actions.into_iter().for_each(|action| cluster.perform(action));
        }
    }
}
