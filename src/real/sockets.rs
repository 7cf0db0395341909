//! Listening and dialling: how connections begin.

use super::connection::serve;
use super::error::Error;
use super::inbox::{Inbox, Mail};
use super::outlet::Outlet;
use crate::base::ConnId;
use crate::server::{Input, Port};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};

/// How long to wait when the process has no file descriptor left for one more connection.
const OUT_OF_FILES_PAUSE: Duration = Duration::from_millis(100);

/// What all sockets of a server share.
#[derive(Clone)]
pub struct Sockets {
    inbox: Arc<Inbox>,
    /// The number of the next connection that is accepted: the odd ones.
    next: Arc<AtomicU64>,
    /// See [`Outlet`].
    outlet_limit_bytes: usize,
}

impl Sockets {
    /// None yet.
    pub fn new(inbox: Arc<Inbox>, outlet_limit_bytes: usize) -> Sockets {
        Sockets { inbox, next: Arc::new(AtomicU64::new(1)), outlet_limit_bytes }
    }

    /// Listens, from now on.
    pub async fn listen(&self, port: Port, address: &str) -> Result<(), Error> {
        let bind = |error| Error::Bind { port, address: address.to_owned(), error };
        let listener = TcpListener::bind(address).await.map_err(bind)?;
        tokio::spawn(self.clone().accept_all(listener, port));
        Ok(())
    }

    async fn accept_all(self, listener: TcpListener, port: Port) {
        loop {
            match listener.accept().await {
                Ok((stream, from)) => {
                    let conn = ConnId(self.next.fetch_add(2, Ordering::Relaxed));
                    let outlet = Arc::new(Outlet::new(self.outlet_limit_bytes));
                    // Fails when the other side has already gone; reading will tell.
                    let _ = stream.set_nodelay(true);
                    self.inbox.push(Mail::Accepted { conn, port, from, outlet: outlet.clone() });
                    tokio::spawn(serve(stream, conn, outlet, self.inbox.clone()));
                }
                Err(error) => {
                    tracing::warn!("{port:?} port: cannot accept a connection: {error}");
                    tokio::time::sleep(OUT_OF_FILES_PAUSE).await;
                }
            }
        }
    }

    /// Begins a connection; the inbox hears what comes of it.
    pub fn dial(&self, conn: ConnId, address: String, patience: Duration) -> Arc<Outlet> {
        let outlet = Arc::new(Outlet::new(self.outlet_limit_bytes));
        let (inbox, out) = (self.inbox.clone(), outlet.clone());
        tokio::spawn(async move {
            match connect(&address, patience).await {
                Ok(stream) => {
                    inbox.input(Input::Connected { conn });
                    serve(stream, conn, out, inbox).await;
                }
                Err(error) => {
                    tracing::debug!("{conn}: cannot connect to {address}: {error}");
                    inbox.input(Input::ConnectFailed { conn });
                }
            }
        });
        outlet
    }
}

async fn connect(address: &str, patience: Duration) -> io::Result<TcpStream> {
    let stream = tokio::time::timeout(patience, TcpStream::connect(address)).await??;
    stream.set_nodelay(true)?;
    Ok(stream)
}
