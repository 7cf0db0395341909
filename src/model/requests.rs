//! What clients have put on the wire, found by call and by session and xid.

use crate::base::{ClientId, SessionId, Xid, Zxid};
use crate::history::{Event, Op, What};
use std::collections::BTreeMap;

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
    /// Its number on the wire.
    pub xid: Xid,
    /// What it asks.
    pub op: Op,
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
}

impl Requests {
    /// Takes an `Invoke` in; other events say nothing here.
    pub fn observe(&mut self, event: &Event) {
        let What::Invoke { client, call, session, conn, xid, op } = &event.what else { return };
        let number = self.all.len();
        let request = Request {
            number,
            client: *client,
            session: *session,
            conn: *conn,
            xid: *xid,
            op: op.clone(),
            invoked: event.index,
            txn: None,
        };
        self.all.push(request);
        self.by_xid.insert((*session, *xid), number);
        self.by_call.insert((*client, *call), number);
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
