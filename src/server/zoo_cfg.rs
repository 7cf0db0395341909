//! `zoo.cfg`, as ZooKeeper's users write it: from text to settings (`QuorumPeerConfig`,
//! `zookeeper.md`, A.10). Reads no file; whoever does hands its text in.
//!
//! A value that makes no sense is an error. A key that nobody knows is only remarked upon: files
//! are shared between versions.

mod clients;
mod entries;
mod surroundings;

use super::config::Config;
use crate::base::{ServerId, Zxid};
use crate::wire::{Endpoint, Member, Membership};
use entries::Entries;
pub use entries::{BadZooCfg, Remark};
use std::collections::BTreeMap;
pub use surroundings::{Admin, ClientAuth, Tls};

/// All that a `zoo.cfg` says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ZooCfg {
    /// For the server itself.
    pub config: Config,
    /// Where clients connect (`clientPort`, `clientPortAddress`).
    pub client: Option<Endpoint>,
    /// Where they connect over TLS.
    pub tls: Option<Tls>,
    /// Where commands are answered over HTTP.
    pub admin: Option<Admin>,
    /// Where metrics are told over HTTP.
    pub metrics: Option<Endpoint>,
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
    /// How long to try to connect to the leader, in milliseconds (`connectToLearnerMasterLimit`).
    pub dial_leader_ms: u64,
    /// What deserves a warning.
    pub remarks: Vec<Remark>,
}

impl ZooCfg {
    /// Of a server that was given no file: alone, on this machine only.
    pub fn standalone(data_dir: &str) -> ZooCfg {
        let keys = "clientPort=2181\nadmin.enableServer=false";
        let text = format!("dataDir={}\n{keys}", data_dir.replace('\\', "\\\\"));
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
        let mut config = config(&mut from, id, &members)?;
        surroundings::keeping(&mut from, &mut config)?;
        surroundings::missed(&mut from)?;
        let client = client(&mut from, members.get(&id))?;
        let dial_ticks = from.number("connectToLearnerMasterLimit", 0..=1_000_000)?;
        let dial_ticks = dial_ticks.filter(|&it| it > 0).unwrap_or(config.init_limit_ticks);
        let dial_leader_ms = dial_ticks * config.tick_ms;
        let data_dir = from.text("dataDir").ok_or_else(|| from.missing("dataDir", "a folder"))?;
        let cfg = ZooCfg {
            config,
            client,
            tls: surroundings::tls(&mut from)?,
            admin: surroundings::admin(&mut from)?,
            metrics: surroundings::metrics(&mut from)?,
            listens_on_all: from.flag("quorumListenOnAllIPs")?.unwrap_or(false),
            data_log_dir: from.text("dataLogDir").unwrap_or_else(|| data_dir.clone()),
            data_dir,
            force_sync: from.flag("forceSync")?.unwrap_or(true),
            slow_sync_ms: from.number("fsync.warningthresholdms", 0..=i64::MAX)?.unwrap_or(1_000),
            dial_ms: from.number("cnxTimeout", 1..=3_600_000)?.unwrap_or(5_000),
            dial_leader_ms,
            members,
            remarks: Vec::new(),
        };
        from.text("dynamicConfigFile");
        let mut cfg = cfg;
        cfg.config.told.file = files.iter().map(|(_, text)| *text).collect();
        cfg.config.told.configuration = told(&cfg);
        role(&mut from, cfg.members.get(&id))?;
        Ok(ZooCfg { remarks: from.unknown(), ..cfg })
    }
}

