//! `zoo.cfg`, as ZooKeeper's users write it: from text to settings (`QuorumPeerConfig`,
//! `zookeeper.md`, A.10). Reads no file; whoever does hands its text in.
//!
//! A value that makes no sense is an error. A key that nobody knows is only remarked upon: files
//! are shared between versions.

mod address;
mod entries;

use super::config::Config;
use crate::base::ServerId;
use address::member;
use entries::Entries;
pub use entries::{BadZooCfg, Remark};
use std::collections::BTreeMap;

/// A host, by name or number, and a port.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Endpoint {
    /// A name, an IPv4 address, or an IPv6 address without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
}

/// A line `server.N`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Member {
    /// Where learners connect to it, while it leads.
    pub quorum: Endpoint,
    /// Where others connect to it for elections.
    pub election: Endpoint,
    /// Where clients connect, if the line says so.
    pub client: Option<Endpoint>,
}

/// All that a `zoo.cfg` says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ZooCfg {
    /// For the server itself.
    pub config: Config,
    /// Where clients connect (`clientPort`, `clientPortAddress`).
    pub client: Option<Endpoint>,
    /// All servers of the ensemble; nobody of a server that stands alone.
    pub members: BTreeMap<ServerId, Member>,
    /// Whether other servers are listened for on every address of the machine, and not only on this
    /// server's own (`quorumListenOnAllIPs`).
    pub listens_on_all: bool,
    /// Snapshots and epochs (`dataDir`).
    pub data_dir: String,
    /// The log (`dataLogDir`).
    pub data_log_dir: String,
    /// Whether the log is synced (`forceSync`).
    pub force_sync: bool,
    /// A sync that takes longer is worth a warning, in milliseconds (`fsync.warningthresholdms`).
    pub slow_sync_ms: u64,
    /// How long to try to connect to another server, in milliseconds (`cnxTimeout`).
    pub dial_ms: u64,
    /// What deserves a warning.
    pub remarks: Vec<Remark>,
}

impl ZooCfg {
    /// Of a server that was given no file: alone, on this machine only.
    pub fn standalone(data_dir: &str) -> ZooCfg {
        let text = format!("dataDir={}\nclientPort=2181", data_dir.replace('\\', "\\\\"));
        let mut it = ZooCfg::parse(&[("defaults", &text)], None).expect("the defaults are right");
        it.client = Some(Endpoint { host: "127.0.0.1".into(), port: 2181 });
        it
    }

    /// The file that holds the members, if the text names one (`dynamicConfigFile`).
    pub fn dynamic_file(file: &str, text: &str) -> Result<Option<String>, BadZooCfg> {
        Ok(Entries::read(&[(file, text)])?.text("dynamicConfigFile"))
    }

    /// The folder in which `myid` is.
    pub fn data_dir(file: &str, text: &str) -> Result<String, BadZooCfg> {
        let mut entries = Entries::read(&[(file, text)])?;
        entries.text("dataDir").ok_or_else(|| entries.missing("dataDir", "a folder"))
    }

    /// Reads the file, and the dynamic one behind it if there is one, each with the name by which
    /// errors call it. `myid` is the content of the file of that name, if there is one.
    pub fn parse(files: &[(&str, &str)], myid: Option<&str>) -> Result<ZooCfg, BadZooCfg> {
        let mut from = Entries::read(files)?;
        let members = members(&mut from)?;
        let id = own_id(&from, &members, myid)?;
        let config = config(&mut from, id, &members)?;
        let client = client(&mut from, members.get(&id))?;
        let data_dir = from.text("dataDir").ok_or_else(|| from.missing("dataDir", "a folder"))?;
        let cfg = ZooCfg {
            config,
            client,
            listens_on_all: from.flag("quorumListenOnAllIPs")?.unwrap_or(false),
            data_log_dir: from.text("dataLogDir").unwrap_or_else(|| data_dir.clone()),
            data_dir,
            force_sync: from.flag("forceSync")?.unwrap_or(true),
            slow_sync_ms: from.number("fsync.warningthresholdms", 0..=i64::MAX)?.unwrap_or(1_000),
            dial_ms: from.number("cnxTimeout", 1..=3_600_000)?.unwrap_or(5_000),
            members,
            remarks: Vec::new(),
        };
        from.text("dynamicConfigFile");
        Ok(ZooCfg { remarks: from.unknown(), ..cfg })
    }
}

