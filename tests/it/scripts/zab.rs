//! Plays a script for the agreement: several peers, and a bus between them that moves only when the
//! script says so.
//!
//! `voters 3 observers=1 spares=1 masters=1 recent=N` (`masters`: followers serve observers; spare
//! servers run and are in no configuration; with any, configurations can change: `reconfig s3 1,2,4o` proposes s1 and s2 as voters and s4 as observer,
//! `could s3 1,2,4o` asks whether it could come into force); `start s1 accepted=0 current=0 log=1:1,1:2 old=1:1` (`old` of the log is in the
//! tree without being remembered); `deliver s1 s2` the next message, `all s1 s2` every one, `lose s1
//! s2`; `disk s1` the oldest wish; `logged s1`; `tick 200` for all; `cut s1 s2` ends links and mutes,
//! `join s1 s2` the opposite; `crash s1`; `propose s1`, `resign s1`; `settle` lets everything happen
//! that needs no time, silently; `run 200` the same, with ticks of 50 ms; `show`.

use super::words::{ensemble_of, field};
use crate::disk::proposal;
use menagerie::base::{Epoch, Millis, ServerId, Time, Zxid};
use menagerie::history::Role;
use menagerie::wire::{
    Member, Membership, Notification, Packet, PacketKind, Proposal, Writer, opcode,
};
use menagerie::zab::{Delivery, Effect, Found, Peer, Rules, Settings, Ticket};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::Write;

/// The transcript of a script.
pub(super) fn play(script: &str) -> String {
    let mut stage = Stage::default();
    for line in script.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let _ = writeln!(stage.transcript, "{line}");
        stage.line(line);
    }
    stage.transcript
}

/// What is on its way from one server to another.
#[derive(Clone, Debug)]
enum Message {
    Vote(Notification),
    Dial,
    Packet(Packet),
    Tree(Vec<Zxid>),
    Gone,
}

/// What a server's disk is to do.
#[derive(Clone, Copy, Debug)]
enum Wish {
    Ticket(Ticket, Option<(Epoch, Epoch)>),
    Logged(Zxid),
    Read,
}

/// A server: its peer, its disk, its tree.
struct Server {
    peer: Peer,
    log: Vec<Proposal>,
    /// What of the log was replaced by a snapshot.
    base: Zxid,
    epochs: (Epoch, Epoch),
    tree: Vec<Zxid>,
    wishes: VecDeque<Wish>,
    serves: bool,
    /// The configuration that was written down as the one in force.
    active: Option<Membership>,
}

#[derive(Default)]
struct Stage {
    ensemble: Membership,
    /// Servers that are in no configuration yet.
    spares: Vec<ServerId>,
    observer_masters: bool,
    recent: usize,
    servers: BTreeMap<ServerId, Server>,
    bus: BTreeMap<(ServerId, ServerId), VecDeque<Message>>,
    cut: BTreeSet<(ServerId, ServerId)>,
    now: Time,
    silent: bool,
    transcript: String,
}

impl Stage {
    fn line(&mut self, line: &str) {
        let words: Vec<&str> = line.split(' ').collect();
        let server = |at: usize| words[at].parse::<ServerId>().unwrap();
        match words[0] {
            "voters" => {
                self.ensemble = ensemble_of(line);
                let spares: u8 = field(line, "spares").map_or(0, |it| it.parse().unwrap());
                let first = self.ensemble.members.len() as u8 + 1;
                self.spares = (first..first + spares).map(ServerId).collect();
                self.observer_masters = field(line, "masters").is_some();
                self.recent = field(line, "recent").map_or(100, |it| it.parse().unwrap());
            }
            "start" => self.start(server(1), line),
            "deliver" => self.deliver(server(1), server(2)),
            "all" => self.deliver_all(server(1), server(2)),
            "lose" => drop(self.queue(server(1), server(2)).pop_front()),
            "disk" => self.disk(server(1)),
            "tick" => self.tick(words[1].parse().unwrap()),
            "cut" => self.cut(server(1), server(2)),
            "join" => {
                let (one, other) = (server(1), server(2));
                self.cut.retain(|&it| it != (one, other) && it != (other, one));
            }
            "crash" => self.crash(server(1)),
            "propose" => self.propose(server(1), None),
            "reconfig" => self.propose(server(1), Some(words[2])),
            "could" => {
                let could = self.servers[&server(1)].peer.could_activate(&membership_of(words[2]));
                let _ = writeln!(self.transcript, "  {could}");
            }
            "resign" => self.call(server(1), |peer, now, out| peer.resign(now, out)),
            "settle" => self.settle(true),
            "finish" => self.settle(false),
            "run" => self.run(words[1].parse().unwrap()),
            "show" => self.show(),
            _ => panic!("no input: {line}"),
        }
    }

