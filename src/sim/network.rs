//! The network: byte streams between nodes, as TCP gives them to programs that can crash, on links
//! that can be cut.
//!
//! A connection is two ends and two lanes. SYN, FIN and RST are packets like any other, so that a cut
//! hides them and latency applies to them. Knows nothing of files and clocks.

use super::agenda::{Agenda, Due, LaneId};
use super::host::{EndRef, Host};
use super::inbox::{Arrival, Inbox};
use super::link::{InFlight, Lane, Link, Packet};
use super::message_log::{MessageLog, MessageNumber};
use super::settings::NetworkSettings;
use crate::base::{ClientId, ConnId, Millis, NodeId, ServerId, Streams, Time};
use crate::history::{Loss, Message, MessageKind};
use crate::server::{Port, Stretch, said};
use std::collections::BTreeMap;
use std::sync::Arc;

/// All machines and everything between them.
pub(super) struct Network {
    streams: Streams,
    settings: NetworkSettings,
    server_count: u32,
    hosts: Vec<Host>,
    links: Vec<Link>,
    /// The links that were used so far, by sender and receiver.
    link_of: BTreeMap<(u32, u32), u32>,
    connections: Vec<Connection>,
    /// Slots of `connections` that nothing refers to any more.
    free: Vec<u32>,
    landed_count: u64,
    /// Where messages are written down, if somebody wants to see them.
    log: Option<MessageLog>,
}

/// One connection. `lanes[i]` leads to `ends[i]`.
struct Connection {
    ends: [End; 2],
    lanes: [Lane; 2],
    /// The agenda still holds the dial's time-out, so the slot cannot be used again.
    timeout_pending: bool,
    /// What was dialled.
    port: Port,
    /// Which ends have sent bytes.
    spoken: [bool; 2],
}

/// What one machine knows of a connection.
#[derive(Clone, Copy)]
struct End {
    host: u32,
    conn: ConnId,
    state: EndState,
    /// The machine no longer sends again what does not get through: its power went, or the dial was
    /// given up. (A process that closes or dies leaves that to its kernel.)
    mute: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum EndState {
    /// The SYN is sent.
    Dialling,
    /// The process may send and receive.
    Open,
    /// Not accepted yet, or forgotten.
    Unknown,
}

impl Network {
    /// Machines without processes, servers first, and nothing between them yet.
    pub fn new(streams: Streams, settings: NetworkSettings, servers: u8, clients: u32) -> Network {
        let servers_first = (1..=servers).map(|number| NodeId::Server(ServerId(number)));
        let all = servers_first.chain((1..=clients).map(|number| NodeId::Client(ClientId(number))));
        Network {
            streams,
            settings,
            server_count: u32::from(servers),
            hosts: all.map(Host::new).collect(),
            links: Vec::new(),
            link_of: BTreeMap::new(),
            connections: Vec::new(),
            free: Vec::new(),
            landed_count: 0,
            log: None,
        }
    }

    /// The index of a node.
    pub fn index_of(&self, node: NodeId) -> u32 {
        let index = match node {
            NodeId::Server(ServerId(number)) => u32::from(number) - 1,
            NodeId::Client(ClientId(number)) => self.server_count + number - 1,
        };
        let host = self.hosts.get(index as usize);
        assert!(host.is_some_and(|it| it.name == node), "{node} is not part of this world");
        index
    }

    /// The machine with this index.
    pub fn host(&mut self, index: u32) -> &mut Host {
        &mut self.hosts[index as usize]
    }

    /// How many packets have landed.
    pub fn landed_count(&self) -> u64 {
        self.landed_count
    }

    /// Writes down every message from now on.
    pub fn record_messages(&mut self) {
        self.log = Some(MessageLog::default());
    }

    /// What was written down; nothing more is.
    pub fn take_messages(&mut self) -> Option<Vec<Message>> {
        self.log.take().map(MessageLog::into_messages)
    }

