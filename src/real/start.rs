//! From a configuration to a server that runs, until it ends.

use super::clock::Clock;
use super::disk::Disk;
use super::error::Error;
use super::folder::Folder;
use super::gauge::Gauge;
use super::inbox::Inbox;
use super::listeners::Listeners;
use super::node::{Node, Patience, addresses_of};
use super::sockets::{Farewells, Listen, Sockets};
use super::{http, tls};
use crate::server::{Input, Port, Rules, Server, ZooCfg};
use std::env;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// More than this, unread by a client that is sent still more, and the connection is ended.
const OUTLET_LIMIT_BYTES: usize = 64 << 20;
/// The same of a learner: while the whole tree is on its way to it, everything that is decided waits
/// behind, and how long that takes is limited by ticks (`initLimit`, `syncLimit`).
const LEARNER_LIMIT_BYTES: usize = 4 << 30;
/// The folder of a server that was given no file, in the current one.
const DATA_DIR: &str = "menagerie-data";

/// Reads the configuration; without a file that of a server that stands alone.
pub fn load(file: Option<&Path>) -> Result<ZooCfg, Error> {
    let Some(file) = file else {
        let folder = std::path::absolute(DATA_DIR).map_err(Error::file(Path::new(DATA_DIR)))?;
        return Ok(ZooCfg::standalone(&folder.to_string_lossy()));
    };
    let name = file.display().to_string();
    let text = fs::read_to_string(file).map_err(Error::file(file))?;
    let dynamic = match ZooCfg::dynamic_file(&name, &text)? {
        Some(path) => {
            Some((path.clone(), fs::read_to_string(&path).map_err(Error::file(path.as_ref()))?))
        }
        None => None,
    };
    let mut files = vec![(name.as_str(), text.as_str())];
    files.extend(dynamic.as_ref().map(|(name, text)| (name.as_str(), text.as_str())));
    let myid = Path::new(&ZooCfg::data_dir(&name, &text)?).join("myid");
    let myid = match fs::read_to_string(&myid) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(Error::File { path: myid, error }),
    };
    Ok(ZooCfg::parse(&files, myid.as_deref())?)
}

/// What is known of the machine (`envi`).
fn environment() -> Vec<(String, String)> {
    let kernel = |file: &str| {
        let text = fs::read_to_string(Path::new("/proc/sys/kernel").join(file));
        text.map_or("?".to_owned(), |text| text.trim().to_owned())
    };
    let variable = |name: &str| env::var(name).unwrap_or_else(|_| "?".to_owned());
    let dir = env::current_dir().unwrap_or_default();
    let lines = [
        ("host.name", kernel("hostname")),
        ("os.name", env::consts::OS.to_owned()),
        ("os.arch", env::consts::ARCH.to_owned()),
        ("os.version", kernel("osrelease")),
        ("user.name", variable("USER")),
        ("user.home", variable("HOME")),
        ("user.dir", dir.display().to_string()),
    ];
    lines.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

/// Runs a server, until a signal or its disk ends it.
pub async fn run(mut cfg: ZooCfg) -> Result<(), Error> {
    cfg.config.told.environment = environment();
    cfg.remarks.iter().for_each(|remark| tracing::warn!("{remark}"));
    let folder = Folder::open(cfg.data_dir.as_ref(), cfg.data_log_dir.as_ref(), cfg.force_sync)?;
    tracing::info!("data in {}", cfg.data_dir);
    let inbox = Arc::new(Inbox::default());
    let farewells = Farewells::new();
    let sockets = Sockets::new(inbox.clone(), outlet_limit, &farewells);
    let mut listeners = Listeners::new(sockets.clone(), cfg.listens_on_all);
    listen(&cfg, &mut listeners).await?;
    let gauge = Arc::new(Gauge::new(folder.places()));
    listen_for_http(&cfg, &gauge, &inbox).await?;
    end_on_signals(&inbox)?;
    let slow_sync = Duration::from_millis(cfg.slow_sync_ms);
    let node = Node {
        server: Server::new(cfg.config.clone(), Rules::CORRECT),
        clock: Clock::start(),
        disk: Disk::start(folder, inbox.clone(), gauge.clone(), slow_sync),
        inbox,
        gauge,
        sockets,
        moves: listeners.follow(),
        addresses: addresses_of(&cfg.members, cfg.config.observer_master_port).collect(),
        for_observers: cfg.config.observer_master_port,
        dial_patience: Patience {
            election: Duration::from_millis(cfg.dial_ms),
            learner: Duration::from_millis(cfg.dial_leader_ms),
        },
        farewells,
    };
    node.run().await
}

/// How much may wait for whom.
fn outlet_limit(port: Port) -> usize {
    match port {
        Port::Learner | Port::Observers => LEARNER_LIMIT_BYTES,
        Port::Client | Port::Secure | Port::Election => OUTLET_LIMIT_BYTES,
    }
}

async fn listen(cfg: &ZooCfg, listeners: &mut Listeners) -> Result<(), Error> {
    if let Some(own) = cfg.members.get(&cfg.config.id) {
        for (port, endpoint) in Port::of_servers(own, cfg.config.observer_master_port) {
            let key = match port {
                Port::Observers => "observerMasterPort",
                _ => "this server's line `server.N`",
            };
            let address = listeners.address(port, &endpoint);
            listeners.add(Listen { port, key, address, tls: None }).await?;
        }
    }
    if let Some(tls) = &cfg.tls {
        let (key, address) = ("secureClientPort", tls.at.to_string());
        let acceptor = Some(tls::acceptor(tls)?);
        listeners.add(Listen { port: Port::Secure, key, address, tls: acceptor }).await?;
        tracing::info!("clients on {}, over TLS", tls.at);
    }
    if let Some(client) = &cfg.client {
        let (key, address) = ("clientPort", client.to_string());
        listeners.add(Listen { port: Port::Client, key, address, tls: None }).await?;
        tracing::info!("clients on {client}");
    }
    Ok(())
}

async fn listen_for_http(
    cfg: &ZooCfg,
    gauge: &Arc<Gauge>,
    inbox: &Arc<Inbox>,
) -> Result<(), Error> {
    if let Some(admin) = &cfg.admin {
        http::serve_admin(admin, gauge.clone(), inbox.clone()).await?;
        tracing::info!("commands on http://{}{}", admin.at, admin.url);
    }
    if let Some(metrics) = &cfg.metrics {
        http::serve_metrics(metrics, gauge.clone(), inbox.clone()).await?;
        tracing::info!("metrics on http://{metrics}/metrics");
    }
    Ok(())
}

/// SIGTERM and SIGINT end the server in order.
fn end_on_signals(inbox: &Arc<Inbox>) -> Result<(), Error> {
    for (kind, name) in [(SignalKind::terminate(), "SIGTERM"), (SignalKind::interrupt(), "SIGINT")]
    {
        let mut signals = signal(kind).map_err(Error::Signal)?;
        let inbox = inbox.clone();
        tokio::spawn(async move {
            signals.recv().await;
            tracing::info!("{name}: ends");
            inbox.input(Input::Stop);
        });
    }
    Ok(())
}
