//! Connections to other servers: one with each for elections, and one between leader and learner.
//! Bytes become votes and packets here (`QuorumCnxManager`, `LearnerHandler`).

use super::io::Port;
use crate::base::{ConnId, ServerId, Time};
use crate::tree::StreamScanner;
use crate::wire::{
    Hello, LearnerInfo, Malformed, Notification, Packet, PacketKind, Reader, Writer,
};
use core::net::SocketAddr;
use std::collections::BTreeMap;

/// So many may be connected without having said who they are. Servers say so at once.
const NAMELESS_MAX: usize = 128;
/// How long anything may be that they say, in bytes. A member may say more: a transaction may be
/// long, and nothing that was agreed on may be cut off.
const STRANGER_BYTES_MAX: usize = 64 << 10;

/// What arrived over a link, or happened to it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Arrived {
    /// A vote.
    Vote(ServerId, Notification),
    /// A packet.
    Packet(ServerId, Packet),
    /// The tree that follows a SNAP packet.
    Snapshot(ServerId, Vec<u8>),
    /// The link that was dialled is there.
    Linked(ServerId),
    /// A link has ended, or could not be made.
    Unlinked(ServerId),
}

/// What has to be done to connections.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Do {
    /// Take note that this server says it is found there for elections (`host:port`).
    Locate(ServerId, String),
    /// Connect.
    Dial(ConnId, ServerId, Port),
    /// Send.
    Send(ConnId, Vec<u8>),
    /// End.
    Close(ConnId),
}

/// What goes over a connection between servers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Traffic {
    /// Hellos and votes.
    Election,
    /// Packets.
    Quorum,
}

/// What a connection is for.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Use {
    /// Dialled for elections; not there yet.
    DiallingElection(ServerId),
    /// Somebody dialled for elections and has not said who it is.
    Greeting,
    /// For elections, with that server.
    Election(ServerId),
    /// Dialled to the leader, or to a follower in its place; not there yet.
    DiallingMaster(ServerId),
    /// A learner that has not introduced itself.
    Introduction,
    /// An observer that has not, on the port where followers serve observers.
    Observer,
    /// Between leader and learner.
    Quorum(ServerId),
    /// The same, while a tree follows a SNAP packet.
    Snapshot(ServerId, StreamScanner),
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct Link {
    purpose: Use,
    bytes: Vec<u8>,
    /// When it has to be known who is there.
    until: Time,
    /// Who has connected, if it was not this server.
    caller: Option<Caller>,
    /// Whether it was told that it is up to date: a learner that says so much more than before.
    synced: bool,
}

/// Where a connection came from that another server has made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Caller {
    /// The other end.
    pub from: SocketAddr,
    /// When it came, in milliseconds by the wall clock.
    pub wall_ms: i64,
}

/// An election connection with one other server.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Mesh {
    conn: Option<ConnId>,
    dialling: bool,
    /// The last vote for it: sent again on every new connection, and the only one that waits.
    vote: Option<Vec<u8>>,
}

/// All connections to other servers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Links {
    id: ServerId,
    /// Where this server is found for elections, `host:port`.
    address: String,
    links: BTreeMap<ConnId, Link>,
    mesh: BTreeMap<ServerId, Mesh>,
    quorum: BTreeMap<ServerId, ConnId>,
    next_conn: u64,
    /// How long anything may be that a learner says, in bytes.
    learner_bytes_max: usize,
    /// Whom this server follows, or tries to: then it takes no learners but observers, and that one is
    /// none.
    pub master: Option<ServerId>,
    /// Before that nobody has to go; asked after every input, so that it stands ready.
    look_at: Time,
}

impl Links {
    /// None yet.
    pub fn new(id: ServerId, address: String, learner_bytes_max: usize) -> Links {
        Links {
            id,
            address,
            links: BTreeMap::new(),
            mesh: BTreeMap::new(),
            quorum: BTreeMap::new(),
            next_conn: 2,
            learner_bytes_max,
            master: None,
            look_at: Time::NEVER,
        }
    }

    /// Whether the connection is one between servers.
    pub fn has(&self, conn: ConnId) -> bool {
        self.links.contains_key(&conn)
    }