    /// A process starts on the machine, which has power from now on. Returns the process's inbox.
    pub fn attach(&mut self, index: u32) -> Arc<Inbox> {
        let host = self.host(index);
        assert!(!host.is_running(), "{} runs already", host.name);
        let inbox = Arc::new(Inbox::default());
        host.inbox = Some(inbox.clone());
        host.powered = true;
        inbox
    }

    /// The machine's process ends. With power, its kernel resets its connections; without, nobody
    /// hears anything, and what it would have sent again is lost. Returns the process's inbox.
    pub fn crash(&mut self, agenda: &mut Agenda, index: u32, power: bool) -> Option<Arc<Inbox>> {
        let ends: Vec<EndRef> = self.host(index).connections.values().copied().collect();
        for end in ends {
            let state = std::mem::replace(&mut self.end(end).state, EndState::Unknown);
            if state == EndState::Dialling {
                self.mute(end);
            } else if !power {
                self.transmit(agenda, end, Packet::Rst);
            }
        }
        if power {
            self.host(index).powered = false;
            self.mute_all(index);
        }
        self.host(index).stop()
    }

    /// The process listens on the port from now on.
    pub fn listen(&mut self, index: u32, port: Port) {
        let host = self.host(index);
        if host.is_running() {
            host.listening.insert(port);
        }
    }

    /// Begins a connection. `Connected` or `ConnectFailed` will say what came of it.
    pub fn dial(&mut self, agenda: &mut Agenda, from: (u32, ConnId), to: (u32, Port)) {
        let ((index, conn), (peer, port)) = (from, to);
        assert!(conn.0 % 2 == 0, "{conn} is odd: such numbers are for accepted connections");
        if !self.host(index).is_running() {
            return;
        }
        let slot = self.new_connection((index, conn), (peer, port));
        let end = EndRef { slot, side: 0 };
        let old = self.host(index).connections.insert(conn, end);
        assert!(old.is_none(), "{conn} is still in use");
        let patience = Millis(self.settings.connect_timeout_ms);
        agenda.push(agenda.now + patience, Due::DialTimeout(slot));
        self.transmit(agenda, end, Packet::Syn(port));
    }

    /// Sends bytes on an open connection. On one that the node has lost already they are lost.
    pub fn send(&mut self, agenda: &mut Agenda, from: (u32, ConnId), mut bytes: Vec<u8>) {
        let Some(&end) = self.host(from.0).connections.get(&from.1) else { return };
        let state = self.end(end).state;
        assert!(state == EndState::Open, "bytes are sent before {} is connected", from.1);
        if bytes.is_empty() {
            return;
        }
        let message = self.write_down(agenda.now, end, &bytes);
        let split = self.settings.split;
        if let Some(cut) = self.link_from(end).split(agenda.now, bytes.len(), split) {
            let rest = bytes.split_off(cut);
            self.put(agenda, end, Packet::Bytes(bytes), None);
            bytes = rest;
        }
        self.put(agenda, end, Packet::Bytes(bytes), message);
    }

    /// Closes a connection, behind everything that was sent, or gives a dial up. The node forgets it
    /// at once; whatever still arrives for it is answered with RST.
    pub fn close(&mut self, agenda: &mut Agenda, from: (u32, ConnId)) {
        let Some(end) = self.host(from.0).connections.remove(&from.1) else { return };
        let state = std::mem::replace(&mut self.end(end).state, EndState::Unknown);
        if state == EndState::Dialling {
            self.mute(end);
        } else {
            self.transmit(agenda, end, Packet::Fin);
        }
    }

    /// Breaks every connection between the two: each side that knows one is sent an RST.
    pub fn reset(&mut self, agenda: &mut Agenda, a: u32, b: u32) {
        for slot in 0..self.connections.len() as u32 {
            let ends = self.connections[slot as usize].ends;
            let between =
                [ends[0].host, ends[1].host] == [a, b] || [ends[1].host, ends[0].host] == [a, b];
            for side in (0..2).filter(|&side| between && ends[side].state != EndState::Unknown) {
                self.transmit(agenda, EndRef { slot, side: 1 - side }, Packet::Rst);
            }
        }
    }

