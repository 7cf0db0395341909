//! Accepting and dialling: how connections begin.

use super::connection::{FAREWELL, serve};
use super::inbox::{Inbox, Mail};
use super::outlet::Outlet;
use crate::base::ConnId;
use crate::server::{Input, Port};
use core::net::SocketAddr;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;

/// How long to wait when the process has no file descriptor left for one more connection.
pub(super) const OUT_OF_FILES_PAUSE: Duration = Duration::from_millis(100);
/// How long a client may take to agree on TLS; without a session it gets no longer either.
const HANDSHAKE_PATIENCE: Duration = Duration::from_secs(10);

/// What all sockets of a server share.
#[derive(Clone)]
pub struct Sockets {
    inbox: Arc<Inbox>,
    /// The number of the next connection that is accepted: the odd ones.
    next: Arc<AtomicU64>,
    /// See [`Outlet`].
    outlet_limit: fn(Port) -> usize,
    /// Whoever has a strong one is a connection that has not ended.
    alive: mpsc::WeakSender<()>,
}

/// Knows when the last connection has ended.
pub struct Farewells {
    alive: mpsc::Sender<()>,
    ended: mpsc::Receiver<()>,
}

impl Farewells {
    /// No connection yet.
    pub fn new() -> Farewells {
        let (alive, ended) = mpsc::channel(1);
        Farewells { alive, ended }
    }

    /// Waits until all connections have ended, but not for ever. There are no new ones.
    pub async fn all(self) {
        let Farewells { alive, mut ended } = self;
        drop(alive);
        let _ = tokio::time::timeout(FAREWELL, ended.recv()).await;
    }
}

/// A port to listen on.
#[derive(Clone)]
pub struct Listen {
    /// For whom.
    pub port: Port,
    /// The key of the configuration that says so.
    pub key: &'static str,
    /// Where.
    pub address: String,
    /// Over TLS.
    pub tls: Option<TlsAcceptor>,
}

impl Sockets {
    /// None yet.
    pub fn new(
        inbox: Arc<Inbox>,
        outlet_limit: fn(Port) -> usize,
        farewells: &Farewells,
    ) -> Sockets {
        let (next, alive) = (Arc::new(AtomicU64::new(1)), farewells.alive.downgrade());
        Sockets { inbox, next, outlet_limit, alive }
    }

    /// Takes whoever connects, for ever.
    pub async fn accept_all(self, listener: TcpListener, on: Listen) {
        loop {
            match listener.accept().await {
                Ok((stream, from)) => {
                    let from = SocketAddr::new(from.ip().to_canonical(), from.port());
                    let conn = ConnId(self.next.fetch_add(2, Ordering::Relaxed));
                    let outlet = Arc::new(Outlet::new((self.outlet_limit)(on.port)));
                    // Fails when the other side has already gone; reading will tell.
                    let _ = stream.set_nodelay(true);
                    let (port, queue) = (on.port, outlet.clone());
                    self.inbox.push(Mail::Accepted { conn, port, from, outlet: queue });
                    self.spawn(stream, conn, outlet, on.tls.clone());
                }
                Err(error) => {
                    tracing::warn!("{}: cannot accept a connection: {error}", on.key);
                    tokio::time::sleep(OUT_OF_FILES_PAUSE).await;
                }
            }
        }
    }

    /// Gives a connection its task. Once the server has ended there are none.
    fn spawn(&self, stream: TcpStream, conn: ConnId, out: Arc<Outlet>, tls: Option<TlsAcceptor>) {
        let Some(alive) = self.alive.upgrade() else { return };
        let inbox = self.inbox.clone();
        tokio::spawn(async move {
            match tls {
                None => serve(stream, conn, out, inbox).await,
                Some(tls) => serve_tls(stream, conn, out, (inbox, tls)).await,
            }
            drop(alive);
        });
    }

    /// Begins a connection to a port of another server; the inbox hears what comes of it.
    pub fn dial(
        &self,
        conn: ConnId,
        (port, address): (Port, String),
        patience: Duration,
    ) -> Arc<Outlet> {
        let outlet = Arc::new(Outlet::new((self.outlet_limit)(port)));
        let (sockets, out) = (self.clone(), outlet.clone());
        tokio::spawn(async move {
            match connect(&address, patience).await {
                Ok(stream) => {
                    sockets.inbox.input(Input::Connected { conn });
                    sockets.spawn(stream, conn, out, None);
                }
                Err(error) => {
                    tracing::debug!("{conn}: cannot connect to {address}: {error}");
                    sockets.inbox.input(Input::ConnectFailed { conn });
                }
            }
        });
        outlet
    }
}

/// Serves a connection once both sides have agreed on TLS.
async fn serve_tls(
    stream: TcpStream,
    conn: ConnId,
    outlet: Arc<Outlet>,
    (inbox, tls): (Arc<Inbox>, TlsAcceptor),
) {
    match tokio::time::timeout(HANDSHAKE_PATIENCE, tls.accept(stream)).await {
        Ok(Ok(stream)) => serve(stream, conn, outlet, inbox).await,
        Ok(Err(error)) => {
            tracing::debug!("{conn}: no TLS: {error}");
            inbox.input(Input::Closed { conn });
        }
        Err(_) => inbox.input(Input::Closed { conn }),
    }
}

async fn connect(address: &str, patience: Duration) -> io::Result<TcpStream> {
    let stream = tokio::time::timeout(patience, TcpStream::connect(address)).await??;
    stream.set_nodelay(true)?;
    Ok(stream)
}
