//! A multi takes effect as a whole or not at all: H17 (`zookeeper.md`, B.1; A.5 for its results).
//!
//! Besides the answers, promises in the data are judged: a znode whose data are the text `sum=N`
//! promises that the integers in its children's data add up to N whenever it has children.

use super::{Checker, Violation};
use crate::base::{ErrorCode, ZPath};
use crate::history::{Answer, Change, Event, Op, Outcome, What};
use crate::model::{Model, Request, Txn};

/// All or nothing.
#[derive(Default)]
pub struct Atomicity {
    /// How many committed transactions were looked at.
    seen: usize,
    checked: u64,
}

impl Checker for Atomicity {
    fn observe(&mut self, event: &Event, model: &Model) -> Result<(), Violation> {
        match &event.what {
            What::Note { .. } => self.transactions(model),
            What::Return { client, call, answer } => {
                match model.requests().of_call(*client, *call) {
                    Some(request) => self.answer(event, (request, answer)),
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

impl Atomicity {
    fn transactions(&mut self, model: &Model) -> Result<(), Violation> {
        while let Some(txn) = model.ledger().txns().get(self.seen) {
            self.seen += 1;
            whole(txn)?;
            self.promises(txn, txn.change(), model)?;
        }
        Ok(())
    }

    /// Every promise that the change could have broken.
    fn promises(&mut self, txn: &Txn, change: &Change, model: &Model) -> Result<(), Violation> {
        match change {
            Change::Create { path, .. }
            | Change::Delete { path }
            | Change::Pass { path }
            | Change::SetData { path, .. } => {
                self.promise(txn, path.as_str(), model)?;
                match path.parent() {
                    Some(parent) => self.promise(txn, parent.as_str(), model),
                    None => Ok(()),
                }
            }
            Change::CloseSession { paths } => {
                let mut parents = paths.iter().filter_map(ZPath::parent);
                parents.try_for_each(|parent| self.promise(txn, parent.as_str(), model))
            }
            Change::Multi(parts) => {
                parts.iter().try_for_each(|part| self.promises(txn, part, model))
            }
            Change::CreateSession { .. } | Change::SetAcl { .. } | Change::Reconfig(_) => Ok(()),
            Change::Check { .. } | Change::Error(_) => Ok(()),
        }
    }

    fn promise(&mut self, txn: &Txn, path: &str, model: &Model) -> Result<(), Violation> {
        let znode = model.versions().znode_at(path, txn.zxid);
        let text = znode.and_then(|znode| znode.data.as_text());
        let sum = text.and_then(|text| text.strip_prefix("sum=")?.parse::<i64>().ok());
        let Some(due) = sum else { return Ok(()) };
        let children = model.versions().children_at(path, txn.zxid);
        if children.is_empty() {
            return Ok(());
        }
        self.checked += 1;
        let number = |child: &ZPath| {
            let znode = model.versions().znode_at(child.as_str(), txn.zxid)?;
            znode.data.as_text()?.parse::<i64>().ok()
        };
        let sum = children.into_iter().filter_map(number).fold(0_i64, i64::saturating_add);
        if sum == due {
            return Ok(());
        }
        let claim = format!("after {} the children of {path} add up to {sum}, not {due}", txn.zxid);
        let invoked = model.request_of(txn).map(|request| request.invoked);
        Err(Violation::new(claim, invoked.into_iter().chain([txn.event])))
    }

    fn answer(
        &mut self,
        event: &Event,
        (request, answer): (&Request, &Answer),
    ) -> Result<(), Violation> {
        let (Op::Multi(parts), Answer::Ok { outcome, .. }) = (&request.op, answer) else {
            return Ok(());
        };
        self.checked += 1;
        let right = match outcome {
            Outcome::Multi(outcomes) => outcomes.len() == parts.len(),
            Outcome::MultiRefused(codes) => codes.len() == parts.len() && is_refusal(codes),
            _ => false,
        };
        if right {
            return Ok(());
        }
        let claim = format!(
            "{} asked for a multi of {} parts, and was told {outcome:?}",
            request.client,
            parts.len()
        );
        Err(Violation::new(claim, [request.invoked, event.index]))
    }
}

/// No error for the parts before the one that failed, its own code, and for the rest
/// `RuntimeInconsistency`.
fn is_refusal(codes: &[Option<ErrorCode>]) -> bool {
    let Some(failed) = codes.iter().position(Option::is_some) else { return false };
    let rest = Some(ErrorCode::RuntimeInconsistency);
    codes[failed] != rest && codes[failed + 1..].iter().all(|code| *code == rest)
}

/// A multi that failed in one part does nothing in any.
fn whole(txn: &Txn) -> Result<(), Violation> {
    let Change::Multi(parts) = txn.change() else { return Ok(()) };
    let failed = parts.iter().filter(|part| matches!(part, Change::Error(_))).count();
    if failed == 0 || failed == parts.len() {
        return Ok(());
    }
    let claim = format!("{} does only some parts of a multi: {parts:?}", txn.zxid);
    let proposed = txn.proposal.as_ref().map(|proposal| proposal.event);
    Err(Violation::new(claim, proposed.into_iter().chain([txn.event])))
}
