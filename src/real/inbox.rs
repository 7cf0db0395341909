//! A server's inbox: everything that happens to it, in the order in which it came. That order is
//! the run.

use super::metrics::Monitored;
use super::outlet::Outlet;
use crate::base::ConnId;
use crate::server::{AdminAnswer, AdminCommand, Input, Measures, Port};
use core::net::SocketAddr;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use tokio::sync::oneshot;

/// With so much waiting, nobody reads from a socket. One more piece of each connection may still
/// come in.
const WAITING_MAX: usize = 4_096;
const WAITING_BYTES_MAX: usize = 32 << 20;

/// What comes to a server.
pub enum Mail {
    /// For the core.
    Input(Input),
    /// Somebody connected. What the server says to them goes into the outlet.
    Accepted {
        /// The connection: an odd number, and new.
        conn: ConnId,
        /// To which port.
        port: Port,
        /// From where.
        from: SocketAddr,
        /// Where the server's bytes go.
        outlet: Arc<Outlet>,
    },
    /// Somebody wants to know something.
    Ask(Question),
}

/// What can be asked of a server, and where the answer goes.
pub enum Question {
    /// A command of the AdminServer's.
    Admin {
        /// Which, with what the server cannot know.
        command: AdminCommand,
        /// For the answer.
        answer: oneshot::Sender<AdminAnswer>,
    },
    /// The numbers that are offered as metrics.
    Monitor {
        /// What the server cannot know.
        measures: Measures,
        /// For the answer.
        answer: oneshot::Sender<Monitored>,
    },
}

/// The queue. Whoever pushes does not wait; who reads from a socket asks for room before.
#[derive(Default)]
pub struct Inbox {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    mail: Vec<Mail>,
    bytes: usize,
    owner: Option<Waker>,
    /// Connections that wait for room.
    blocked: Vec<Waker>,
}

impl Inbox {
    /// Puts something at the end.
    pub fn push(&self, mail: Mail) {
        let mut state = self.lock();
        if let Mail::Input(Input::Bytes { bytes, .. }) = &mail {
            state.bytes += bytes.len();
        }
        state.mail.push(mail);
        let owner = state.owner.take();
        drop(state);
        owner.into_iter().for_each(Waker::wake);
    }

    /// Puts an input at the end.
    pub fn input(&self, input: Input) {
        self.push(Mail::Input(input));
    }

    /// Ready while there is room for more bytes.
    pub fn poll_room(&self, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.lock();
        if state.mail.len() < WAITING_MAX && state.bytes < WAITING_BYTES_MAX {
            return Poll::Ready(());
        }
        state.blocked.push(context.waker().clone());
        Poll::Pending
    }

    /// Waits until there is something, and takes all of it. `batch` is empty before.
    pub async fn take(&self, batch: &mut Vec<Mail>) {
        poll_fn(|context| self.poll_take(batch, context)).await;
    }

    fn poll_take(&self, batch: &mut Vec<Mail>, context: &mut Context<'_>) -> Poll<()> {
        assert!(batch.is_empty(), "what was taken before is done");
        let mut state = self.lock();
        if state.mail.is_empty() {
            state.owner = Some(context.waker().clone());
            return Poll::Pending;
        }
        std::mem::swap(&mut state.mail, batch);
        state.bytes = 0;
        let blocked = std::mem::take(&mut state.blocked);
        drop(state);
        blocked.into_iter().for_each(Waker::wake);
        Poll::Ready(())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
