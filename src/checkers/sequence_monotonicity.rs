//! Sequential znodes are numbered by their parent, and the numbers only grow: H16
//! (`zookeeper.md`, B.1; A.4 for what the number is).

use super::{Checker, Violation};
use crate::base::{ZPath, Zxid};
use crate::history::{Change, Event, Op, What};
use crate::model::{Model, Txn, before};
use std::collections::BTreeMap;

/// The last number that a parent gave.
struct Last {
    number: i32,
    path: ZPath,
    event: u64,
}

/// Ever greater numbers.
#[derive(Default)]
pub struct SequenceMonotonicity {
    /// How many committed transactions were looked at.
    seen: usize,
    /// By parent and the transaction that created it.
    last: BTreeMap<(ZPath, Zxid), Last>,
    checked: u64,
}

impl Checker for SequenceMonotonicity {
    fn observe(&mut self, event: &Event, model: &Model) -> Result<(), Violation> {
        if !matches!(event.what, What::Note { .. }) {
            return Ok(());
        }
        while let Some(txn) = model.ledger().txns().get(self.seen) {
            self.seen += 1;
            self.transaction(txn, model)?;
        }
        Ok(())
    }

    fn checked(&self) -> u64 {
        self.checked
    }
}

impl SequenceMonotonicity {
    fn transaction(&mut self, txn: &Txn, model: &Model) -> Result<(), Violation> {
        let Some(request) = model.request_of(txn) else { return Ok(()) };
        match (&request.op, txn.change()) {
            (op @ Op::Create { mode, .. }, change) if mode.is_sequential() => {
                self.part(txn, model, (op, change), &mut Counts::default())
            }
            (Op::Multi(ops), Change::Multi(parts)) => {
                let mut counts = Counts::default();
                let mut each = ops.iter().zip(parts);
                each.try_for_each(|part| self.part(txn, model, part, &mut counts))
            }
            _ => Ok(()),
        }
    }

    fn part(
        &mut self,
        txn: &Txn,
        model: &Model,
        (op, change): (&Op, &Change),
        counts: &mut Counts,
    ) -> Result<(), Violation> {
        let (Op::Create { path: asked, mode, .. }, Change::Create { path, .. }) = (op, change)
        else {
            return Ok(());
        };
        let Some(parent) = path.parent() else { return Ok(()) };
        let due = counts.create(model, txn, path, &parent);
        if !mode.is_sequential() {
            return Ok(());
        }
        let invoked = model.request_of(txn).map_or(txn.event, |request| request.invoked);
        let suffix = path.as_str().strip_prefix(asked.as_str());
        let Some(number) = suffix.and_then(|digits| digits.parse::<i32>().ok()) else {
            let claim = format!("{} creates {path} for {asked}: no number", txn.zxid);
            return Err(Violation::new(claim, [invoked, txn.event]));
        };
        self.greater(txn, model, (path, &parent), number)?;
        if number == due {
            return Ok(());
        }
        let claim = format!(
            "{} creates {path}, though {parent} had counted {due} created children",
            txn.zxid
        );
        Err(Violation::new(claim, [invoked, txn.event]))
    }

    /// Numbers wrap at 2^31, so greater means less than half the circle ahead.
    fn greater(
        &mut self,
        txn: &Txn,
        model: &Model,
        (path, parent): (&ZPath, &ZPath),
        number: i32,
    ) -> Result<(), Violation> {
        let znode = model.versions().znode_at(parent.as_str(), txn.zxid);
        let Some(czxid) = znode.map(|znode| znode.czxid) else { return Ok(()) };
        let now = Last { number, path: path.clone(), event: txn.event };
        let Some(last) = self.last.insert((parent.clone(), czxid), now) else { return Ok(()) };
        self.checked += 1;
        if number.wrapping_sub(last.number) > 0 {
            return Ok(());
        }
        let claim = format!(
            "{} creates {path} after {} had been created below {parent}",
            txn.zxid, last.path
        );
        Err(Violation::new(claim, [last.event, txn.event]))
    }
}

/// How many children each parent has had, within one transaction.
#[derive(Default)]
struct Counts {
    counts: BTreeMap<ZPath, i32>,
}

impl Counts {
    /// Counts one more child of `parent`; returns how many it had before.
    fn create(&mut self, model: &Model, txn: &Txn, path: &ZPath, parent: &ZPath) -> i32 {
        self.counts.insert(path.clone(), 0);
        let before = before(txn.zxid);
        let znode = model.versions().znode_at(parent.as_str(), before);
        let count = self.counts.entry(parent.clone());
        let count = count.or_insert_with(|| znode.map_or(0, |znode| znode.created));
        let due = *count;
        *count = count.wrapping_add(1);
        due
    }
}
