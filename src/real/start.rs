//! From a configuration to a server that runs, until it ends.

use super::clock::Clock;
use super::disk::Disk;
use super::error::Error;
use super::folder::Folder;
use super::inbox::Inbox;
use super::node::{Addresses, Node};
use super::sockets::Sockets;
use crate::server::{Endpoint, Input, Port, Rules, Server, ZooCfg};
use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// More than this, unread by a client that is sent still more, and the connection is ended.
const OUTLET_LIMIT_BYTES: usize = 64 << 20;
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

/// Runs a server, until a signal or its disk ends it.
pub async fn run(cfg: ZooCfg) -> Result<(), Error> {
    cfg.remarks.iter().for_each(|remark| tracing::warn!("{remark}"));
    let folder = Folder::open(cfg.data_dir.as_ref(), cfg.data_log_dir.as_ref(), cfg.force_sync)?;
    tracing::info!("data in {}", cfg.data_dir);
    let inbox = Arc::new(Inbox::default());
    let sockets = Sockets::new(inbox.clone(), OUTLET_LIMIT_BYTES);
    listen(&cfg, &sockets).await?;
    end_on_signals(&inbox)?;
    let node = Node {
        server: Server::new(cfg.config.clone(), Rules::CORRECT),
        clock: Clock::start(),
        disk: Disk::start(folder, inbox.clone(), Duration::from_millis(cfg.slow_sync_ms)),
        inbox,
        sockets,
        addresses: addresses(&cfg),
        dial_patience: Duration::from_millis(cfg.dial_ms),
    };
    node.run().await
}

async fn listen(cfg: &ZooCfg, sockets: &Sockets) -> Result<(), Error> {
    if let Some(own) = cfg.members.get(&cfg.config.id) {
        for (port, endpoint) in [(Port::Learner, &own.quorum), (Port::Election, &own.election)] {
            let everywhere = Endpoint { host: "0.0.0.0".into(), port: endpoint.port };
            let endpoint = if cfg.listens_on_all { &everywhere } else { endpoint };
            sockets.listen(port, &endpoint.to_string()).await?;
        }
    }
    if let Some(client) = &cfg.client {
        sockets.listen(Port::Client, &client.to_string()).await?;
        tracing::info!("clients on {client}");
    }
    Ok(())
}

fn addresses(cfg: &ZooCfg) -> Addresses {
    let of = |(&id, member): (&_, &crate::server::Member)| {
        [(Port::Learner, &member.quorum), (Port::Election, &member.election)]
            .map(|(port, endpoint)| ((id, port), endpoint.to_string()))
    };
    cfg.members.iter().flat_map(of).collect()
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
