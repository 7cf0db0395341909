//! What goes over the connections of clients, counted as it goes.

use super::server::Server;
use super::stats::{Stats, Traffic};
use crate::base::{ConnId, Time, Xid};
use crate::history::{Note, Role};
use crate::wire::{Packet, PacketKind, RequestHeader, opcode};

impl Server {
    /// A handshake, a request or a word arrived, of so many bytes with its length.
    pub(super) fn count_received(&mut self, conn: ConnId, bytes: usize) {
        self.stats.received += 1;
        self.stats.counts.bytes_received += bytes as u64;
        if let Some(it) = self.conns.get_mut(&conn) {
            it.traffic.received += 1;
        }
    }

    /// What arrived is this request.
    pub(super) fn count_request(&mut self, conn: ConnId, header: RequestHeader) {
        if let Some(it) = self.conns.get_mut(&conn)
            && header.opcode != opcode::AUTH
        {
            it.traffic.last_opcode = Some(header.opcode);
        }
    }

    /// A reply or an event goes out.
    pub(super) fn count_sent(&mut self, conn: ConnId) {
        self.stats.sent += 1;
        if let Some(it) = self.conns.get_mut(&conn) {
            it.traffic.sent += 1;
        }
    }

    /// A request is answered that came then; whether it was a write.
    pub(super) fn answered(&mut self, conn: ConnId, (xid, since): (Xid, Time), wrote: bool) {
        let (now, zxid) = (self.now.time, self.processed());
        let ms = now.since(since).0;
        self.stats.latency.add(ms);
        if wrote {
            self.stats.updates.add(ms)
        } else {
            self.stats.reads.add(ms)
        }
        let Some(it) = self.conns.get_mut(&conn) else { return };
        it.traffic.latency.add(ms);
        it.traffic.answered = now;
        it.traffic.last_ms = ms;
        it.traffic.last_zxid = Some(zxid);
        // The others are no numbers of the client's.
        if xid >= Xid(0) {
            it.traffic.last_xid = Some(xid);
        }
    }

    /// A session is there that was asked for then, which is an operation, too; whether it took a
    /// transaction.
    pub(super) fn session_answered(&mut self, conn: ConnId, since: Time, wrote: bool) {
        if let Some(it) = self.conns.get_mut(&conn) {
            it.traffic.last_opcode = Some(opcode::CREATE_SESSION);
        }
        self.answered(conn, (Xid(0), since), wrote);
    }

    /// As a leader: another proposal.
    pub(super) fn count_proposal(&mut self, bytes: usize) {
        self.stats.proposals.add(bytes);
        self.stats.counts.proposals += u64::from(!self.config.standalone);
    }

    /// What the agreement sends, as far as it is counted.
    pub(super) fn count_packet_out(&mut self, packet: &Packet) {
        if matches!(packet.kind, PacketKind::Diff | PacketKind::Trunc) {
            self.stats.counts.diffs += 1;
        }
    }

    /// What came of the leader, as far as it is counted.
    pub(super) fn count_packet_in(&mut self, packet: &Packet) {
        let follows = matches!(self.peer.role(), Role::Following(_)) && self.serving.is_some();
        match packet.kind {
            PacketKind::Proposal if follows => self.stats.counts.learner_proposals += 1,
            PacketKind::Commit if follows => self.stats.counts.learner_commits += 1,
            _ => {}
        }
    }

    /// What is told for the history, as far as it is counted.
    pub(super) fn count_note(&mut self, note: &Note) {
        if matches!(note, Note::Committed { .. }) && !self.config.standalone {
            self.stats.counts.commits += 1;
        }
    }

    /// Counts what goes over each connection anew (`crst`).
    pub(super) fn recount_connections(&mut self) {
        for it in self.conns.values_mut() {
            it.traffic = Traffic::new(it.traffic.since);
        }
    }

    /// Counts everything else anew (`srst`), but what is measured of the process.
    pub(super) fn recount(&mut self) {
        self.stats = Stats::default();
    }
}
