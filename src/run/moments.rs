//! A run moment by moment: what arrived at a node, what it decided, and how it stood before and
//! after. Taken from the same lines that the trace prints.

use super::run::run_traced;
use super::trace::{EVENTS, NodeName, STATES, TextOf, now};
use super::{Outcome, RunOptions};
use crate::base::Time;
use crate::scenario::Plan;
use std::collections::BTreeMap;
use std::mem::take;
use std::sync::{Arc, Mutex, PoisonError};
use tracing::span::{Attributes, Id};
use tracing::{Dispatch, Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

/// What madsim calls the node that the phases and the nemesis are on.
const MAIN: &str = "madsim-main";

/// One input of one node, or something that the nemesis did.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Moment {
    /// When.
    pub at: Time,
    /// Which node; empty for the nemesis and the phases.
    pub node: String,
    /// What arrived; empty where nothing did.
    pub arrived: String,
    /// What the node decided, in order.
    pub decided: Vec<String>,
    /// The indices of the events that the history has of it.
    pub events: Vec<u64>,
    /// How the node stood before; empty when it has not said.
    pub before: String,
    /// How it stands afterwards.
    pub after: String,
}

/// Runs the plan and keeps every moment of it.
pub fn moments(plan: &Plan, options: &RunOptions) -> (Outcome, Vec<Moment>) {
    let kept = Arc::new(Mutex::new(Kept::default()));
    let layer = Collector { kept: kept.clone() };
    let dispatch = Dispatch::new(tracing_subscriber::registry().with(layer));
    let outcome = run_traced(plan, options, dispatch);
    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    (outcome, take(&mut kept.moments))
}

#[derive(Default)]
struct Kept {
    moments: Vec<Moment>,
    /// How each node last said that it stands.
    states: BTreeMap<String, String>,
}

impl Kept {
    /// The moment that a line of this node belongs to.
    fn current(&mut self, node: &str) -> &mut Moment {
        if self.moments.last().is_none_or(|moment| moment.node != node) {
            self.begin(node, String::new());
        }
        self.moments.last_mut().expect("there is one now")
    }

    fn begin(&mut self, node: &str, arrived: String) {
        let before = self.states.get(node).cloned().unwrap_or_default();
        let (at, node, after) = (now(), node.to_owned(), before.clone());
        self.moments.push(Moment { at, node, arrived, before, after, ..Moment::default() });
    }

    fn state(&mut self, node: &str, state: String) {
        self.current(node).after.clone_from(&state);
        self.states.insert(node.to_owned(), state);
    }
}

/// Sorts the lines into moments.
struct Collector {
    kept: Arc<Mutex<Kept>>,
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Collector {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        NodeName::keep(attributes, id, &context);
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let target = event.metadata().target();
        if !target.starts_with(env!("CARGO_CRATE_NAME")) {
            return;
        }
        let (mut node, text) = (NodeName::of(event, &context), TextOf::message(event));
        if node == MAIN {
            node.clear();
        }
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        match target {
            STATES => kept.state(&node, text),
            EVENTS => kept.current(&node).events.extend(text.parse::<u64>()),
            _ => match text.strip_prefix("  ") {
                Some(decided) => kept.current(&node).decided.push(decided.to_owned()),
                None => kept.begin(&node, text),
            },
        }
    }
}