    /// What goes over a connection; `None` where that is not clear, or for no such connection.
    pub fn traffic(&self, conn: ConnId) -> Option<Traffic> {
        match self.links.get(&conn)?.purpose {
            Use::DiallingElection(_) | Use::Greeting | Use::Election(_) => Some(Traffic::Election),
            Use::DiallingMaster(_) | Use::Introduction | Use::Observer | Use::Quorum(_) => {
                Some(Traffic::Quorum)
            }
            Use::Snapshot(..) => None,
        }
    }

    /// The connection between leader and learner, if there is one.
    pub fn quorum_conn(&self, peer: ServerId) -> Option<ConnId> {
        self.quorum.get(&peer).copied()
    }

    fn fresh(&mut self) -> ConnId {
        let conn = ConnId(self.next_conn);
        self.next_conn += 2;
        conn
    }

    fn open(&mut self, conn: ConnId, purpose: Use) {
        let link =
            Link { purpose, bytes: Vec::new(), until: Time::NEVER, caller: None, synced: false };
        let before = self.links.insert(conn, link);
        assert_eq!(before, None, "connections are numbered once");
    }

    /// Tells a server a vote: at once where there is a connection, otherwise as soon as there is.
    pub fn vote(&mut self, to: ServerId, vote: &Notification, out: &mut Vec<Do>) {
        let mut bytes = Writer::new();
        vote.encode(&mut bytes);
        let mesh = self.mesh.entry(to).or_default();
        mesh.vote = Some(bytes.as_bytes().to_vec());
        match mesh.conn {
            Some(conn) => out.push(Do::Send(conn, bytes.into_bytes())),
            None => self.dial_election(to, out),
        }
    }

    fn dial_election(&mut self, to: ServerId, out: &mut Vec<Do>) {
        let mesh = self.mesh.entry(to).or_default();
        if mesh.dialling {
            return;
        }
        mesh.dialling = true;
        let conn = self.fresh();
        self.open(conn, Use::DiallingElection(to));
        out.push(Do::Dial(conn, to, Port::Election));
    }

    /// Connects to a leader, or to a follower in its place.
    pub fn dial(&mut self, master: ServerId, port: Port, out: &mut Vec<Do>) {
        let conn = self.fresh();
        self.open(conn, Use::DiallingMaster(master));
        out.push(Do::Dial(conn, master, port));
    }

    /// Sends a packet to a leader or learner; nothing where there is no link any more.
    pub fn send(&mut self, to: ServerId, packet: &Packet, out: &mut Vec<Do>) {
        if let Some(&conn) = self.quorum.get(&to) {
            if packet.kind == PacketKind::UpToDate
                && let Some(link) = self.links.get_mut(&conn)
            {
                link.synced = true;
            }
            let mut bytes = Writer::new();
            packet.encode(&mut bytes);
            out.push(Do::Send(conn, bytes.into_bytes()));
        }
    }

    /// Ends the link between leader and learner, if there is one.
    pub fn hang_up(&mut self, peer: ServerId, out: &mut Vec<Do>) {
        if let Some(conn) = self.quorum.remove(&peer) {
            self.links.remove(&conn);
            out.push(Do::Close(conn));
        }
    }

    /// Ends all links between leader and learners, also those that are being made.
    pub fn hang_up_all(&mut self, out: &mut Vec<Do>) {
        self.quorum.clear();
        self.links.retain(|&conn, link| {
            let keep =
                matches!(link.purpose, Use::DiallingElection(_) | Use::Greeting | Use::Election(_));
            if !keep {
                out.push(Do::Close(conn));
            }
            keep
        });
    }

    /// Somebody connected to the election or the learner port, and has until then to say who it is.
    /// Of too many who have not said so the first has to go.
    pub fn accepted(&mut self, (conn, port): (ConnId, Port), until: Time, out: &mut Vec<Do>) {
        let purpose = match port {
            Port::Election => Use::Greeting,
            Port::Learner => Use::Introduction,
            Port::Observers => Use::Observer,
            Port::Client | Port::Secure => unreachable!("clients are not served here"),
        };
        self.open(conn, purpose);
        self.links.get_mut(&conn).expect("it was just opened").until = until;
        self.look_at = self.look_at.min(until);
        let nameless = self.links.iter().filter(|(_, link)| link.until < Time::NEVER);
        let nameless: Vec<ConnId> = nameless.map(|(&conn, _)| conn).collect();
        if nameless.len() > NAMELESS_MAX {
            self.drop_link(nameless[0], out);
        }
    }

    /// Takes note of where an accepted connection came from.
    pub fn came_from(&mut self, conn: ConnId, caller: Caller) {
        if let Some(link) = self.links.get_mut(&conn) {
            link.caller = Some(caller);
        }
    }

