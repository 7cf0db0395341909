//! A server's numbers as Prometheus reads them. The names are those of `mntr`, without `zk_`, as
//! with ZooKeeper's own provider.

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, text::encode};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;
use serde_json::Value;
use std::fmt;

/// What a server tells of itself: names and values.
pub(super) type Monitored = Vec<(&'static str, String)>;

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
        for (name, text) in &self.0 {
            let Ok(value) = serde_json::from_str::<Value>(text) else { continue };
            let whole = value.as_i64();
            let Some(decimal) = value.as_f64() else { continue };
            let help = format!("As `zk_{name}` of the four-letter word mntr");
            let metric = encoder.encode_descriptor(name, &help, None, MetricType::Gauge)?;
            match whole {
                Some(whole) => ConstGauge::new(whole).encode(metric)?,
                None => ConstGauge::new(decimal).encode(metric)?,
            }
        }
        Ok(())
    }
}
