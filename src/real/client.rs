//! A client on real sockets: the pure [`Client`], moved by a socket and a timer. Decides nothing.

use super::clock::Clock;
use crate::base::{ConnId, ServerId, Time};
use crate::client::{Client, Config, Effect, Input, Rules};
use crate::history::{Answer, ConnectionChange, Op};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Sleep;

/// How long a client rests when no server lets it in.
const RECONNECT_PAUSE_MS: u32 = 200;
/// So much is read at a time.
const PIECE_BYTES: usize = 64 << 10;

/// What the client's application hears.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Heard {
    /// What became of a call.
    Answered {
        /// The call's number.
        call: u64,
        /// Its answer.
        answer: Answer,
    },
    /// The connection or the session has changed.
    Connection(ConnectionChange),
}

/// A connection that is being made.
type Dial = Pin<Box<dyn Future<Output = io::Result<TcpStream>> + Send>>;

enum Socket {
    None,
    Dialling(Dial),
    Open(TcpStream),
}

/// A client and its socket.
pub struct Caller {
    client: Client,
    clock: Clock,
    /// Where servers are: that of `ServerId(1)` is the first.
    addresses: Vec<String>,
    socket: Socket,
    conn: ConnId,
    /// Waits to be written.
    out: Vec<u8>,
    written: usize,
    piece: Vec<u8>,
    heard: VecDeque<Heard>,
    effects: Vec<Effect>,
    timer: Pin<Box<Sleep>>,
    timer_at: Time,
    call_count: u64,
}

impl Caller {
    /// A client of these servers, host and port of each, at least one; it begins when it is first
    /// polled. Within a tokio runtime.
    pub fn new(clock: Clock, addresses: Vec<String>, timeout_ms: u32) -> Caller {
        let hosts = (1..=addresses.len()).map(|number| ServerId(number as u8)).collect();
        // It has one socket; a client that put up with less would look for more on another one.
        let config = Config {
            hosts,
            timeout_ms,
            reconnect_pause_ms: RECONNECT_PAUSE_MS,
            read_only: false,
            dialled_count: 0,
        };
        let mut caller = Caller {
            client: Client::new(config, Rules::CORRECT),
            clock,
            addresses,
            socket: Socket::None,
            conn: ConnId(0),
            out: Vec::new(),
            written: 0,
            piece: vec![0; PIECE_BYTES],
            heard: VecDeque::new(),
            effects: Vec::new(),
            timer: Box::pin(tokio::time::sleep(std::time::Duration::ZERO)),
            timer_at: Time::ZERO,
            call_count: 0,
        };
        caller.feed(|client, now, effects| client.handle(now, Input::Start, effects));
        caller
    }

    /// Asks for something; the number under which the answer will come.
    pub fn call(&mut self, op: Op) -> u64 {
        self.call_count += 1;
        let call = self.call_count;
        self.feed(|client, now, effects| client.handle(now, Input::Call { call, op }, effects));
        call
    }

    /// Waits for the next thing to be heard. What was asked for before goes out meanwhile.
    pub async fn next(&mut self) -> Heard {
        poll_fn(|context| self.poll_next(context)).await
    }

    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Heard> {
        loop {
            if let Some(heard) = self.heard.pop_front() {
                return Poll::Ready(heard);
            }
            // Whatever moves may change what else can move.
            if !self.moves(context) && !self.times(context) {
                return Poll::Pending;
            }
        }
    }

    /// Whether something was connected, written to the end, or read.
    fn moves(&mut self, context: &mut Context<'_>) -> bool {
        let conn = self.conn;
        match &mut self.socket {
            Socket::None => false,
            Socket::Dialling(dial) => match dial.as_mut().poll(context) {
                Poll::Pending => false,
                Poll::Ready(Ok(stream)) => {
                    self.socket = Socket::Open(stream);
                    self.hear(Input::Connected { conn });
                    true
                }
                Poll::Ready(Err(_)) => {
                    self.socket = Socket::None;
                    self.hear(Input::ConnectFailed { conn });
                    true
                }
            },
            Socket::Open(_) => match self.exchange(context) {
                Ok(moved) => moved,
                Err(_) => {
                    self.socket = Socket::None;
                    self.hear(Input::Closed { conn });
                    true
                }
            },
        }
    }