    /// The link from one node to another.
    pub fn link(&mut self, from: u32, to: u32) -> &mut Link {
        let link = self.link_index(from, to);
        &mut self.links[link as usize]
    }

    /// Lets what waits at the link land, if the link is not cut (any more).
    pub fn thaw(&mut self, agenda: &mut Agenda, from: u32, to: u32) {
        let link = self.link_index(from, to);
        self.thaw_link(agenda, link);
    }

    /// Undoes every cut and every clog.
    pub fn heal_all(&mut self, agenda: &mut Agenda) {
        for link in 0..self.links.len() as u32 {
            self.links[link as usize].restore();
            self.thaw_link(agenda, link);
        }
    }

    /// The first packet of a lane, planned for `agenda.now` or a moment just before, lands: and with
    /// it those that land at the same moment.
    pub fn land(&mut self, agenda: &mut Agenda, lane: LaneId) {
        let end = EndRef { slot: lane.0 / 2, side: lane.0 as usize % 2 };
        while self.lane(end).next_at().is_some_and(|at| at <= agenda.now) {
            if self.link_to(end).is_cut() {
                self.freeze(end, lane);
                return;
            }
            let InFlight { packet, message, late, .. } = self.lane(end).pop();
            self.landed_count += 1;
            let came_to = self.arrive(agenda, end, packet);
            if let (Some(log), Some(message)) = (&mut self.log, message) {
                match came_to {
                    Ok(()) => log.arrived(message, agenda.now, late),
                    Err(why) => log.lost(message, agenda.now, why),
                }
            }
        }
        match self.lane(end).next_at() {
            Some(at) => agenda.push(at, Due::Land(lane)),
            None => self.recycle(end.slot),
        }
    }

    /// The time-out of the dial in this slot.
    pub fn dial_timeout(&mut self, slot: u32) {
        self.connections[slot as usize].timeout_pending = false;
        let end = EndRef { slot, side: 0 };
        if self.end(end).state == EndState::Dialling {
            self.forget(end, |conn| Arrival::ConnectFailed { conn });
            self.mute(end);
        }
        self.recycle(slot);
    }

    fn arrive(&mut self, agenda: &mut Agenda, end: EndRef, packet: Packet) -> Result<(), Loss> {
        let End { host, conn, state, .. } = *self.end(end);
        if !self.host(host).powered {
            return Err(Loss::NoPower);
        }
        match (packet, state) {
            (Packet::Bytes(bytes), EndState::Open) => {
                self.host(host).deliver(Arrival::Bytes { conn, bytes });
            }
            (Packet::Syn(port), _) if self.host(host).listening.contains(&port) => {
                self.accept(agenda, end, port);
            }
            (Packet::SynAck, EndState::Dialling) => {
                self.end(end).state = EndState::Open;
                self.host(host).deliver(Arrival::Connected { conn });
            }
            (Packet::Rst, EndState::Dialling) => {
                self.forget(end, |conn| Arrival::ConnectFailed { conn });
            }
            (Packet::Fin | Packet::Rst, EndState::Open) => {
                self.forget(end, |conn| Arrival::Closed { conn });
            }
            (Packet::Fin | Packet::Rst, EndState::Unknown) => {}
            (Packet::Syn(_) | Packet::SynAck | Packet::Bytes(_), _) => {
                self.transmit(agenda, end, Packet::Rst);
                return Err(Loss::NoConnection);
            }
            (Packet::Fin, EndState::Dialling) => {
                unreachable!("a FIN travels behind the SYN-ACK of the same lane");
            }
        }
        Ok(())
    }

