//! What clients have put on the wire, found by call and by session and xid; who they had shown
//! themselves to be, and which session is theirs.

use crate::base::{ClientId, SessionId, Xid, Zxid};
use crate::history::{ConnectionChange, Event, Identity, Op, Proof, What};
use core::net::IpAddr;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A request, from its `Invoke`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Request {
    /// Its place among all requests, from 0.
    pub number: usize,
    /// Who asks.
    pub client: ClientId,
    /// In which session.
    pub session: SessionId,
    /// On which of the client's connections.
    pub conn: u32,
    /// Whether the server there only reads.
    pub read_only: bool,
    /// Its number on the wire.
    pub xid: Xid,
    /// What it asks.
    pub op: Op,
    /// All that its connection had shown its client to be before.
    pub ids: Arc<[Identity]>,
    /// The event of its `Invoke`.
    pub invoked: u64,
    /// The first committed transaction that carries its session and xid.
    pub txn: Option<Zxid>,
}

/// Every request so far.
#[derive(Clone, Debug, Default)]
pub struct Requests {
    all: Vec<Request>,
    by_xid: BTreeMap<(SessionId, Xid), usize>,
    by_call: BTreeMap<(ClientId, u64), usize>,
    addresses: BTreeMap<ClientId, Arc<[Identity]>>,
    /// Each client's last connection, and who it is there.
    shown: BTreeMap<ClientId, (u32, Arc<[Identity]>)>,
    /// Those whose last connection is to a server that only reads.
    readers: BTreeSet<ClientId>,
    /// The session that each client has, until it is over for the client.
    current: BTreeMap<ClientId, SessionId>,
    /// Which session goes on in the place of which.
    successors: BTreeMap<SessionId, SessionId>,
}

impl Requests {
    /// Where the clients are.
    pub(super) fn locate(&mut self, addresses: &[(ClientId, IpAddr)]) {
        let identity = |it: &IpAddr| Identity { scheme: "ip".to_owned(), id: it.to_string() };
        let bare = addresses.iter().map(|(client, it)| (*client, [identity(it)].into()));
        self.addresses.extend(bare);
    }

    /// Who a client is on a connection that has shown nothing: its address.
    pub fn bare(&self, client: ClientId) -> Arc<[Identity]> {
        self.addresses.get(&client).cloned().unwrap_or_default()
    }

    /// All that a client is on its last connection.
    pub fn ids_of(&self, client: ClientId) -> Arc<[Identity]> {
        self.shown.get(&client).map_or_else(|| self.bare(client), |shown| shown.1.clone())
    }

    fn ids_on(&mut self, client: ClientId, conn: u32) -> &mut Arc<[Identity]> {
        let bare = self.bare(client);
        let shown = self.shown.entry(client).or_insert_with(|| (conn, bare.clone()));
        if shown.0 != conn {
            *shown = (conn, bare);
        }
        &mut shown.1
    }

    fn show(&mut self, client: ClientId, conn: u32, proofs: &[Proof]) {
        let ids = self.ids_on(client, conn);
        let more = proofs.iter().filter_map(Proof::identity).filter(|it| !ids.contains(it));
        *ids = ids.iter().cloned().chain(more).collect();
    }

    fn standing(&mut self, client: ClientId, session: SessionId, change: &ConnectionChange) {
        match change {
            ConnectionChange::Connected { read_only, .. } => {
                match read_only {
                    true => self.readers.insert(client),
                    false => self.readers.remove(&client),
                };
                let before = self.current.insert(client, session);
                if let Some(before) = before.filter(|before| *before != session) {
                    self.successors.insert(session, before);
                }
            }
            ConnectionChange::Disconnected => {}
            ConnectionChange::Expired | ConnectionChange::GaveUp | ConnectionChange::Closed => {
                self.current.remove(&client);
            }
            ConnectionChange::AuthFailed | ConnectionChange::Vanished => {
                self.current.remove(&client);
            }
        }
    }

    /// Whether `session` is `before`, or goes on in its place for a client to which it is the same: one
    /// that only a server without a leader knew is left with that server, and what the client has seen
    /// and waits for stays.
    pub fn continues(&self, session: SessionId, before: SessionId) -> bool {
        let mut earlier =
            std::iter::successors(Some(session), |it| self.successors.get(it).copied());
        earlier.any(|it| it == before)
    }

    /// Takes in what goes on the wire, and what becomes of connections and sessions; other events say
    /// nothing here.
    pub fn observe(&mut self, event: &Event) {
        if let What::Reauth { client, conn, proofs } = &event.what {
            self.show(*client, *conn, proofs);
        }
        if let What::Connection { client, session, change, .. } = &event.what {
            self.standing(*client, *session, change);
        }
        let What::Invoke { client, call, session, conn, xid, op } = &event.what else { return };
        let number = self.all.len();
        let request = Request {
            number,
            client: *client,
            session: *session,
            conn: *conn,
            read_only: self.readers.contains(client),
            xid: *xid,
            op: op.clone(),
            ids: self.ids_on(*client, *conn).clone(),
            invoked: event.index,
            txn: None,
        };
        self.all.push(request);
        self.by_xid.insert((*session, *xid), number);
        self.by_call.insert((*client, *call), number);
        if let Op::AddAuth(proof) = op {
            self.show(*client, *conn, std::slice::from_ref(proof));
        }
    }

    /// The request with this number.
    pub fn get(&self, number: usize) -> Option<&Request> {
        self.all.get(number)
    }

    /// A client's request; `None` when it never went on the wire.
    pub fn of_call(&self, client: ClientId, call: u64) -> Option<&Request> {
        self.all.get(*self.by_call.get(&(client, call))?)
    }

    /// The write with this xid in this session.
    pub(super) fn write_of(&mut self, session: SessionId, xid: Xid) -> Option<&mut Request> {
        let request = self.all.get_mut(*self.by_xid.get(&(session, xid))?)?;
        request.op.is_write().then_some(request)
    }
}