    /// Writes what waits and reads what is there. Whether something was read.
    fn exchange(&mut self, context: &mut Context<'_>) -> io::Result<bool> {
        let Socket::Open(stream) = &mut self.socket else { return Ok(false) };
        while self.written < self.out.len() {
            match Pin::new(&mut *stream).poll_write(context, &self.out[self.written..])? {
                Poll::Pending => break,
                Poll::Ready(0) => return Err(io::ErrorKind::WriteZero.into()),
                Poll::Ready(count) => self.written += count,
            }
        }
        if self.written == self.out.len() {
            self.out.clear();
            self.written = 0;
        }
        let mut piece = std::mem::take(&mut self.piece);
        let mut buffer = ReadBuf::new(&mut piece);
        let read = Pin::new(stream).poll_read(context, &mut buffer);
        let count = buffer.filled().len();
        let moved = match read {
            Poll::Pending => Ok(false),
            Poll::Ready(Ok(())) if count == 0 => Err(io::ErrorKind::UnexpectedEof.into()),
            Poll::Ready(Ok(())) => {
                self.hear(Input::Bytes { conn: self.conn, bytes: &piece[..count] });
                Ok(true)
            }
            Poll::Ready(Err(error)) => Err(error),
        };
        self.piece = piece;
        moved
    }

    /// Whether it was time for a tick.
    fn times(&mut self, context: &mut Context<'_>) -> bool {
        let deadline = self.client.deadline();
        let Some(at) = self.clock.instant(deadline) else { return false };
        if deadline != self.timer_at {
            self.timer_at = deadline;
            self.timer.as_mut().reset(at.into());
        }
        let due = self.timer.as_mut().poll(context).is_ready();
        if due {
            self.timer_at = Time::ZERO;
            self.hear(Input::Tick);
        }
        due
    }

    fn hear(&mut self, input: Input) {
        self.feed(|client, now, effects| client.handle(now, input, effects));
    }

    /// Has the client take something in, and performs what it wants.
    fn feed(&mut self, take: impl FnOnce(&mut Client, Time, &mut Vec<Effect>)) {
        let mut effects = std::mem::take(&mut self.effects);
        take(&mut self.client, self.clock.now().time, &mut effects);
        effects.drain(..).for_each(|effect| self.perform(effect));
        self.effects = effects;
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Dial { conn, to } => self.dial(conn, to),
            Effect::Send { conn, bytes } if conn == self.conn => self.out.extend(bytes),
            Effect::Close { conn } if conn == self.conn => self.hang_up(),
            Effect::Send { .. } | Effect::Close { .. } => {}
            Effect::Answered { call, answer, .. } => {
                self.heard.push_back(Heard::Answered { call, answer });
            }
            Effect::Connection { change, .. } => self.heard.push_back(Heard::Connection(change)),
            Effect::Invoked { .. } | Effect::Told { .. } => {}
            Effect::Rearm { .. } | Effect::Rearmed { .. } | Effect::Reauth { .. } => {}
        }
    }

    fn dial(&mut self, conn: ConnId, to: ServerId) {
        let address = self.addresses[usize::from(to.0) - 1].clone();
        self.hang_up();
        self.conn = conn;
        self.socket = Socket::Dialling(Box::pin(async move {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            Ok(stream)
        }));
    }

    /// What was not written is lost; the client counts on nothing of it.
    fn hang_up(&mut self) {
        self.socket = Socket::None;
        self.out.clear();
        self.written = 0;
    }
}
