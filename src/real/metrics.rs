//! A server's numbers as Prometheus reads them. The names are those of `mntr`, without `zk_`, as
//! with ZooKeeper's own provider.

use crate::server::Metric;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, text::encode};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;
use serde_json::Value;
use std::fmt;

/// What a server tells of itself: names and values.
pub(super) type Monitored = Vec<(&'static str, Metric)>;

/// All of it, in the text format. What is no number (the version, the server's part) is left out.
pub(super) fn text(monitored: Monitored) -> String {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Numbers(monitored)));
    let mut text = String::new();
    // Into a string nothing fails to be written.
    let _ = encode(&mut text, &registry);
    text
}

#[derive(Debug)]
struct Numbers(Monitored);

impl Collector for Numbers {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), fmt::Error> {
        let numbers = self.0.iter().flat_map(|(name, metric)| numbers_of(name, metric));
        for (name, text) in numbers {
            let Ok(value) = serde_json::from_str::<Value>(&text) else { continue };
            let whole = value.as_i64();
            let Some(decimal) = value.as_f64() else { continue };
            let help = "As the four-letter word mntr tells it";
            let metric = encoder.encode_descriptor(&name, help, None, MetricType::Gauge)?;
            match whole {
                Some(whole) => ConstGauge::new(whole).encode(metric)?,
                None => ConstGauge::new(decimal).encode(metric)?,
            }
        }
        Ok(())
    }
}

/// Of what takes time, how often that was and how long all of it took; the rest follows from these.
fn numbers_of(name: &str, metric: &Metric) -> Vec<(String, String)> {
    match metric {
        Metric::Plain(value) => vec![(name.to_owned(), value.clone())],
        Metric::Times(times) => vec![
            (format!("{name}_count"), times.count().to_string()),
            (format!("{name}_sum"), times.total_ms().to_string()),
        ],
    }
}
