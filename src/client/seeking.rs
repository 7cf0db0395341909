//! A client of a server that only reads looks out for one that has a leader: asks one server after the
//! other with the word `isro`, on a connection of its own (`ClientCnxn.SendThread.pingRwServer`).

use super::io::Effect;
use super::link::Link;
use super::session::Client;
use crate::base::{ConnId, Millis, ServerId, Time};

/// The word, and the answer of a server that has a leader.
const WORD: &[u8] = b"isro";
const HAS_LEADER: &[u8] = b"rw";
/// How long it waits before it asks the first time; each time twice as long, up to the most
/// (`ClientCnxn`, `minPingRwTimeout`, `maxPingRwTimeout`).
const PAUSE_MS: u64 = 100;
const PAUSE_MS_MAX: u64 = 60_000;
/// How long one question may take.
const PATIENCE: Millis = Millis(1_000);

/// The search.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Search {
    /// When the next server is asked.
    next_at: Time,
    pause: Millis,
    probe: Option<Probe>,
}

/// A question under way.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Probe {
    conn: ConnId,
    to: ServerId,
    until: Time,
    heard: Vec<u8>,
}

impl Search {
    /// One that begins now.
    pub(super) fn begin(now: Time) -> Search {
        let pause = Millis(PAUSE_MS);
        Search { next_at: now + pause, pause, probe: None }
    }

    /// When something is due.
    pub(super) fn deadline(&self) -> Time {
        self.probe.as_ref().map_or(self.next_at, |probe| probe.until)
    }
}

impl Client {
    /// Whether a question is asked over this connection.
    pub(super) fn is_probe(&self, conn: ConnId) -> bool {
        let probe = self.search.as_ref().and_then(|search| search.probe.as_ref());
        probe.is_some_and(|probe| probe.conn == conn)
    }

    /// It is time to ask a server, or to give one up.
    pub(super) fn seek(&mut self, now: Time, effects: &mut Vec<Effect>) {
        let Some(search) = &mut self.search else { return };
        if let Some(late) = search.probe.take_if(|probe| probe.until <= now) {
            effects.push(Effect::Close { conn: late.conn });
        }
        if search.probe.is_some() || search.next_at > now {
            return;
        }
        self.dialled_count += 1;
        let (conn, to) = (ConnId(2 * u64::from(self.dialled_count)), self.hosts.next());
        search.probe = Some(Probe { conn, to, until: now + PATIENCE, heard: Vec::new() });
        effects.push(Effect::Dial { conn, to });
        search.pause = Millis((2 * search.pause.0).min(PAUSE_MS_MAX));
        search.next_at = now + search.pause;
    }

    /// The server that is asked is there.
    pub(super) fn ask_for_leader(&self, conn: ConnId, effects: &mut Vec<Effect>) {
        effects.push(Effect::Send { conn, bytes: WORD.to_vec() });
    }

    /// What it says. Whoever has a leader is moved to at once; what is under way is lost then.
    pub(super) fn probe_heard(&mut self, now: Time, bytes: &[u8], effects: &mut Vec<Effect>) {
        let probe = self.search.as_mut().and_then(|search| search.probe.as_mut());
        let Some(probe) = probe else { return };
        probe.heard.extend_from_slice(&bytes[..bytes.len().min(HAS_LEADER.len())]);
        if probe.heard.len() < HAS_LEADER.len() {
            return;
        }
        let (to, found) = (probe.to, probe.heard.starts_with(HAS_LEADER));
        self.end_probe(effects);
        if found {
            self.hosts.prefer(to);
            self.hang_up(now, effects);
            self.hosts.prefer_none();
        }
    }

    /// The question has no answer.
    pub(super) fn probe_lost(&mut self) {
        if let Some(search) = &mut self.search {
            search.probe = None;
        }
    }

    /// The connection to the server that only reads is over, and the search with it.
    pub(super) fn stop_seeking(&mut self, effects: &mut Vec<Effect>) {
        self.end_probe(effects);
        self.search = None;
    }

    fn end_probe(&mut self, effects: &mut Vec<Effect>) {
        let probe = self.search.as_mut().and_then(|search| search.probe.take());
        effects.extend(probe.map(|probe| Effect::Close { conn: probe.conn }));
    }

    /// Whether it searches exactly while a server that only reads serves the session.
    pub(super) fn is_searching_rightly(&self) -> bool {
        let reads = matches!(&self.link, Link::Up(up) if up.read_only);
        self.search.is_some() == (reads && self.session.is_some())
    }
}
