//! One direction between two nodes, and one direction of one connection on it: how long packets
//! take, and whether they land.

use super::agenda::LaneId;
use super::message_log::MessageNumber;
use crate::base::{Millis, NodeId, Ratio, Stream, Streams, Time};
use crate::server::Port;
use std::collections::VecDeque;

/// Everything that flows from one node to another. It has a stream of chance of its own, so that
/// traffic elsewhere moves nothing here.
pub(super) struct Link {
    rng: Stream,
    latency_us: [u64; 2],
    cut_count: u32,
    clogs: Vec<Millis>,
    /// The lanes whose first packet wants to land and cannot, in the order in which they tried.
    pub frozen: Vec<LaneId>,
}

impl Link {
    /// A link that is neither cut nor clogged.
    pub fn new(streams: &Streams, from: NodeId, to: NodeId, latency_ms: [u64; 2]) -> Link {
        Link {
            rng: streams.stream(&format!("{from}>{to}")),
            latency_us: latency_ms.map(|ms| Millis(ms).as_micros()),
            cut_count: 0,
            clogs: Vec::new(),
            frozen: Vec::new(),
        }
    }

    /// When a packet that sets out at `now` would land.
    pub fn landing(&mut self, now: Time) -> Time {
        let latency_us = self.rng.at(now).between(self.latency_us[0], self.latency_us[1]);
        self.clogs.iter().fold(Time(now.0.saturating_add(latency_us)), |at, &extra| at + extra)
    }

    /// Where to cut so many bytes in two; `None` when they travel in one piece.
    pub fn split(&mut self, now: Time, size: usize, split: Ratio) -> Option<usize> {
        let rng = self.rng.at(now);
        let cut = size > 1 && rng.chance(split);
        cut.then(|| rng.between(1, size as u64 - 1) as usize)
    }

    /// True while nothing lands.
    pub fn is_cut(&self) -> bool {
        self.cut_count > 0
    }

    /// True while everything takes longer.
    pub fn is_clogged(&self) -> bool {
        !self.clogs.is_empty()
    }

    /// One more reason why nothing lands.
    pub fn cut(&mut self) {
        self.cut_count += 1;
    }

    /// One reason less. A cut that was healed with all others may be healed again.
    pub fn heal(&mut self) {
        self.cut_count = self.cut_count.saturating_sub(1);
    }

    /// Makes every packet take so much longer, besides earlier clogs.
    pub fn clog(&mut self, extra: Millis) {
        self.clogs.push(extra);
    }

    /// Takes the last clog away.
    pub fn unclog(&mut self) {
        self.clogs.pop();
    }

    /// Takes all cuts and clogs away.
    pub fn restore(&mut self) {
        self.cut_count = 0;
        self.clogs.clear();
    }
}

/// What travels on a lane.
#[derive(Debug)]
pub(super) enum Packet {
    /// The dialler asks for a connection to this port.
    Syn(Port),
    /// The answer: the connection is open.
    SynAck,
    /// Part of the stream.
    Bytes(Vec<u8>),
    /// The stream's orderly end. The sender has forgotten the connection.
    Fin,
    /// There is no such connection, or no longer.
    Rst,
}

/// A packet on its way.
#[derive(Debug)]
pub(super) struct InFlight {
    /// When it lands, or wants to.
    pub at: Time,
    /// What it is.
    pub packet: Packet,
    /// The message that is whole with it, if messages are recorded.
    pub message: Option<MessageNumber>,
    /// Whether it waited at a cut, or its link is clogged.
    pub late: bool,
}

/// One direction of one connection: packets in the order in which they were sent, and land.
///
/// Only the first packet of a lane is on the agenda, and it is there unless the lane is frozen.
pub(super) struct Lane {
    /// The index of the link that it runs on.
    pub link: u32,
    /// The first packet tried to land on a cut link. All of them wait for it to heal.
    pub frozen: bool,
    packets: VecDeque<InFlight>,
    /// When the last packet lands; no later one may overtake it.
    last_at: Time,
}

impl Lane {
    /// An empty lane on this link.
    pub fn new(link: u32) -> Lane {
        Lane { link, frozen: false, packets: VecDeque::new(), last_at: Time::ZERO }
    }

    /// Makes an empty lane of a forgotten connection one of a new connection.
    pub fn reuse(&mut self, link: u32) {
        assert!(self.is_empty(), "a lane with packets belongs to a connection");
        *self = Lane { packets: std::mem::take(&mut self.packets), ..Lane::new(link) };
    }

    /// Puts a packet that lands at its time, or right behind the last one, at the end. Returns when
    /// the lane has to go on the agenda: when it was empty.
    pub fn push(&mut self, packet: InFlight) -> Option<Time> {
        let was_empty = self.packets.is_empty();
        self.last_at = self.last_at.max(packet.at);
        self.packets.push_back(InFlight { at: self.last_at, ..packet });
        was_empty.then_some(self.last_at)
    }

    /// The packet that lands now.
    pub fn pop(&mut self) -> InFlight {
        assert!(!self.frozen, "nothing lands from a frozen lane");
        self.packets.pop_front().expect("only lanes with packets are on the agenda")
    }

    /// When the first packet lands.
    pub fn next_at(&self) -> Option<Time> {
        self.packets.front().map(|packet| packet.at)
    }

    /// True when nothing is on its way.
    pub fn is_empty(&self) -> bool {
        self.packets.is_empty()
    }

    /// Loses every packet. Returns the messages among them, with when they were to land.
    pub fn lose(&mut self) -> Vec<(MessageNumber, Time)> {
        self.frozen = false;
        self.packets.drain(..).filter_map(|it| Some((it.message?, it.at))).collect()
    }

    /// Sends the packets that wait once more, as TCP does; those still on their way stay behind
    /// them. Returns when the first one lands.
    pub fn thaw(&mut self, now: Time, link: &mut Link) -> Option<Time> {
        assert!(self.frozen, "only a frozen lane thaws");
        self.frozen = false;
        let mut last_at = Time::ZERO;
        for it in &mut self.packets {
            let again = if it.at <= now { link.landing(now) } else { it.at };
            it.late |= it.at <= now;
            it.at = last_at.max(again);
            last_at = it.at;
        }
        self.last_at = last_at;
        self.next_at()
    }
}
