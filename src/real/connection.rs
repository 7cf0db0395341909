//! One connection: a task that moves bytes between a socket, the inbox and the outlet.

use super::inbox::Inbox;
use super::outlet::{End, Outlet, Waits};
use crate::base::ConnId;
use crate::server::Input;
use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};

/// So much is read at a time.
const PIECE_BYTES: usize = 64 << 10;
/// How long the other side may take to read what was sent before the end, and to end its side.
pub(super) const FAREWELL: Duration = Duration::from_secs(2);

thread_local! {
    /// Where bytes land before it is known how many they are. One for each thread, so that an idle
    /// connection holds none.
    static PIECE: RefCell<Vec<u8>> = RefCell::new(vec![0; PIECE_BYTES]);
}

/// A socket, and what is between it and the server.
struct Connection<S> {
    stream: S,
    conn: ConnId,
    inbox: Arc<Inbox>,
    outlet: Arc<Outlet>,
    /// Being written.
    writing: Vec<u8>,
    written: usize,
    /// Whether something was written that may still be in a buffer of the stream's.
    unflushed: bool,
}

/// Serves a connection to its end. When the other side ends it, the server is told.
pub async fn serve<S>(stream: S, conn: ConnId, outlet: Arc<Outlet>, inbox: Arc<Inbox>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut it = Connection {
        stream,
        conn,
        inbox,
        outlet,
        writing: Vec::new(),
        written: 0,
        unflushed: false,
    };
    match poll_fn(|context| it.poll(context)).await {
        Ok(End::Orderly) => {
            let _ = tokio::time::timeout(FAREWELL, it.farewell()).await;
        }
        Ok(End::AtOnce) | Err(_) => it.inbox.input(Input::Closed { conn }),
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    /// Moves what can be moved. Ready at the end: as the server wants it, or with the error by which
    /// the other side ended it.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<io::Result<End>> {
        if let Some(end) = self.write(context)? {
            return Poll::Ready(Ok(end));
        }
        loop {
            if self.outlet.is_paused() {
                return Poll::Pending;
            }
            ready!(self.inbox.poll_room(context));
            let bytes = ready!(self.poll_read(context))?;
            self.inbox.input(Input::Bytes { conn: self.conn, bytes });
        }
    }

    fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Vec<u8>>> {
        PIECE.with_borrow_mut(|piece| {
            let mut piece = ReadBuf::new(piece);
            ready!(Pin::new(&mut self.stream).poll_read(context, &mut piece))?;
            match piece.filled() {
                [] => Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into())),
                bytes => Poll::Ready(Ok(bytes.to_vec())),
            }
        })
    }

    /// Writes until nothing waits or the socket takes no more.
    fn write(&mut self, context: &mut Context<'_>) -> io::Result<Option<End>> {
        loop {
            match self.outlet.next(&mut self.writing, context) {
                Waits::End(end) => return Ok(Some(end)),
                Waits::Flushed => {
                    self.inbox.input(Input::Flushed { conn: self.conn });
                    continue;
                }
                Waits::Nothing if self.writing.is_empty() => break,
                Waits::Nothing | Waits::Bytes => {}
            }
            let waiting = &self.writing[self.written..];
            match Pin::new(&mut self.stream).poll_write(context, waiting)? {
                Poll::Pending => return Ok(None),
                Poll::Ready(0) => return Err(io::ErrorKind::WriteZero.into()),
                Poll::Ready(count) => self.written += count,
            }
            self.unflushed = true;
            if self.written == self.writing.len() {
                self.writing.clear();
                self.written = 0;
            }
        }
        if self.unflushed && Pin::new(&mut self.stream).poll_flush(context)?.is_ready() {
            self.unflushed = false;
        }
        Ok(None)
    }

    /// Writes what was sent before the end, ends this side, and waits for the other one: whoever
    /// closes a socket in which unread bytes are takes back what it has just written.
    async fn farewell(&mut self) -> io::Result<()> {
        self.stream.write_all(&self.writing[self.written..]).await?;
        self.stream.write_all(&self.outlet.rest()).await?;
        self.stream.shutdown().await?;
        let mut unread = [0; 1024];
        while self.stream.read(&mut unread).await? > 0 {}
        Ok(())
    }
}