    fn all(&self) -> Vec<ServerId> {
        self.ensemble.members.keys().chain(&self.spares).copied().collect()
    }

    fn start(&mut self, id: ServerId, line: &str) {
        let epoch = |key| Epoch(field(line, key).map_or(0, |it| it.parse().unwrap()));
        let zxids = field(line, "log").unwrap_or("").split(',').filter(|it| !it.is_empty());
        let log: Vec<Proposal> = zxids.map(|it| proposal(it.parse().unwrap(), "")).collect();
        let base = field(line, "old").map_or(Zxid::ZERO, |it| it.parse().unwrap());
        let settings = Settings {
            id,
            ensemble: self.ensemble.clone(),
            reconfigures: !self.spares.is_empty(),
            observer_masters: self.observer_masters,
            snap_syncs_max: 1,
            diff_syncs_max: 2,
            tick: Millis(1000),
            init_limit_ticks: 5,
            sync_limit_ticks: 2,
            notification_max: Millis(1600),
            commit_log_count: self.recent,
        };
        let epochs = (epoch("accepted"), epoch("current"));
        self.servers.insert(
            id,
            Server {
                peer: Peer::new(settings, Rules::CORRECT),
                log,
                base,
                epochs,
                tree: Vec::new(),
                wishes: VecDeque::new(),
                serves: false,
                active: None,
            },
        );
        self.read_disk(id);
    }

    /// The server's memory becomes what its disk holds.
    fn read_disk(&mut self, id: ServerId) {
        let it = self.servers.get_mut(&id).unwrap();
        it.tree = it.log.iter().map(|it| it.zxid).collect();
        let recent: Vec<Proposal> = it.log.iter().filter(|p| p.zxid > it.base).cloned().collect();
        let found = Found {
            accepted: it.epochs.0,
            current: it.epochs.1,
            active: it.active.clone(),
            proposed: it.log.iter().rev().find_map(|it| Membership::brought_by(&it.payload)),
            last: it.tree.last().copied().unwrap_or(it.base),
            recent,
            blank: false,
        };
        self.call(id, |peer, now, out| peer.recovered(now, found.clone(), out));
    }

    fn call(&mut self, id: ServerId, with: impl Fn(&mut Peer, Time, &mut Vec<Effect>)) {
        let mut effects = Vec::new();
        let it = self.servers.get_mut(&id).unwrap();
        // A core forks by a copy: the copy does the same.
        let (mut twin, mut same) = (it.peer.clone(), Vec::new());
        with(&mut it.peer, self.now, &mut effects);
        with(&mut twin, self.now, &mut same);
        assert_eq!(effects, same);
        assert_eq!(twin.deadline(), it.peer.deadline());
        effects.into_iter().for_each(|effect| self.perform(id, effect));
    }

    fn queue(&mut self, from: ServerId, to: ServerId) -> &mut VecDeque<Message> {
        self.bus.entry((from, to)).or_default()
    }

    fn send(&mut self, from: ServerId, to: ServerId, message: Message) {
        if matches!(message, Message::Vote(_)) && !self.servers.contains_key(&to) {
            // The newest vote waits for the connection.
            let queue = self.queue(from, to);
            queue.clear();
            return queue.push_back(message);
        }
        if self.cut.contains(&(from, to)) || !self.servers.contains_key(&to) {
            if matches!(message, Message::Dial) {
                self.queue(to, from).push_back(Message::Gone);
            }
            return;
        }
        self.queue(from, to).push_back(message);
    }

