//! The keys about what is around a server: TLS, HTTP, how its files are kept; and those that cannot
//! be had here.

use super::entries::{BadZooCfg, Entries};
use crate::server::config::Config;
use crate::storage::Keeping;
use crate::wire::Endpoint;

/// TLS for clients (`secureClientPort`, `ssl.*`).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tls {
    /// Where such clients connect.
    pub at: Endpoint,
    /// A PEM file: the server's key, its certificate and those above it (`ssl.keyStore.location`).
    pub key_store: String,
    /// A PEM file: whose certificates are trusted (`ssl.trustStore.location`).
    pub trust_store: Option<String>,
    /// Whether clients show certificates.
    pub client_auth: ClientAuth,
}

/// Whether clients show certificates (`ssl.clientAuth`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ClientAuth {
    /// They are not asked.
    None,
    /// They may, and it has to be a trusted one.
    Want,
    /// They must.
    Need,
}

/// The server's commands over HTTP (`admin.*`).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Admin {
    /// Where.
    pub at: Endpoint,
    /// The path before the names of commands, with a slash at its beginning and none at its end.
    pub url: String,
    /// How long who asks may take to ask and to read, in milliseconds (`admin.idleTimeout`).
    pub patience_ms: u64,
}

/// What a value has to be.
#[derive(Clone, Copy)]
enum Value {
    Flag,
    Number,
    Text,
}

/// Keys that ZooKeeper knows, and that mean nothing here; no harm comes of that.
const MEANINGLESS: &[(&str, Value)] = &[
    ("clientPortListenBacklog", Value::Number),
    ("closeSessionTxn.enabled", Value::Flag),
    ("digest.enabled", Value::Flag),
    ("flushDelay", Value::Number),
    ("jute.maxbuffer.extrasize", Value::Number),
    ("maxBatchSize", Value::Number),
    ("maxWriteQueuePollTime", Value::Number),
    ("metricsProvider.exportJvmInfo", Value::Flag),
    ("nioDirectBufferBytes", Value::Number),
    ("nioNumSelectorThreads", Value::Number),
    ("nioNumWorkerThreads", Value::Number),
    ("nioWorkerShutdownTimeout", Value::Number),
    ("observer.electionDelayMs", Value::Number),
    ("observer.reconnectDelayMs", Value::Number),
    ("observerMaster.sizeLimit", Value::Number),
    ("requestThrottleDropStale", Value::Flag),
    ("requestThrottleStallTime", Value::Number),
    ("serverCnxnFactory", Value::Text),
    ("snapshotSizeFactor", Value::Text),
    ("ssl.keyStore.password", Value::Text),
    ("ssl.keyStore.passwordPath", Value::Text),
    ("ssl.trustStore.password", Value::Text),
    ("ssl.trustStore.passwordPath", Value::Text),
    ("syncEnabled", Value::Flag),
    ("tcpKeepAlive", Value::Flag),
];

/// Keys of which somebody relies on what they do: whoever sets them is told that they do nothing.
const MISSED: &[&str] = &[
    "X509AuthenticationProvider.superUser",
    "client.portUnification",
    "enforce.auth.enabled",
    "multiAddress.enabled",
    "portUnification",
    "quorum.auth.enableSasl",
    "sessionRequireClientSASLAuth",
    "snapshot.compression.method",
    "sslQuorum",
    "superUser",
];

/// The same, of keys that begin so.
const MISSED_GROUPS: &[&str] = &["authProvider", "group.", "weight."];

/// What is said of all these.
const MISSED_WHY: &str = "this server cannot do that; leave the line out";

/// How the files are kept: nothing is removed unless it is asked for, as in ZooKeeper.
pub(super) fn keeping(from: &mut Entries, config: &mut Config) -> Result<(), BadZooCfg> {
    let kibibytes = from.number("preAllocSize", 0..=1 << 30)?.unwrap_or(65_536);
    let snapshots = from.number("autopurge.snapRetainCount", 0..=i64::from(i32::MAX))?;
    let hours = from.number("autopurge.purgeInterval", 0..=1_000_000)?.unwrap_or(0);
    config.keeping = Keeping {
        reserve_bytes: kibibytes << 10,
        // Fewer than three are taken for three, as in ZooKeeper (`DatadirCleanupManager`).
        snapshots: snapshots.unwrap_or(3).max(3) as usize,
    };
    config.purge_every_ms = (hours > 0).then_some(hours * 3_600_000);
    Ok(())
}