/// The lines `server.N`. One server alone is no ensemble, as in ZooKeeper.
fn members(from: &mut Entries) -> Result<BTreeMap<ServerId, Member>, BadZooCfg> {
    let mut members = BTreeMap::new();
    for entry in from.with_prefix("server.") {
        let number =
            entry.key["server.".len()..].parse::<u8>().ok().filter(|id| (1..=254).contains(id));
        let Some(id) = number else {
            return Err(entry.bad("a number from 1 to 254 behind `server.`"));
        };
        members.insert(ServerId(id), member(&entry)?);
    }
    if members.len() == 1 {
        members.clear();
    }
    Ok(members)
}

fn own_id(
    from: &Entries,
    members: &BTreeMap<ServerId, Member>,
    myid: Option<&str>,
) -> Result<ServerId, BadZooCfg> {
    if members.is_empty() {
        return Ok(ServerId(1));
    }
    let known: Vec<String> = members.keys().map(|id| id.0.to_string()).collect();
    let expected = format!("one of {}, as in the lines `server.N`", known.join(", "));
    let Some(text) = myid else {
        return Err(
            from.whole_file(format!("no file `myid` in dataDir; expected one with {expected}"))
        );
    };
    let id = text.trim().parse::<u8>().ok().map(ServerId).filter(|id| members.contains_key(id));
    id.ok_or_else(|| {
        from.whole_file(format!(
            "the file `myid` in dataDir says `{}`; expected {expected}",
            text.trim()
        ))
    })
}

fn config(
    from: &mut Entries,
    id: ServerId,
    members: &BTreeMap<ServerId, Member>,
) -> Result<Config, BadZooCfg> {
    let servers = if members.is_empty() { vec![id] } else { members.keys().copied().collect() };
    let day_ms = 86_400_000;
    let tick_ms = from.number("tickTime", 1..=day_ms)?.unwrap_or(3_000);
    let mut config = Config::new(id, servers, tick_ms);
    let ticks = 1..=1_000_000;
    let millis = 1..=i64::from(i32::MAX);
    from.set(&mut config.init_limit_ticks, "initLimit", ticks.clone())?;
    from.set(&mut config.sync_limit_ticks, "syncLimit", ticks)?;
    from.set(&mut config.min_session_timeout_ms, "minSessionTimeout", millis.clone())?;
    from.set(&mut config.max_session_timeout_ms, "maxSessionTimeout", millis.clone())?;
    from.set(&mut config.notification_max_ms, "maxNotificationInterval", millis)?;
    if let Some(count) = from.number("snapCount", 2..=i64::from(i32::MAX))? {
        config.snapshot_every = count as u32;
    }
    if let Some(count) = from.number("commitLogCount", 1..=i64::from(i32::MAX))? {
        config.commit_log_count = count as usize;
    }
    if config.min_session_timeout_ms > config.max_session_timeout_ms {
        let expected =
            format!("no more than maxSessionTimeout, which is {}", config.max_session_timeout_ms);
        return Err(from.wrong("minSessionTimeout", &expected));
    }
    Ok(config)
}

/// Where clients connect: as the server's own line says, or by `clientPort`.
fn client(from: &mut Entries, own: Option<&Member>) -> Result<Option<Endpoint>, BadZooCfg> {
    let host = from.text("clientPortAddress");
    let port = from.number("clientPort", 0..=65_535)?.filter(|&port| port > 0);
    let own = own.and_then(|member| member.client.clone());
    match (own, port) {
        (Some(own), Some(port)) if u64::from(own.port) != port => {
            Err(from.wrong("clientPort", &format!("{}, as in the line of this server", own.port)))
        }
        (Some(own), _) => Ok(Some(own)),
        (None, Some(port)) => {
            Ok(Some(Endpoint { host: host.unwrap_or_else(|| "0.0.0.0".into()), port: port as u16 }))
        }
        (None, None) => Ok(None),
    }
}
