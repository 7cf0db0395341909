//! A follower between the leader and those who observe through it: what they ask goes on to the
//! leader, and its answers go back to whoever has asked (`FollowerRequestProcessor`,
//! `ObserverMaster.revalidateSession`).
//!
//! For the leader all of it comes over the one link of this follower. That a session has moved from one
//! of its observers to another one, or to the follower itself, only the follower can see.

use super::server::Server;
use crate::base::{ConnId, ErrorCode, ServerId, SessionId};
use crate::history::Role;
use crate::wire::{Packet, Reader, opcode};

/// Who waits for an answer of the leader's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Asker {
    /// A client of this server, over this connection.
    Own(ConnId),
    /// An observer, over this link.
    Observer(ServerId, ConnId),
}

/// Through whom a session is served.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Via {
    /// This server.
    Own,
    /// An observer, over this link; another link of the same one is somebody else.
    Observer(ServerId, ConnId),
}

impl Server {
    /// Whether observers may be linked to this server while it follows another one.
    pub(super) fn serves_observers(&self) -> bool {
        let follows = matches!(self.peer.role(), Role::Following(_));
        follows && self.serving.is_some() && self.config.observer_master_port.is_some()
    }

    /// From now on a session is served through `via`.
    pub(super) fn comes_through(&mut self, session: SessionId, via: Via) {
        if self.serves_observers() {
            self.vias.insert(session, via);
        }
    }

    /// An observer forwards a request. What still comes through a server that the session has left is
    /// refused by a transaction, as a leader refuses it.
    pub(super) fn hand_on_request(&mut self, from: ServerId, packet: Packet) {
        let Some(link) = self.links.quorum_conn(from).filter(|_| self.serves_observers()) else {
            return;
        };
        let mut body = Reader::new(packet.data());
        let (Ok(session), Ok(xid), Ok(number)) = (body.session(), body.xid(), body.int()) else {
            return self.hang_up_on(from);
        };
        let via = Via::Observer(from, link);
        match number {
            opcode::SYNC => self.forwarded_syncs.push_back(Asker::Observer(from, link)),
            opcode::CREATE_SESSION => self.comes_through(session, via),
            _ => {
                let served = self.vias.get(&session).copied().unwrap_or(via);
                if !(self.rules.hands_on)(served, via) {
                    let refusal = ErrorCode::SessionMoved.to_wire().to_be_bytes();
                    return self.forward((session, xid, opcode::ERROR), &refusal, Vec::new());
                }
            }
        }
        self.send_to_leader(packet);
    }

    /// An observer asks after a session: whose client has come to it. A connection that the client had
    /// here is over.
    pub(super) fn hand_on_revalidation(&mut self, from: ServerId, packet: Packet) {
        let Some(link) = self.links.quorum_conn(from) else { return };
        let mut data = Reader::new(packet.data());
        let (Ok(session), Ok(_)) = (data.session(), data.int()) else {
            return self.hang_up_on(from);
        };
        self.comes_through(session, Via::Observer(from, link));
        if let Some(&conn) = self.conn_of.get(&session) {
            self.close_client(conn);
        }
        self.revalidations.push_back(Asker::Observer(from, link));
        self.send_to_leader(packet);
    }

    /// The leader has said whether a session is still there that an observer has asked after.
    pub(super) fn hand_back(&mut self, (observer, link): (ServerId, ConnId), answer: &Packet) {
        if self.links.quorum_conn(observer) == Some(link) {
            self.with_links(|links, out| links.send(observer, answer, out));
        }
    }
}
