//! The recordings against the real server, alone as the recorded one was, over TCP.

use super::Script;
use super::player::{Heard, World, play as play_script};
use super::tables::OWN_SERVER;
use crate::real::kit::Host;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// As the recorded server was configured.
const LINES: &str = "tickTime=2000\nextendedTypesEnabled=true\n4lw.commands.whitelist=*\n\
    maxClientCnxns=0\nmenagerie.likeness=3.8";
const LOOKS_EVERY_SECOND: &str = "\nznode.container.checkIntervalMs=1000";

/// Plays them in their order: those that share a server on one, the others each on one of its own.
pub fn play(scripts: Vec<Script>) -> Vec<(Script, Vec<Value>)> {
    let (own, shared): (Vec<Script>, Vec<Script>) =
        scripts.into_iter().partition(|it| OWN_SERVER.contains(&it.name.as_str()));
    let mut played = play_all(shared, LINES);
    for script in own {
        played.extend(play_all(vec![script], &format!("{LINES}{LOOKS_EVERY_SECOND}")));
    }
    played
}

fn play_all(scripts: Vec<Script>, lines: &str) -> Vec<(Script, Vec<Value>)> {
    let mut host = Host::alone(lines);
    host.start();
    drop(host.client());
    let mut world = Tcp { port: host.port, streams: BTreeMap::new(), dialled_count: 0 };
    let mut played = Vec::new();
    for script in scripts {
        let lines = at_once(play_script(&script, &mut world));
        played.push((script, lines));
    }
    played
}

/// What a future gives that waits in its calls, and not between them.
fn at_once<T>(future: impl Future<Output = T>) -> T {
    let mut context = Context::from_waker(Waker::noop());
    match pin!(future).poll(&mut context) {
        Poll::Ready(it) => it,
        Poll::Pending => unreachable!("sockets here block"),
    }
}

struct Tcp {
    port: u16,
    streams: BTreeMap<u64, TcpStream>,
    dialled_count: u64,
}

impl World for Tcp {
    async fn dial(&mut self) -> u64 {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_nodelay(true).unwrap();
        self.dialled_count += 1;
        self.streams.insert(self.dialled_count, stream);
        self.dialled_count
    }

    async fn send(&mut self, conn: u64, bytes: Vec<u8>) {
        if let Some(stream) = self.streams.get_mut(&conn) {
            // Whether it arrived is seen by what comes back.
            let _ = stream.write_all(&bytes);
        }
    }

    async fn hear(&mut self, conn: u64, patience_ms: u64) -> Heard {
        let Some(stream) = self.streams.get_mut(&conn) else { return Heard::End };
        stream.set_read_timeout(Some(Duration::from_millis(patience_ms))).unwrap();
        let mut piece = [0; 4096];
        match stream.read(&mut piece) {
            Ok(0) => Heard::End,
            Ok(count) => Heard::Bytes(piece[..count].to_vec()),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                Heard::Silence
            }
            Err(_) => Heard::End,
        }
    }

    async fn close(&mut self, conn: u64) {
        self.streams.remove(&conn);
    }

    async fn rest(&mut self, ms: u64) {
        if ms > 0 {
            std::thread::sleep(Duration::from_millis(ms));
        }
    }

    fn own_address(&self) -> &str {
        "127.0.0.1"
    }

    fn mode(&self) -> &str {
        "standalone"
    }
}
