//! Where a server listens, and how that changes while it runs.

use super::error::Error;
use super::sockets::{Listen, Sockets};
use crate::server::{Endpoint, Port};
use std::collections::BTreeMap;
use std::io;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

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
        if self.everywhere && matches!(port, Port::Learner | Port::Election | Port::Observers) {
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

    /// Listens there and no longer where it did; connections stay. The new address may be taken by the
    /// old one (every address of the machine, and one of them): then it is free once that has gone.
    async fn move_one(&mut self, port: Port, address: String) {
        let key = "the new configuration's line of this server";
        let on = Listen { port, key, address, tls: None };
        let mut begun = self.begin(&on).await;
        let mut before = None;
        if let Some((on, task)) = self.movable.remove(&port) {
            task.abort();
            // It is over either way.
            let _ = task.await;
            before = Some(on);
        }
        if begun.is_err() {
            begun = self.begin(&on).await;
        }
        match begun {
            Ok(task) => {
                tracing::info!("listens on {} from now on", on.address);
                self.movable.insert(port, (on, task));
            }
            Err(error) => {
                tracing::error!("{error}");
                self.back(before).await;
            }
        }
    }

    /// Where it cannot listen as it should, it listens as it did.
    async fn back(&mut self, before: Option<Listen>) {
        let Some(on) = before else { return };
        match self.begin(&on).await {
            Ok(task) => {
                tracing::warn!("still listens on {}", on.address);
                self.movable.insert(on.port, (on, task));
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