    fn accept(&mut self, agenda: &mut Agenda, end: EndRef, port: Port) {
        let dialler = self.end(EndRef { side: 0, ..end }).host;
        let from = self.host(dialler).name;
        let index = self.end(end).host;
        let conn = self.host(index).next_accepted();
        let it = self.end(end);
        assert!(it.state == EndState::Unknown, "only one SYN travels on a connection");
        (it.conn, it.state) = (conn, EndState::Open);
        self.host(index).connections.insert(conn, end);
        self.host(index).deliver(Arrival::Accepted { conn, port, from });
        self.transmit(agenda, end, Packet::SynAck);
    }

    /// The end's machine forgets the connection and tells its process.
    fn forget(&mut self, end: EndRef, tell: fn(ConnId) -> Arrival) {
        let it = self.end(end);
        it.state = EndState::Unknown;
        let (index, conn) = (it.host, it.conn);
        let host = self.host(index);
        let known = host.connections.remove(&conn);
        assert!(known == Some(end), "an end and its host agree on what is open");
        host.deliver(tell(conn));
    }

    /// Sends a packet without bytes from this end to the other one.
    fn transmit(&mut self, agenda: &mut Agenda, from: EndRef, packet: Packet) {
        let message = self.log.is_some().then(|| words_of(&packet)).and_then(|words| {
            let between = self.names(from);
            let said = (MessageKind::Connection, words);
            self.log.as_mut().map(|log| log.sent(agenda.now, between, said))
        });
        self.put(agenda, from, packet, message);
    }

    /// Puts a packet on its lane.
    fn put(
        &mut self,
        agenda: &mut Agenda,
        from: EndRef,
        packet: Packet,
        message: Option<MessageNumber>,
    ) {
        let to = EndRef { slot: from.slot, side: 1 - from.side };
        let link = self.link_to(to);
        let (at, late) = (link.landing(agenda.now), link.is_clogged());
        if let Some(at) = self.lane(to).push(InFlight { at, packet, message, late }) {
            agenda.push(at, Due::Land(lane_id(to)));
        }
    }

    /// Writes down what is sent, if somebody wants to see it.
    fn write_down(&mut self, now: Time, from: EndRef, bytes: &[u8]) -> Option<MessageNumber> {
        self.log.as_ref()?;
        let it = &mut self.connections[from.slot as usize];
        let first = !std::mem::replace(&mut it.spoken[from.side], true);
        let stretch = Stretch { port: it.port, by_dialler: from.side == 0, first, bytes };
        let between = self.names(from);
        self.log.as_mut().map(|log| log.sent(now, between, said(stretch)))
    }

    /// Who is at this end, and who at the other.
    fn names(&mut self, end: EndRef) -> (NodeId, NodeId) {
        let (own, other) =
            (self.end(end).host, self.end(EndRef { side: 1 - end.side, ..end }).host);
        (self.host(own).name, self.host(other).name)
    }

    /// Everything on the lane to this end is lost at a cut.
    fn lose(&mut self, to: EndRef) {
        let lost = self.lane(to).lose();
        if let Some(log) = &mut self.log {
            lost.into_iter().for_each(|(message, at)| log.lost(message, at, Loss::Cut));
        }
    }

    /// The first packet of the lane met a cut: all of them wait, if somebody will send them again.
    fn freeze(&mut self, to: EndRef, lane: LaneId) {
        if self.end(EndRef { slot: to.slot, side: 1 - to.side }).mute {
            self.lose(to);
            self.recycle(to.slot);
        } else {
            self.lane(to).frozen = true;
            self.link_to(to).frozen.push(lane);
        }
    }

    fn thaw_link(&mut self, agenda: &mut Agenda, link: u32) {
        if self.links[link as usize].is_cut() {
            return;
        }
        for lane in std::mem::take(&mut self.links[link as usize].frozen) {
            let frozen = &mut self.connections[lane.0 as usize / 2].lanes[lane.0 as usize % 2];
            let at = frozen.thaw(agenda.now, &mut self.links[link as usize]);
            agenda.push(
                at.expect("a frozen lane holds the packet that met the cut"),
                Due::Land(lane),
            );
        }
    }