/// The lines `server.N`. One server alone is no ensemble, as in ZooKeeper; and observers need an
/// ensemble that they can follow.
fn members(from: &mut Entries) -> Result<BTreeMap<ServerId, Member>, BadZooCfg> {
    let mut members = BTreeMap::new();
    for entry in from.with_prefix("server.") {
        let Some(id) = ServerId::of_config(&entry.key["server.".len()..]) else {
            return Err(entry.bad("a number from 1 to 254 behind `server.`"));
        };
        let member: Member = entry.value.parse().map_err(|why: String| entry.wrong(&why))?;
        members.insert(id, member);
    }
    let voters = members.values().filter(|it| it.votes).count();
    let may_be_alone = from.flag("standaloneEnabled")?.unwrap_or(true);
    let (needed, told) = if may_be_alone { (2, "two participants") } else { (1, "a participant") };
    if voters < needed && voters < members.len() {
        return Err(from.whole_file(format!("observers, but not {told}")));
    }
    if members.len() == 1 && may_be_alone {
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
    let id = ServerId::of_config(text.trim()).filter(|id| members.contains_key(id));
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
    let ensemble = match members.is_empty() {
        true => Membership::named(&[id], &[]),
        false => Membership { version: Zxid::ZERO, members: members.clone() },
    };
    let day_ms = 86_400_000;
    let tick_ms = from.number("tickTime", 1..=day_ms)?.unwrap_or(3_000);
    let mut config = Config::new(id, ensemble, tick_ms);
    let ticks = 1..=1_000_000;
    let millis = 1..=i64::from(i32::MAX);
    from.set(&mut config.init_limit_ticks, "initLimit", ticks.clone())?;
    from.set(&mut config.sync_limit_ticks, "syncLimit", ticks)?;
    for (to, key) in [
        (&mut config.min_session_timeout_ms, "minSessionTimeout"),
        (&mut config.max_session_timeout_ms, "maxSessionTimeout"),
    ] {
        // -1 is how ZooKeeper writes that the ticks say it.
        if from.text(key).as_deref() != Some("-1") {
            from.set(to, key, millis.clone())?;
        }
    }
    from.set(&mut config.notification_max_ms, "maxNotificationInterval", millis)?;
    learners(from, &mut config)?;
    snapshots(from, &mut config)?;
    config.standalone = members.is_empty();
    config.trust.empty = from.flag("db.autocreate")?.unwrap_or(true);
    config.trust.no_snapshot = from.flag("snapshot.trust.empty")?.unwrap_or(false);
    config.operations = clients::operations(from)?;
    config.clients = clients::limits(from)?;
    let leader_serves = from.flag("leaderServes")?.unwrap_or(true);
    config.clients.leader_serves = leader_serves || members.is_empty();
    config.sessions = clients::sessions(from)?;
    config.passing = clients::passing(from)?;
    config.words = clients::words(from)?;
    if config.min_session_timeout_ms > config.max_session_timeout_ms {
        let (min, max) = (config.min_session_timeout_ms, config.max_session_timeout_ms);
        return Err(match from.text("minSessionTimeout") {
            Some(_) => {
                let expected = format!("no more than maxSessionTimeout, which is {max}");
                from.wrong("minSessionTimeout", &expected)
            }
            None => {
                let expected = format!("no less than minSessionTimeout, which is {min}");
                from.wrong("maxSessionTimeout", &expected)
            }
        });
    }
    Ok(config)
}

/// How learners are brought up to date, and by whom.
fn learners(from: &mut Entries, config: &mut Config) -> Result<(), BadZooCfg> {
    for (to, key) in [
        (&mut config.commit_log_count, "commitLogCount"),
        (&mut config.snap_syncs_max, "leader.maxConcurrentSnapSyncs"),
        (&mut config.diff_syncs_max, "leader.maxConcurrentDiffSyncs"),
    ] {
        if let Some(count) = from.number(key, 1..=i64::from(i32::MAX))? {
            *to = count as usize;
        }
    }
    let for_observers = from.number("observerMasterPort", 0..=65_535)?.filter(|&port| port > 0);
    config.observer_master_port = for_observers.map(|port| port as u16);
    Ok(())
}

/// When a snapshot is begun.
fn snapshots(from: &mut Entries, config: &mut Config) -> Result<(), BadZooCfg> {
    if let Some(count) = from.number("snapCount", 2..=i64::from(i32::MAX))? {
        config.snapshot_every = count as u32;
    }
    // With 0 and below there is no such limit, as in ZooKeeper.
    let kibibytes = from.number("snapSizeLimitInKb", -1..=1 << 40)?.unwrap_or(4 << 20);
    let kibibytes = Some(kibibytes).filter(|&it| it as i64 > 0);
    config.snapshot_every_bytes = kibibytes.map(|it| it << 10);
    Ok(())
}

/// `peerType` may say once more what the server's own line says; where it says something else, the
/// line counts, as in ZooKeeper.
fn role(from: &mut Entries, own: Option<&Member>) -> Result<(), BadZooCfg> {
    let Some(said) = from.text("peerType") else { return Ok(()) };
    let own = if own.is_none_or(|it| it.votes) { "participant" } else { "observer" };
    match said.to_ascii_lowercase().as_str() {
        same if same == own => {}
        "participant" | "observer" => {
            from.remark("peerType", &format!("does not count: this server's line says {own}"));
        }
        _ => return Err(from.wrong("peerType", "participant or observer")),
    }
    Ok(())
}

/// What `conf` tells beyond what the server knows.
fn told(cfg: &ZooCfg) -> Vec<(String, String)> {
    let port = |at: Option<&Endpoint>| at.map_or("-1".to_owned(), |it| it.port.to_string());
    let lines = [
        ("clientPort", port(cfg.client.as_ref())),
        ("secureClientPort", port(cfg.tls.as_ref().map(|it| &it.at))),
        ("dataDir", format!("{}/version-2", cfg.data_dir)),
        ("dataLogDir", format!("{}/version-2", cfg.data_log_dir)),
    ];
    lines.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(servers: &str, expected: Result<&str, &str>) {
        let text = format!("dataDir=d\nclientPort=2181\n{servers}");
        let read = ZooCfg::parse(&[("zoo.cfg", &text)], Some("2"));
        let said = read.map(|it| it.config.ensemble.to_string()).map_err(|it| it.to_string());
        assert_eq!(said, expected.map(str::to_owned).map_err(str::to_owned));
    }

    #[test]
    fn who_votes_and_who_observes() {
        let voters = "server.1=a:1:2\nserver.2=b:1:2;5\n";
        let shown = "server.1=a:1:2:participant\nserver.2=b:1:2:participant;0.0.0.0:5\nversion=0";
        check(&voters.replace(";5", ";2181"), Ok(&shown.replace(":5", ":2181")));
        check(
            "server.1=a:1:2\nserver.2=b:1:2:observer\nserver.3=c:1:2:participant\npeerType=observer",
            Ok("server.1=a:1:2:participant\nserver.2=b:1:2:observer\nserver.3=c:1:2:participant\n\
                version=0"),
        );
        check(
            "server.1=a:1:2\nserver.2=b:1:2\npeerType=observer",
            Ok("server.1=a:1:2:participant\nserver.2=b:1:2:participant\nversion=0"),
        );
        check(
            "server.1=a:1:2\nserver.2=b:1:2\npeerType=voter",
            Err("zoo.cfg:5: peerType=voter: expected participant or observer"),
        );
        let observed = "server.1=a:1:2\nserver.2=b:1:2:OBSERVER";
        check(observed, Err("zoo.cfg: observers, but not two participants"));
        check(
            &format!("{observed}\nstandaloneEnabled=false"),
            Ok("server.1=a:1:2:participant\nserver.2=b:1:2:observer\nversion=0"),
        );
    }
}