    fn perform(&mut self, id: ServerId, effect: Effect) {
        self.say(id, &effect);
        let it = self.servers.get_mut(&id).unwrap();
        match effect {
            Effect::Notify(to, vote) => self.send(id, to, Message::Vote(vote)),
            Effect::Dial(to) | Effect::DialMaster(to) => self.send(id, to, Message::Dial),
            Effect::Hangup(peer) => self.send(id, peer, Message::Gone),
            Effect::Send(to, packet) => self.send(id, to, Message::Packet(packet)),
            Effect::SendSnapshot(to) => {
                let tree = it.tree.clone();
                self.send(id, to, Message::Tree(tree));
            }
            Effect::Append(proposal) => {
                it.wishes.push_back(Wish::Logged(proposal.zxid));
                it.log.push(proposal);
            }
            Effect::Persist { accepted, current, then } => {
                it.wishes.push_back(Wish::Ticket(then, Some((accepted, current))));
            }
            Effect::Flush { then, .. } => it.wishes.push_back(Wish::Ticket(then, None)),
            Effect::Truncate(to) => {
                it.log.retain(|proposal| proposal.zxid <= to);
                it.wishes.push_back(Wish::Read);
            }
            Effect::Reload => it.wishes.push_back(Wish::Read),
            Effect::Install { zxid, body } => {
                let body = String::from_utf8(body.unwrap_or_default()).unwrap();
                it.tree = body.split_whitespace().map(|word| word.parse().unwrap()).collect();
                it.log = it.tree.iter().map(|&zxid| proposal(zxid, "")).collect();
                it.base = zxid;
            }
            Effect::Deliver { proposal, .. } => it.tree.push(proposal.zxid),
            Effect::Serve(_) => it.serves = true,
            Effect::Stop => {
                it.serves = false;
                self.all().into_iter().for_each(|peer| self.hang_up(id, peer));
            }
            Effect::Activate(membership) => it.active = Some((*membership).clone()),
            Effect::Request(..)
            | Effect::Revalidate(..)
            | Effect::Touched(..)
            | Effect::Synced
            | Effect::Revalidated(_)
            | Effect::Note(_) => {}
            Effect::AnswerPing(packet) => {
                if let Some(master) = it.peer.master() {
                    self.send(id, master, Message::Packet(packet));
                }
            }
        }
    }

    /// A server leaves its role: what was on its links is gone, and the other side hears of it.
    fn hang_up(&mut self, from: ServerId, to: ServerId) {
        let mut linked = false;
        for (one, other) in [(from, to), (to, from)] {
            let queue = self.queue(one, other);
            let before = queue.len();
            queue.retain(|it| matches!(it, Message::Vote(_) | Message::Gone));
            linked |= queue.len() < before;
        }
        let peer = self.servers.get(&to).map(|it| &it.peer);
        let follows = peer.and_then(Peer::master) == Some(from);
        let leads = peer.is_some_and(|it| {
            it.role() == Role::Leading || it.attendance().any(|it| it.server == from)
        });
        if from != to && (linked || follows || leads) {
            self.send(from, to, Message::Gone);
        }
    }

    fn deliver(&mut self, from: ServerId, to: ServerId) {
        let Some(message) = self.queue(from, to).pop_front() else {
            return self.transcript.push_str("  NOTHING\n");
        };
        if !self.silent {
            let _ = writeln!(self.transcript, "  {from} > {to}: {}", text_of_message(&message));
        }
        match message {
            Message::Vote(vote) => {
                self.call(to, |peer, now, out| peer.notified(now, from, &vote, out));
            }
            Message::Dial => self.call(from, |peer, now, out| peer.linked(now, to, out)),
            Message::Packet(packet) => {
                self.call(to, |peer, now, out| peer.received(now, from, packet.clone(), out));
            }
            Message::Tree(tree) => {
                let last = tree.last().copied().unwrap_or_default();
                let packet = Packet::bare(PacketKind::Snap, last);
                self.call(to, |peer, now, out| peer.received(now, from, packet.clone(), out));
                let body: Vec<String> = tree.iter().map(Zxid::to_string).collect();
                let body = body.join(" ").into_bytes();
                self.call(to, |peer, _, _| peer.received_snapshot(from, body.clone()));
            }
            Message::Gone => self.call(to, |peer, now, out| peer.unlinked(now, from, out)),
        }
    }

