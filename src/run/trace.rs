//! The text trace: what each node did, a line each, for eyes only.

use crate::base::Time;
use std::fmt;
use std::io::Write;
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id};
use tracing::{Event, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

pub(super) use crate::sim::{EVENTS, STATES};

/// Prints, from now on, what the testbed's own code says of itself on the standard error: the
/// simulated time, the node, and what went in or (indented) came out.
pub fn show_trace() {
    // Of the simulator underneath only the spans, which say whose task it is.
    let own = Targets::new()
        .with_target(env!("CARGO_CRATE_NAME"), LevelFilter::TRACE)
        .with_target(STATES, LevelFilter::OFF)
        .with_target(EVENTS, LevelFilter::OFF)
        .with_target("madsim", LevelFilter::ERROR);
    // A second call finds a subscriber already there, which does the same.
    let _ = tracing_subscriber::registry().with(Lines.with_filter(own)).try_init();
}

/// A line for each event.
struct Lines;

/// What a span of the simulator is about.
pub(super) struct NodeName(String);

impl NodeName {
    /// Keeps the name with the span, if it is one of a node.
    pub(super) fn keep<S: Subscriber + for<'a> LookupSpan<'a>>(
        attributes: &Attributes<'_>,
        id: &Id,
        context: &Context<'_, S>,
    ) {
        if attributes.metadata().name() != "node" {
            return;
        }
        let mut name = TextOf { field: "name", text: String::new() };
        attributes.record(&mut name);
        let span = context.span(id).expect("a span that was just made");
        span.extensions_mut().insert(NodeName(name.text));
    }

    /// Whose event it is; empty for nobody's.
    pub(super) fn of<S: Subscriber + for<'a> LookupSpan<'a>>(
        event: &Event<'_>,
        context: &Context<'_, S>,
    ) -> String {
        let spans = context.event_scope(event).into_iter().flatten();
        let mut names = spans.filter_map(|span| {
            span.extensions().get::<NodeName>().map(|NodeName(name)| name.clone())
        });
        names.next().unwrap_or_default()
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Lines {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        NodeName::keep(attributes, id, &context);
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let (node, text) = (NodeName::of(event, &context), TextOf::message(event));
        let time = madsim::time::TimeHandle::try_current().map(|_| now().to_string());
        let line = format!("{:>9} {node:<3} {text}\n", time.unwrap_or("-".to_owned()));
        // A reader who has gone away is no error.
        let _ = std::io::stderr().lock().write_all(line.as_bytes());
    }
}

/// The simulated time; zero outside of a run.
pub(super) fn now() -> Time {
    let time = madsim::time::TimeHandle::try_current();
    time.map_or(Time::ZERO, |time| Time(time.elapsed().as_micros() as u64))
}

/// The text of one field.
pub(super) struct TextOf {
    field: &'static str,
    text: String,
}

impl TextOf {
    /// What the event says.
    pub(super) fn message(event: &Event<'_>) -> String {
        let mut message = TextOf { field: "message", text: String::new() };
        event.record(&mut message);
        message.text
    }
}

impl Visit for TextOf {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == self.field {
            self.text = value.to_owned();
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == self.field {
            self.text = format!("{value:?}");
        }
    }
}