    /// Where the link to this learner came from.
    pub fn caller(&self, learner: ServerId) -> Option<Caller> {
        self.links.get(self.quorum.get(&learner)?)?.caller
    }

    /// Time has passed: whoever has still not said who it is has to go.
    pub fn tick(&mut self, now: Time, out: &mut Vec<Do>) {
        if now < self.look_at {
            return;
        }
        let over = self.links.iter().filter(|(_, link)| link.until <= now);
        let over: Vec<ConnId> = over.map(|(&conn, _)| conn).collect();
        over.into_iter().for_each(|conn| self.drop_link(conn, out));
        self.look_at = self.links.values().map(|link| link.until).min().unwrap_or(Time::NEVER);
    }

    /// When it wants to know of the time, at the latest; [`Time::NEVER`] when everybody has said
    /// who it is.
    pub fn deadline(&self) -> Time {
        self.look_at
    }

    fn drop_link(&mut self, conn: ConnId, out: &mut Vec<Do>) {
        self.links.remove(&conn);
        out.push(Do::Close(conn));
    }

    /// A connection that was dialled is there.
    pub fn connected(&mut self, conn: ConnId, out: &mut Vec<Do>) -> Option<Arrived> {
        match self.links.get(&conn)?.purpose {
            Use::DiallingElection(to) => {
                self.greet(conn, to, out);
                None
            }
            Use::DiallingMaster(master) => {
                self.set(conn, Use::Quorum(master));
                self.quorum.insert(master, conn);
                Some(Arrived::Linked(master))
            }
            _ => unreachable!("only what is dialled connects"),
        }
    }

    fn set(&mut self, conn: ConnId, purpose: Use) {
        let link = self.links.get_mut(&conn).expect("the caller has looked");
        (link.purpose, link.until) = (purpose, Time::NEVER);
    }

    /// Says who it is. Of two servers the greater one's connection stays; the smaller one has only
    /// asked to be called back.
    fn greet(&mut self, conn: ConnId, to: ServerId, out: &mut Vec<Do>) {
        let hello = Hello { server: self.id, address: self.address.clone() };
        let mut bytes = Writer::new();
        hello.encode(&mut bytes);
        out.push(Do::Send(conn, bytes.into_bytes()));
        self.mesh.entry(to).or_default().dialling = false;
        if self.id < to {
            self.links.remove(&conn);
            out.push(Do::Close(conn));
        } else {
            self.adopt(conn, to, out);
        }
    }

    /// This is the election connection now; an older one goes.
    fn adopt(&mut self, conn: ConnId, peer: ServerId, out: &mut Vec<Do>) {
        self.set(conn, Use::Election(peer));
        let mesh = self.mesh.entry(peer).or_default();
        if let Some(older) = mesh.conn.replace(conn) {
            self.links.remove(&older);
            out.push(Do::Close(older));
        }
        if let Some(vote) = &mesh.vote {
            out.push(Do::Send(conn, vote.clone()));
        }
    }

    /// A connection has ended, or could not be made.
    pub fn closed(&mut self, conn: ConnId) -> Option<Arrived> {
        let link = self.links.remove(&conn)?;
        match link.purpose {
            Use::DiallingElection(peer) => {
                self.mesh.entry(peer).or_default().dialling = false;
                None
            }
            Use::Election(peer) => {
                self.mesh.entry(peer).or_default().conn = None;
                None
            }
            Use::Greeting | Use::Introduction | Use::Observer => None,
            Use::DiallingMaster(peer) => Some(Arrived::Unlinked(peer)),
            Use::Quorum(peer) | Use::Snapshot(peer, _) => {
                self.quorum.remove(&peer);
                Some(Arrived::Unlinked(peer))
            }
        }
    }

    /// Bytes arrived: everything that is whole now. A link with bytes that make no sense is closed.
    pub fn bytes(&mut self, conn: ConnId, bytes: &[u8], out: &mut Vec<Do>) -> Vec<Arrived> {
        let mut arrived = Vec::new();
        let Some(link) = self.links.get_mut(&conn) else { return arrived };
        link.bytes.extend_from_slice(bytes);
        let waiting = std::mem::take(&mut link.bytes);
        let mut used = 0;
        loop {
            match self.read(conn, &waiting[used..], out) {
                Ok((0, _)) => break,
                Ok((length, read)) => {
                    used += length;
                    arrived.extend(read);
                }
                Err(error) if error.short => break,
                Err(_) => {
                    arrived.extend(self.closed(conn));
                    out.push(Do::Close(conn));
                    return arrived;
                }
            }
        }
        if let Some(link) = self.links.get_mut(&conn) {
            link.bytes = waiting;
            link.bytes.drain(..used);
        }
        arrived
    }