    fn deliver_all(&mut self, from: ServerId, to: ServerId) {
        while !self.queue(from, to).is_empty() {
            self.deliver(from, to);
        }
    }

    fn disk(&mut self, id: ServerId) {
        let wishes = &mut self.servers.get_mut(&id).unwrap().wishes;
        let Some(wish) = wishes.pop_front() else {
            return self.transcript.push_str("  NOTHING\n");
        };
        match wish {
            Wish::Logged(zxid) => self.call(id, |peer, now, out| peer.logged(now, zxid, out)),
            Wish::Ticket(then, epochs) => {
                let it = self.servers.get_mut(&id).unwrap();
                if let Some((accepted, current)) = epochs {
                    it.epochs = (it.epochs.0.max(accepted), it.epochs.1.max(current));
                }
                self.call(id, |peer, now, out| peer.done(now, then, out));
            }
            Wish::Read => self.read_disk(id),
        }
    }

    fn tick(&mut self, ms: u64) {
        self.now += Millis(ms);
        for id in self.all() {
            if self.servers.get(&id).is_some_and(|it| it.peer.deadline() <= self.now) {
                self.call(id, |peer, now, out| peer.tick(now, out));
            }
        }
    }

    fn cut(&mut self, one: ServerId, other: ServerId) {
        for (from, to) in [(one, other), (other, one)] {
            self.cut.insert((from, to));
            self.queue(from, to).clear();
        }
    }

    fn crash(&mut self, id: ServerId) {
        self.servers.remove(&id);
        for to in self.all() {
            self.queue(id, to).clear();
            self.queue(to, id).retain(|it| matches!(it, Message::Vote(_)));
            if to != id && self.servers.contains_key(&to) {
                self.queue(id, to).push_back(Message::Gone);
            }
        }
    }

    fn propose(&mut self, id: ServerId, members: Option<&str>) {
        match self.servers[&id].peer.next_zxid() {
            Some(zxid) => {
                let it = members.map_or_else(|| proposal(zxid, ""), |it| reconfig(zxid, it));
                self.call(id, |peer, _, out| peer.propose(it.clone(), out));
            }
            None => {
                let _ = writeln!(self.transcript, "  no place left");
            }
        }
    }

    fn settle(&mut self, silent: bool) {
        self.silent = silent;
        loop {
            let busy = |(from_to, queue): &(&(ServerId, ServerId), &VecDeque<Message>)| {
                !queue.is_empty() && self.servers.contains_key(&from_to.1)
            };
            let next = self.bus.iter().find(busy).map(|(&it, _)| it);
            let disk = self.servers.iter().find(|(_, it)| !it.wishes.is_empty());
            match (next, disk.map(|(&id, _)| id)) {
                (Some((from, to)), _) => self.deliver(from, to),
                (None, Some(id)) => self.disk(id),
                (None, None) => break,
            }
        }
        self.silent = false;
    }

    fn run(&mut self, ms: u64) {
        for _ in 0..ms / 50 {
            self.settle(true);
            self.silent = true;
            self.tick(50);
        }
        self.settle(true);
    }

    fn show(&mut self) {
        for (id, it) in &self.servers {
            let tree: Vec<String> = it.tree.iter().map(Zxid::to_string).collect();
            let log: Vec<String> = it.log.iter().map(|it| it.zxid.to_string()).collect();
            let active = match self.spares.is_empty() {
                true => String::new(),
                false => format!(" {}", text_of_membership(it.peer.membership())),
            };
            let _ = writeln!(
                self.transcript,
                "  {id} {:?}{}{active} accepted={} current={} tree [{}] log [{}]",
                it.peer.role(),
                if it.serves { " serves" } else { "" },
                it.epochs.0,
                it.epochs.1,
                tree.join(" "),
                log.join(" ")
            );
        }
    }

    fn say(&mut self, id: ServerId, effect: &Effect) {
        if !self.silent {
            let _ = writeln!(self.transcript, "  {id}: {}", text_of_effect(effect));
        }
    }
}

