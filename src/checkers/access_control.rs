//! Access control lists are obeyed: who may do something is not refused for want of permission, and
//! who may not neither does it nor hears of it: H18 (`zookeeper.md`, B.1; A.8 for the rules).

use super::{Checker, Violation};
use crate::base::{ClientId, ErrorCode, Zxid};
use crate::history::{Acl, Answer, Change, Event, Outcome, Told, What};
use crate::model::{Expected, Model, Request, Txn, before, may};

/// Nobody more and nobody less.
#[derive(Default)]
pub struct AccessControl {
    /// How many committed transactions were looked at.
    seen: usize,
    checked: u64,
}

impl Checker for AccessControl {
    fn observe(&mut self, event: &Event, model: &Model) -> Result<(), Violation> {
        match &event.what {
            What::Note { .. } => self.transactions(model),
            What::Return { client, call, answer } => {
                match model.requests().of_call(*client, *call) {
                    Some(request) => self.read(event, model, (request, answer)),
                    None => Ok(()),
                }
            }
            What::Watch { client, told, .. } => self.told(event, model, (*client, told)),
            _ => Ok(()),
        }
    }

    fn checked(&self) -> u64 {
        self.checked
    }
}

impl AccessControl {
    fn transactions(&mut self, model: &Model) -> Result<(), Violation> {
        while let Some(txn) = model.ledger().txns().get(self.seen) {
            self.seen += 1;
            if let Some(request) = model.request_of(txn) {
                self.decision(txn, request)?;
            }
        }
        Ok(())
    }

    /// A leader refuses for want of permission, or for a list that makes no sense, exactly when it
    /// has to.
    fn decision(&mut self, txn: &Txn, request: &Request) -> Result<(), Violation> {
        let (due, found) = (due_refusal(&txn.expected), refusal_of(txn.change()));
        self.checked += u64::from(due.is_some() || found.is_some());
        if due == found || matches!(txn.expected, Expected::Unjudged) {
            return Ok(());
        }
        let Request { client, op, .. } = request;
        let claim = match (due, found) {
            (Some(due), _) => format!("{} lets {client} do `{op}`, where {due} is due", txn.zxid),
            (None, found) => {
                let found = found.map_or_else(String::new, |code| code.to_string());
                format!("{} refuses {client} `{op}` with {found}, without a reason", txn.zxid)
            }
        };
        let proposed = txn.proposal.as_ref().map(|proposal| proposal.event);
        Err(Violation::new(claim, proposed.into_iter().chain([request.invoked, txn.event])))
    }

    fn read(
        &mut self,
        event: &Event,
        model: &Model,
        (request, answer): (&Request, &Answer),
    ) -> Result<(), Violation> {
        let (Answer::Ok { zxid, .. } | Answer::Refused { zxid, .. }) = answer else {
            return Ok(());
        };
        for (path, may, let_in) in model.versions().accesses(request, answer, *zxid) {
            self.checked += 1;
            if may == let_in {
                continue;
            }
            let (client, op) = (request.client, &request.op);
            let claim = if may {
                format!("{client} was refused `{op}` at {zxid}, though {path} is for it to read")
            } else {
                format!(
                    "{client} was answered `{op}` at {zxid}, though {path} is not for it to read"
                )
            };
            return Err(Violation::new(claim, [request.invoked, event.index]));
        }
        Ok(())
    }

    /// ZOOKEEPER-4799: who may not read a znode is not told of it.
    fn told(
        &mut self,
        event: &Event,
        model: &Model,
        (client, told): (ClientId, &Told),
    ) -> Result<(), Violation> {
        let Told { kind, path, zxid: Some(zxid) } = told else { return Ok(()) };
        let ids = model.requests().ids_of(client);
        let triggers = model.versions().triggers(before(*zxid), *zxid).iter();
        let mut of_it = triggers.filter(|it| it.kind == *kind && it.path == *path).peekable();
        if of_it.peek().is_none_or(|it| it.acls.is_open()) {
            return Ok(());
        }
        self.checked += 1;
        if of_it.any(|it| may(&it.acls, Acl::READ, &ids)) {
            return Ok(());
        }
        let claim =
            format!("{client} was told `{kind:?}` of {path} by {zxid}, which it may not read");
        let txn = txn_event(model, *zxid);
        Err(Violation::new(claim, txn.into_iter().chain([event.index])))
    }
}

fn txn_event(model: &Model, zxid: Zxid) -> Option<u64> {
    model.ledger().get(zxid).map(|txn| txn.event)
}

fn is_of_access(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::NoAuth | ErrorCode::InvalidAcl)
}

fn first_of(codes: &[Option<ErrorCode>]) -> Option<ErrorCode> {
    codes.iter().find_map(|code| *code).filter(|code| is_of_access(*code))
}

fn due_refusal(expected: &Expected) -> Option<ErrorCode> {
    match expected {
        Expected::Refused(code) => Some(*code).filter(|code| is_of_access(*code)),
        Expected::Ok(Outcome::MultiRefused(codes)) => first_of(codes),
        Expected::Ok(_) | Expected::Unjudged => None,
    }
}

fn refusal_of(change: &Change) -> Option<ErrorCode> {
    match change {
        Change::Error(code) => code.filter(|code| is_of_access(*code)),
        Change::Multi(parts) => {
            let code = |part: &Change| match part {
                Change::Error(code) => *code,
                _ => None,
            };
            first_of(&parts.iter().map(code).collect::<Vec<_>>())
        }
        _ => None,
    }
}