    /// Reads one thing: how many bytes it took, and what it was.
    fn read(
        &mut self,
        conn: ConnId,
        bytes: &[u8],
        out: &mut Vec<Do>,
    ) -> Result<(usize, Option<Arrived>), Malformed> {
        let Some(link) = self.links.get_mut(&conn) else { return Ok((0, None)) };
        let mut from = match link.purpose {
            Use::Greeting | Use::Introduction | Use::Observer => {
                Reader::within(STRANGER_BYTES_MAX, bytes)
            }
            _ if link.caller.is_none() => Reader::new(bytes),
            _ if link.synced => Reader::within(self.learner_bytes_max, bytes),
            Use::Quorum(_) => Reader::within(STRANGER_BYTES_MAX, bytes),
            _ => Reader::new(bytes),
        };
        match &mut link.purpose {
            Use::DiallingElection(_) | Use::DiallingMaster(_) => Ok((0, None)),
            Use::Greeting => {
                let hello = Hello::decode(&mut from)?;
                out.push(Do::Locate(hello.server, hello.address));
                self.greeted(conn, hello.server, out);
                Ok((from.at(), None))
            }
            Use::Election(peer) => {
                let peer = *peer;
                let vote = Notification::decode(&mut from)?;
                Ok((from.at(), Some(Arrived::Vote(peer, vote))))
            }
            Use::Introduction | Use::Observer => {
                let observes = link.purpose == Use::Observer;
                let packet = Packet::decode(&mut from)?;
                let introduces = packet.kind == PacketKind::ObserverInfo
                    || (packet.kind == PacketKind::FollowerInfo && !observes);
                if !introduces {
                    return Err(from.bad("a learner that does not introduce itself"));
                }
                if self.master.is_some() && !observes {
                    return Err(from.bad("a learner of a server that leads nobody"));
                }
                let learner = LearnerInfo::decode(packet.data())?.server;
                if self.master == Some(learner) {
                    return Err(from.bad("somebody who says to be the leader"));
                }
                self.introduced(conn, learner, out);
                Ok((from.at(), Some(Arrived::Packet(learner, packet))))
            }
            Use::Quorum(peer) => {
                let peer = *peer;
                let packet = Packet::decode(&mut from)?;
                if packet.kind == PacketKind::Snap {
                    link.purpose = Use::Snapshot(peer, StreamScanner::default());
                }
                Ok((from.at(), Some(Arrived::Packet(peer, packet))))
            }
            Use::Snapshot(peer, scanner) => {
                let peer = *peer;
                let Some((body, whole)) = scanner.scan(bytes)? else { return Ok((0, None)) };
                link.purpose = Use::Quorum(peer);
                Ok((whole, Some(Arrived::Snapshot(peer, bytes[..body].to_vec()))))
            }
        }
    }

    /// Somebody said who it is: a greater one's connection stays, a smaller one is called back.
    fn greeted(&mut self, conn: ConnId, from: ServerId, out: &mut Vec<Do>) {
        if from > self.id {
            self.adopt(conn, from, out);
            return;
        }
        self.links.remove(&conn);
        out.push(Do::Close(conn));
        if from < self.id && self.mesh.entry(from).or_default().conn.is_none() {
            self.dial_election(from, out);
        } else if from < self.id {
            self.redial(from, out);
        }
    }

    /// The smaller one asks to be called although there is a connection: it knows of none, so the
    /// old one is dead.
    fn redial(&mut self, peer: ServerId, out: &mut Vec<Do>) {
        if let Some(older) = self.mesh.entry(peer).or_default().conn.take() {
            self.links.remove(&older);
            out.push(Do::Close(older));
        }
        self.dial_election(peer, out);
    }

    fn introduced(&mut self, conn: ConnId, learner: ServerId, out: &mut Vec<Do>) {
        self.set(conn, Use::Quorum(learner));
        if let Some(older) = self.quorum.insert(learner, conn) {
            self.links.remove(&older);
            out.push(Do::Close(older));
        }
    }
}