/// TLS, if a port is there for it.
pub(super) fn tls(from: &mut Entries) -> Result<Option<Tls>, BadZooCfg> {
    let host = from.text("secureClientPortAddress").unwrap_or_else(|| "0.0.0.0".into());
    let port = from.number("secureClientPort", 0..=65_535)?.filter(|&port| port > 0);
    let (key_store, trust_store) =
        (from.text("ssl.keyStore.location"), from.text("ssl.trustStore.location"));
    for (key, file) in [("ssl.keyStore.type", &key_store), ("ssl.trustStore.type", &trust_store)] {
        let pem = from.text(key).is_none_or(|it| it.eq_ignore_ascii_case("PEM"));
        if !pem && file.is_some() {
            return Err(from.wrong(key, "PEM; `openssl` and `keytool` make it of other kinds"));
        }
    }
    let client_auth = match from.text("ssl.clientAuth").as_deref() {
        None | Some("need") => ClientAuth::Need,
        Some("want") => ClientAuth::Want,
        Some("none") => ClientAuth::None,
        Some(_) => return Err(from.wrong("ssl.clientAuth", "need, want or none")),
    };
    let Some(port) = port else { return Ok(None) };
    let file = "a PEM file";
    let key_store = key_store.ok_or_else(|| from.missing("ssl.keyStore.location", file))?;
    if client_auth != ClientAuth::None && trust_store.is_none() {
        let file = "a PEM file of certificates, or `ssl.clientAuth=none`";
        return Err(from.missing("ssl.trustStore.location", file));
    }
    let at = Endpoint { host, port: port as u16 };
    Ok(Some(Tls { at, key_store, trust_store, client_auth }))
}

/// The commands over HTTP, unless they are turned off.
pub(super) fn admin(from: &mut Entries) -> Result<Option<Admin>, BadZooCfg> {
    let enabled = from.flag("admin.enableServer")?.unwrap_or(true);
    let host = from.text("admin.serverAddress").unwrap_or_else(|| "0.0.0.0".into());
    let port = from.number("admin.serverPort", 1..=65_535)?.unwrap_or(8_080) as u16;
    let patience_ms = from.number("admin.idleTimeout", 1..=3_600_000)?.unwrap_or(30_000);
    let url = from.text("admin.commandURL").unwrap_or_else(|| "/commands".into());
    let url = url.trim_end_matches('/').to_owned();
    if !url.starts_with('/') || url.contains(['{', '}', '*']) {
        return Err(from.wrong("admin.commandURL", "a path, as `/commands`"));
    }
    Ok(enabled.then_some(Admin { at: Endpoint { host, port }, url, patience_ms }))
}

/// Metrics over HTTP, if the provider of ZooKeeper's that does it is named.
pub(super) fn metrics(from: &mut Entries) -> Result<Option<Endpoint>, BadZooCfg> {
    let host = from.text("metricsProvider.httpHost").unwrap_or_else(|| "0.0.0.0".into());
    let port = from.number("metricsProvider.httpPort", 1..=65_535)?.unwrap_or(7_000) as u16;
    let class = from.text("metricsProvider.className").unwrap_or_default();
    match class.rsplit('.').next() {
        Some("PrometheusMetricsProvider") => Ok(Some(Endpoint { host, port })),
        Some("" | "DefaultMetricsProvider" | "NullMetricsProvider") => Ok(None),
        _ => {
            let name = "org.apache.zookeeper.metrics.prometheus.PrometheusMetricsProvider";
            Err(from.wrong("metricsProvider.className", name))
        }
    }
}

/// Keys that cannot be had: an error where somebody might rely on them.
pub(super) fn missed(from: &mut Entries) -> Result<(), BadZooCfg> {
    from.number("electionAlg", 3..=3)?;
    for (key, value) in MEANINGLESS {
        match value {
            Value::Flag => drop(from.flag(key)?),
            Value::Number => drop(from.number(key, i64::MIN..=i64::MAX)?),
            Value::Text => {}
        }
        if from.text(key).is_some() {
            from.remark(key, "means nothing here");
        }
    }
    for key in MISSED {
        if from.text(key).is_some_and(|it| !it.eq_ignore_ascii_case("false")) {
            return Err(from.refused(key, MISSED_WHY));
        }
    }
    let groups = MISSED_GROUPS.iter().flat_map(|prefix| from.with_prefix(prefix));
    match groups.collect::<Vec<_>>().first() {
        Some(entry) => Err(entry.wrong(MISSED_WHY)),
        None => Ok(()),
    }
}
