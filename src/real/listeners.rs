//! Where a server listens, and how that changes while it runs.

use super::error::Error;
use super::sockets::{Listen, Sockets};
use crate::server::{Endpoint, Port};
use std::collections::BTreeMap;
use std::io;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

/// A port that is listened on in vain is tried as often as this. Whoever has it may go.
const TRIES: usize = 2;

/// One task for each address that is listened on.
pub struct Listeners {
    sockets: Sockets,
    /// Other servers are listened for on every address of the machine.
    everywhere: bool,
    /// Those that may move, and where they are.
    movable: BTreeMap<Port, (Listen, JoinHandle<()>)>,
}

/// Where listeners are told to move.
pub type Moves = UnboundedSender<(Port, Endpoint)>;

impl Listeners {
    /// None yet. `everywhere`: see `quorumListenOnAllIPs`.
    pub fn new(sockets: Sockets, everywhere: bool) -> Listeners {
        Listeners { sockets, everywhere, movable: BTreeMap::new() }
    }

    /// Listens, from now on.
    pub async fn add(&mut self, on: Listen) -> Result<(), Error> {
        let task = self.begin(&on).await?;
        if on.tls.is_none() {
            self.movable.insert(on.port, (on, task));
        }
        Ok(())
    }

    /// Moves them as they are told, from now on.
    pub fn follow(self) -> Moves {
        let (moves, told) = unbounded_channel();
        tokio::spawn(self.move_all(told));
        moves
    }

    /// What a port's endpoint means to the system.
    pub fn address(&self, port: Port, at: &Endpoint) -> String {
        if self.everywhere && matches!(port, Port::Learner | Port::Election) {
            Endpoint { host: "0.0.0.0".into(), port: at.port }.to_string()
        } else {
            at.to_string()
        }
    }

    async fn move_all(mut self, mut told: UnboundedReceiver<(Port, Endpoint)>) {
        while let Some((port, at)) = told.recv().await {
            let address = self.address(port, &at);
            if self.movable.get(&port).is_none_or(|(on, _)| on.address != address) {
                self.move_one(port, address).await;
            }
        }
    }

    /// Listens there and no longer where it did. The new address may be taken by the old one (every
    /// address of the machine, and one of them): then the old one has to go first.
    async fn move_one(&mut self, port: Port, address: String) {
        let key = "the new configuration's line of this server";
        let on = Listen { port, key, address, tls: None };
        for attempt in 1..=TRIES {
            match self.begin(&on).await {
                Ok(task) => {
                    tracing::info!("listens on {} from now on", on.address);
                    self.stop(port).await;
                    self.movable.insert(port, (on, task));
                    return;
                }
                Err(error) if attempt == TRIES => tracing::error!("{error}"),
                Err(_) => self.stop(port).await,
            }
        }
        self.back(port).await;
    }

    /// Ends a listener. Its connections stay.
    async fn stop(&mut self, port: Port) {
        if let Some((_, task)) = self.movable.get_mut(&port) {
            task.abort();
            let _ = task.await;
        }
    }

    /// Where it cannot listen as it should, it listens as it did.
    async fn back(&mut self, port: Port) {
        let Some((on, _)) = self.movable.remove(&port) else { return };
        match self.begin(&on).await {
            Ok(task) => {
                tracing::warn!("still listens on {}", on.address);
                self.movable.insert(port, (on, task));
            }
            Err(error) => tracing::error!("{error}"),
        }
    }

    async fn begin(&self, on: &Listen) -> Result<JoinHandle<()>, Error> {
        let bind = |error| Error::Bind { port: on.key, address: on.address.clone(), error };
        let listener = listen(&on.address).await.map_err(bind)?;
        Ok(tokio::spawn(self.sockets.clone().accept_all(listener, on.clone())))
    }
}

/// Listens. On every address of the machine also means those of IPv6, as in Java, where there are any.
async fn listen(address: &str) -> io::Result<TcpListener> {
    if let Some(port) = address.strip_prefix("0.0.0.0:")
        && let Ok(listener) = TcpListener::bind(format!("[::]:{port}")).await
    {
        return Ok(listener);
    }
    TcpListener::bind(address).await
}