fn text_of_vote(it: &Notification) -> String {
    let Notification { state, leader, zxid, round, peer_epoch, membership } = it;
    let known = membership.as_ref().filter(|it| it.version > Zxid::ZERO);
    let known = known.map_or(String::new(), |it| format!(" configuration={}", it.version));
    format!("{state:?} votes {leader} epoch={peer_epoch} zxid={zxid} round={round}{known}")
}

fn text_of_message(message: &Message) -> String {
    match message {
        Message::Vote(vote) => text_of_vote(vote),
        Message::Dial => "dial".to_owned(),
        Message::Packet(packet) => text_of_packet(packet),
        Message::Tree(tree) => format!("Snap {} znodes", tree.len()),
        Message::Gone => "gone".to_owned(),
    }
}

fn text_of_membership(it: &Membership) -> String {
    let member = |(id, member): (&ServerId, &Member)| {
        if member.votes { id.to_string() } else { format!("{id}o") }
    };
    let members: Vec<String> = it.members.iter().map(member).collect();
    format!("{{{} since {}}}", members.join(" "), it.version)
}

/// The bytes of a transaction that brings a configuration: `1,2,4o`, where `o` observes.
fn reconfig(zxid: Zxid, members: &str) -> Proposal {
    let membership = Membership { version: zxid, ..membership_of(members) };
    let mut to = Writer::new();
    to.long(0).int(0).zxid(zxid).long(0).int(opcode::RECONFIG);
    to.string("/zookeeper/config").string(&membership.to_string()).int(-1);
    Proposal { zxid, payload: to.into_bytes().into() }
}

fn membership_of(members: &str) -> Membership {
    let ids = |observes: bool| -> Vec<ServerId> {
        let words = members.split(',').filter(|it| it.ends_with('o') == observes);
        words.map(|it| ServerId(it.trim_end_matches('o').parse().unwrap())).collect()
    };
    Membership::named(&ids(false), &ids(true))
}

/// The promised epoch stands in ACKEPOCH's data.
fn text_of_packet(packet: &Packet) -> String {
    let current = packet.data().first_chunk::<4>().map(|it| i32::from_be_bytes(*it));
    match packet.kind {
        PacketKind::AckEpoch => {
            format!("AckEpoch {} current={}", packet.zxid(), current.unwrap())
        }
        _ => packet.to_string(),
    }
}

fn text_of_effect(effect: &Effect) -> String {
    match effect {
        Effect::Notify(to, vote) => format!("tell {to} {}", text_of_vote(vote)),
        Effect::Dial(to) => format!("dial {to}"),
        Effect::DialMaster(to) => format!("dial {to} for observers"),
        Effect::Hangup(peer) => format!("hang up on {peer}"),
        Effect::Send(to, packet) => format!("send {to} {}", text_of_packet(packet)),
        Effect::SendSnapshot(to) => format!("send {to} the tree"),
        Effect::Append(proposal) => format!("append {}", proposal.zxid),
        Effect::Persist { accepted, current, then } => {
            format!("persist accepted={accepted} current={current}, then {:?}", then.then)
        }
        Effect::Truncate(to) => format!("truncate to {to}"),
        Effect::Install { zxid, .. } => format!("install {zxid}"),
        Effect::Deliver { proposal, why } => {
            let why = match why {
                Delivery::Committed => "committed",
                Delivery::Synchronized => "synchronized",
                Delivery::Logged => "logged",
            };
            format!("deliver {} {why}", proposal.zxid)
        }
        Effect::Stop => "stop".to_owned(),
        Effect::Serve(epoch) => format!("serve epoch {epoch}"),
        Effect::Flush { then, .. } => format!("flush, then {:?}", then.then),
        Effect::Reload => "reload".to_owned(),
        Effect::Activate(membership) => format!("activate {}", text_of_membership(membership)),
        Effect::Request(from, _) => format!("request of {from}"),
        Effect::Revalidate(from, _) => format!("revalidate for {from}"),
        Effect::Touched(from, _) => format!("touched at {from}"),
        Effect::AnswerPing(_) => "answer ping".to_owned(),
        Effect::Synced => "synced".to_owned(),
        Effect::Revalidated(_) => "revalidated".to_owned(),
        Effect::Note(note) => format!("note {note:?}"),
    }
}
