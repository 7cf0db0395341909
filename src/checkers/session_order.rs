//! A session sees one history, in one direction: H4, H5, H6 and H13 (`zookeeper.md`, B.1).
//!
//! Different sessions may see different times, and nothing is demanded between them.

use super::{Checker, Violation};
use crate::base::{ClientId, ErrorCode, SessionId, Xid, Zxid};
use crate::history::{Answer, Change, Event, Op, Outcome, What};
use crate::model::{Expected, Model, Request, Txn, is_of_session};
use std::collections::BTreeMap;

/// What a client's session has seen.
#[derive(Clone, Copy)]
struct Seen {
    session: SessionId,
    conn: u32,
    /// The last request of this connection that was answered.
    xid: Xid,
    /// The last zxid that an answer carried.
    zxid: Zxid,
    event: u64,
}

/// A session's last request that was carried out.
#[derive(Clone, Copy)]
struct Done {
    conn: u32,
    xid: Xid,
    txn: u64,
}

/// Never back in time, never what was not committed.
#[derive(Default)]
pub struct SessionOrder {
    clients: BTreeMap<ClientId, Seen>,
    done: BTreeMap<SessionId, Done>,
    /// How many committed transactions were looked at.
    seen: usize,
    checked: u64,
}

impl Checker for SessionOrder {
    fn observe(&mut self, event: &Event, model: &Model) -> Result<(), Violation> {
        match &event.what {
            What::Note { .. } => self.transactions(model),
            What::Return { client, call, answer } => {
                match model.requests().of_call(*client, *call) {
                    Some(request) => self.answer(event, model, (request, answer)),
                    None => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }

    fn checked(&self) -> u64 {
        self.checked
    }
}

impl SessionOrder {
    fn transactions(&mut self, model: &Model) -> Result<(), Violation> {
        while let Some(txn) = model.ledger().txns().get(self.seen) {
            self.seen += 1;
            if let Some(request) = model.request_of(txn) {
                self.in_issue_order(txn, request)?;
            }
        }
        Ok(())
    }

    /// H6 and H13: a session's writes are carried out in the order in which it asked, over all its
    /// connections. What the fence turned away (`SessionMoved`) was not carried out.
    fn in_issue_order(&mut self, txn: &Txn, request: &Request) -> Result<(), Violation> {
        if turned_away(txn) {
            return Ok(());
        }
        let now = Done { conn: request.conn, xid: request.xid, txn: txn.event };
        let Some(before) = self.done.insert(request.session, now) else { return Ok(()) };
        if (before.conn, before.xid) <= (now.conn, now.xid) {
            return Ok(());
        }
        let claim = format!(
            "session {}: request {} of connection {} was carried out as {}, after request {} of \
             connection {}",
            request.session, now.xid, now.conn, txn.zxid, before.xid, before.conn
        );
        Err(Violation::new(claim, [request.invoked, before.txn, txn.event]))
    }

    fn answer(
        &mut self,
        event: &Event,
        model: &Model,
        (request, answer): (&Request, &Answer),
    ) -> Result<(), Violation> {
        // An answer to that speaks of no version of the tree.
        if let Op::AddAuth(_) = request.op {
            return right_read(event, model, (request, answer));
        }
        let zxid = match answer {
            Answer::Ok { zxid, .. } => *zxid,
            Answer::Refused { code, .. } if is_of_session(*code) => return Ok(()),
            Answer::Refused { zxid, .. } => *zxid,
            Answer::Unknown(_) => return Ok(()),
        };
        self.checked += 1;
        self.forward(event, model, request, zxid)?;
        if !model.ledger().is_decided(zxid) {
            let claim = format!(
                "{} was answered `{}` at {zxid}, which is not committed",
                request.client, request.op
            );
            return Err(Violation::new(claim, [request.invoked, event.index]));
        }
        right_read(event, model, (request, answer))
    }

    /// H5 and H6: zxids do not fall within a session, or one that goes on in its place, and xids rise
    /// within a connection.
    fn forward(
        &mut self,
        event: &Event,
        model: &Model,
        request: &Request,
        zxid: Zxid,
    ) -> Result<(), Violation> {
        let Request { client, session, conn, xid, .. } = *request;
        let now = Seen { session, conn, xid, zxid, event: event.index };
        let Some(before) = self.clients.insert(client, now) else { return Ok(()) };
        if !model.requests().continues(session, before.session) {
            return Ok(());
        }
        let claim = if before.zxid > zxid {
            format!(
                "{client} went back in time in session {session}: `{}` was answered at {zxid}, \
                 after it had seen {}",
                request.op, before.zxid
            )
        } else if before.conn == conn && before.xid >= xid {
            format!("{client} was answered request {xid} after request {}", before.xid)
        } else {
            return Ok(());
        };
        Err(Violation::new(claim, [before.event, request.invoked, event.index]))
    }
}

fn turned_away(txn: &Txn) -> bool {
    let first_of = |codes: &[Option<ErrorCode>]| codes.iter().find_map(|code| *code);
    let code = match (&txn.expected, txn.change()) {
        (_, Change::Error(code)) => *code,
        (Expected::Ok(Outcome::MultiRefused(codes)), _) => first_of(codes),
        _ => None,
    };
    code.is_some_and(is_of_session)
}

/// H4: what a read brings is what was there after the transactions up to its zxid.
fn right_read(
    event: &Event,
    model: &Model,
    (request, answer): (&Request, &Answer),
) -> Result<(), Violation> {
    let versions = model.versions();
    let (zxid, result) = match answer {
        Answer::Ok { zxid, outcome } => (*zxid, versions.check_read(request, outcome, *zxid)),
        Answer::Refused { zxid, code } => (*zxid, versions.check_refusal(request, *code, *zxid)),
        Answer::Unknown(_) => return Ok(()),
    };
    let Err(difference) = result else { return Ok(()) };
    let claim = format!(
        "{} was answered `{}` at {zxid} with what was not so: {difference}",
        request.client, request.op
    );
    let txn = model.ledger().place_up_to(zxid);
    let txn = txn.map(|place| model.ledger().txns()[place].event);
    Err(Violation::new(claim, txn.into_iter().chain([request.invoked, event.index])))
}
