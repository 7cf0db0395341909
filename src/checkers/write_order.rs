//! Writes are linearizable, take effect at most once, and bring what they have to: H1, H2, H3, H6
//! (`zookeeper.md`, B.1) and, where leader and model disagree on a decision, S15 (B.2).
//!
//! No search for an order is needed: the zxids are the order.

use super::{Checker, Violation};
use crate::base::{ClientId, ErrorCode, SessionId, Xid, Zxid};
use crate::history::{Answer, Change, Event, Op, Outcome, What};
use crate::model::{Expected, Model, Request, Txn, is_of_session, stat_difference};
use std::collections::BTreeMap;

/// A zxid, and the event by which somebody knows it.
#[derive(Clone, Copy, Default)]
struct Known {
    zxid: Zxid,
    event: u64,
}

/// One order of writes that everybody's clock agrees with.
#[derive(Default)]
pub struct WriteOrder {
    /// How many committed transactions were looked at.
    seen: usize,
    /// The greatest zxid of any completed write.
    completed: Known,
    /// What that was at the invoke of each request, by the request's number.
    at_invoke: Vec<Known>,
    /// Per client: connection and xid of the last write that was answered.
    answered: BTreeMap<ClientId, (SessionId, u32, Xid)>,
    checked: u64,
}

impl Checker for WriteOrder {
    fn observe(&mut self, event: &Event, model: &Model) -> Result<(), Violation> {
        match &event.what {
            What::Invoke { .. } => {
                self.at_invoke.push(self.completed);
                Ok(())
            }
            What::Note { .. } => self.decisions(model),
            What::Return { client, call, answer } => {
                match model.requests().of_call(*client, *call) {
                    Some(request) if request.op.is_write() => {
                        self.answer(event, model, (request, answer))
                    }
                    _ => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }

    fn checked(&self) -> u64 {
        self.checked
    }
}

impl WriteOrder {
    /// Judges what leaders decided, answered or not.
    fn decisions(&mut self, model: &Model) -> Result<(), Violation> {
        while let Some(txn) = model.ledger().txns().get(self.seen) {
            self.seen += 1;
            if let Some(proposal) = &txn.proposal {
                decided_right(model, txn, proposal.event)?;
                asked_for(model, txn, proposal.event)?;
            }
        }
        Ok(())
    }

    fn answer(
        &mut self,
        event: &Event,
        model: &Model,
        (request, answer): (&Request, &Answer),
    ) -> Result<(), Violation> {
        let zxid = match answer {
            // Its end is nobody else's business.
            Answer::Ok { .. } if request.op == Op::Close && model.is_local(request.session) => {
                return Ok(());
            }
            Answer::Ok { zxid, .. } => *zxid,
            // A closing or moved session is refused without a transaction, too.
            Answer::Refused { code, .. } if is_of_session(*code) => return Ok(()),
            // A check outside of a multi is no transaction (`zookeeper.md`, A.3).
            Answer::Refused { code: ErrorCode::Unimplemented, .. } => return Ok(()),
            // Without a leader nothing becomes a transaction.
            Answer::Refused { code: ErrorCode::NotReadOnly, .. } if request.read_only => {
                return Ok(());
            }
            Answer::Refused { zxid, .. } => *zxid,
            Answer::Unknown(_) => return Ok(()),
        };
        self.checked += 1;
        self.in_xid_order(event, request)?;
        let txn = carried_out(event, model, request, zxid)?;
        right_answer(event, txn, (request, answer))?;
        self.after_completed(event, request, zxid)
    }

    /// H1: greater than what was completed before it began.
    fn after_completed(
        &mut self,
        event: &Event,
        request: &Request,
        zxid: Zxid,
    ) -> Result<(), Violation> {
        if zxid > self.completed.zxid {
            self.completed = Known { zxid, event: event.index };
        }
        let before = self.at_invoke.get(request.number).copied().unwrap_or_default();
        if zxid > before.zxid {
            return Ok(());
        }
        let claim = format!(
            "{} wrote {} as {zxid}, though a write had been completed as {} before it asked",
            request.client, request.op, before.zxid
        );
        Err(Violation::new(claim, [before.event, request.invoked, event.index]))
    }

    /// H6: one connection's answers come in the order of its requests.
    fn in_xid_order(&mut self, event: &Event, request: &Request) -> Result<(), Violation> {
        let now = (request.session, request.conn, request.xid);
        let Some(before) = self.answered.insert(request.client, now) else { return Ok(()) };
        if (before.0, before.1) != (now.0, now.1) || before.2 < now.2 {
            return Ok(());
        }
        let claim = format!(
            "{} got the answer to its write {} after that to {} on the same connection",
            request.client, now.2, before.2
        );
        Err(Violation::new(claim, [request.invoked, event.index]))
    }
}

/// H3, and S15: the decision is what the state and the request call for.
fn decided_right(model: &Model, txn: &Txn, proposed: u64) -> Result<(), Violation> {
    let Some(mismatch) = &txn.mismatch else { return Ok(()) };
    let request = model.request_of(txn);
    let what = request.map_or_else(String::new, |request| format!(", for `{}`,", request.op));
    let claim = format!("{}{what} {mismatch}", txn.zxid);
    let invoked = request.map(|request| request.invoked);
    Err(Violation::new(claim, invoked.into_iter().chain([proposed, txn.event])))
}

/// H2: what changes the tree was asked for by somebody, and once.
fn asked_for(model: &Model, txn: &Txn, proposed: u64) -> Result<(), Violation> {
    let evidence = [proposed, txn.event];
    if let (Some(before), Some(request)) = (txn.repeats, model.request_of(txn)) {
        let claim = format!(
            "{}'s request {} in session {} was carried out twice: as {before} and as {}",
            request.client, request.xid, request.session, txn.zxid
        );
        let first = model.ledger().get(before).map(|txn| txn.event);
        let evidence = evidence.into_iter().chain(first).chain([request.invoked]);
        return Err(Violation::new(claim, evidence));
    }
    let of_system = matches!(
        txn.change(),
        Change::CreateSession { .. }
            | Change::CloseSession { .. }
            | Change::Pass { .. }
            | Change::Error(_)
    );
    if of_system || txn.request.is_some() {
        return Ok(());
    }
    let claim = format!("{} is to {}, which nobody has asked for", txn.zxid, txn.change());
    Err(Violation::new(claim, evidence))
}

/// The transaction that the answer names, which has to be of this request.
fn carried_out<'a>(
    event: &Event,
    model: &'a Model,
    request: &Request,
    zxid: Zxid,
) -> Result<&'a Txn, Violation> {
    let evidence = [request.invoked, event.index];
    let (client, op) = (request.client, &request.op);
    let Some(txn) = model.ledger().get(zxid) else {
        let claim = format!("{client} was told that `{op}` is {zxid}, which is not committed");
        return Err(Violation::new(claim, evidence));
    };
    if txn.request == Some(request.number) {
        return Ok(txn);
    }
    let claim = format!("{client} was told that `{op}` is {zxid}, which is another transaction");
    Err(Violation::new(claim, evidence.into_iter().chain([txn.event])))
}

/// H3: the whole answer is what the model expects.
fn right_answer(
    event: &Event,
    txn: &Txn,
    (request, answer): (&Request, &Answer),
) -> Result<(), Violation> {
    let right = match (&txn.expected, answer) {
        (Expected::Unjudged, _) => true,
        (Expected::Ok(due), Answer::Ok { outcome, .. }) => due == outcome,
        (Expected::Refused(due), Answer::Refused { code, .. }) => due == code,
        (Expected::Ok(_) | Expected::Refused(_), _) => false,
    };
    if right {
        return Ok(());
    }
    let difference = match (&txn.expected, answer) {
        (Expected::Ok(due), Answer::Ok { outcome, .. }) => difference(due, outcome),
        (due, answer) => format!("it was told {answer:?} where {due:?} is due"),
    };
    let claim = format!(
        "{} asked `{}`, which was carried out as {}: {difference}",
        request.client, request.op, txn.zxid
    );
    Err(Violation::new(claim, [request.invoked, txn.event, event.index]))
}

/// What differs between two outcomes, in words.
fn difference(due: &Outcome, found: &Outcome) -> String {
    let stats = match (due, found) {
        (
            Outcome::Created { path, stat: Some(due) },
            Outcome::Created { path: told, stat: Some(found) },
        ) if path == told => Some((due, found)),
        (Outcome::Set(due), Outcome::Set(found))
        | (Outcome::AclSet(due), Outcome::AclSet(found)) => Some((due, found)),
        _ => None,
    };
    if let Some(fields) = stats.and_then(|(due, found)| stat_difference(found, due)) {
        return format!("the Stat has to have {fields}");
    }
    if let (Outcome::Multi(due), Outcome::Multi(found)) = (due, found) {
        let mut parts = due.iter().zip(found).enumerate();
        if let Some((place, (due, found))) = parts.find(|(_, (due, found))| due != found) {
            return format!("in part {}, {}", place + 1, difference(due, found));
        }
    }
    format!("it was told {found:?} where {due:?} is due")
}
