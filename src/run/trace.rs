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

/// Prints, from now on, what the testbed's own code says of itself on the standard error: the
/// simulated time, the node, and what went in or (indented) came out.
pub fn show_trace() {
    // Of the simulator underneath only the spans, which say whose task it is.
    let own = Targets::new()
        .with_target(env!("CARGO_CRATE_NAME"), LevelFilter::TRACE)
        .with_target("madsim", LevelFilter::ERROR);
    // A second call finds a subscriber already there, which does the same.
    let _ = tracing_subscriber::registry().with(Lines.with_filter(own)).try_init();
}

/// A line for each event.
struct Lines;

/// What a span of the simulator is about.
struct NodeName(String);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Lines {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if attributes.metadata().name() != "node" {
            return;
        }
        let mut name = Text { field: "name", text: String::new() };
        attributes.record(&mut name);
        let span = context.span(id).expect("a span that was just made");
        span.extensions_mut().insert(NodeName(name.text));
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut message = Text { field: "message", text: String::new() };
        event.record(&mut message);
        let spans = context.event_scope(event).into_iter().flatten();
        let mut names = spans.filter_map(|span| {
            span.extensions().get::<NodeName>().map(|NodeName(name)| name.clone())
        });
        let node = names.next().unwrap_or_default();
        let line = format!("{:>9} {node:<3} {}\n", now(), message.text);
        // A reader who has gone away is no error.
        let _ = std::io::stderr().lock().write_all(line.as_bytes());
    }
}

fn now() -> String {
    let time = madsim::time::TimeHandle::try_current();
    time.map_or("-".to_owned(), |time| Time(time.elapsed().as_micros() as u64).to_string())
}

/// The text of one field.
struct Text {
    field: &'static str,
    text: String,
}

impl Visit for Text {
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