    /// The end's machine sends nothing again any more: what waits at a cut is lost.
    fn mute(&mut self, end: EndRef) {
        self.end(end).mute = true;
        let to = EndRef { slot: end.slot, side: 1 - end.side };
        if self.lane(to).frozen {
            self.link_to(to).frozen.retain(|&lane| lane != lane_id(to));
            self.lose(to);
        }
        self.recycle(end.slot);
    }

    /// Mutes the machine's end of every connection, also of those that its process has closed.
    fn mute_all(&mut self, index: u32) {
        for slot in 0..self.connections.len() as u32 {
            for side in 0..2 {
                let end = EndRef { slot, side };
                if self.end(end).host == index && !self.end(end).mute {
                    self.mute(end);
                }
            }
        }
    }

    fn new_connection(
        &mut self,
        (dialler, conn): (u32, ConnId),
        (acceptor, port): (u32, Port),
    ) -> u32 {
        let links = [self.link_index(acceptor, dialler), self.link_index(dialler, acceptor)];
        let end = |host, conn, state| End { host, conn, state, mute: false };
        let ends =
            [end(dialler, conn, EndState::Dialling), end(acceptor, ConnId(0), EndState::Unknown)];
        if let Some(slot) = self.free.pop() {
            let it = &mut self.connections[slot as usize];
            it.ends = ends;
            it.lanes.iter_mut().zip(links).for_each(|(lane, link)| lane.reuse(link));
            (it.timeout_pending, it.port, it.spoken) = (true, port, [false; 2]);
            return slot;
        }
        self.connections.push(Connection {
            ends,
            lanes: links.map(Lane::new),
            timeout_pending: true,
            port,
            spoken: [false; 2],
        });
        self.connections.len() as u32 - 1
    }

    /// Frees the slot when nobody knows the connection, nothing is on its way, and it is not free yet.
    fn recycle(&mut self, slot: u32) {
        let it = &mut self.connections[slot as usize];
        let known = it.ends.iter().any(|end| end.state != EndState::Unknown);
        let busy = it.lanes.iter().any(|lane| !lane.is_empty());
        let freed = it.ends.iter().all(|end| end.host == u32::MAX);
        if known || busy || freed || it.timeout_pending {
            return;
        }
        for end in &mut it.ends {
            *end = End { host: u32::MAX, mute: true, ..*end };
        }
        self.free.push(slot);
    }

    fn link_index(&mut self, from: u32, to: u32) -> u32 {
        if let Some(&index) = self.link_of.get(&(from, to)) {
            return index;
        }
        let (sender, receiver) = (self.host(from).name, self.host(to).name);
        self.links.push(Link::new(&self.streams, sender, receiver, self.settings.latency_ms));
        let index = self.links.len() as u32 - 1;
        self.link_of.insert((from, to), index);
        index
    }

    fn end(&mut self, end: EndRef) -> &mut End {
        &mut self.connections[end.slot as usize].ends[end.side]
    }

    /// The lane that leads to this end.
    fn lane(&mut self, to: EndRef) -> &mut Lane {
        &mut self.connections[to.slot as usize].lanes[to.side]
    }

    /// The link that the lane to this end runs on.
    fn link_to(&mut self, to: EndRef) -> &mut Link {
        let link = self.lane(to).link;
        &mut self.links[link as usize]
    }

    fn link_from(&mut self, from: EndRef) -> &mut Link {
        self.link_to(EndRef { slot: from.slot, side: 1 - from.side })
    }
}

/// What a packet without bytes says.
fn words_of(packet: &Packet) -> String {
    match packet {
        Packet::Syn(port) => format!("SYN to the {} port", format!("{port:?}").to_lowercase()),
        Packet::SynAck => "SYN-ACK".to_owned(),
        Packet::Bytes(bytes) => format!("{} bytes", bytes.len()),
        Packet::Fin => "FIN".to_owned(),
        Packet::Rst => "RST".to_owned(),
    }
}

fn lane_id(to: EndRef) -> LaneId {
    LaneId(2 * to.slot + to.side as u32)
}

#[cfg(test)]
mod tests;
