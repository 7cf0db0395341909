//! A server without a leader only reads: nothing that is asked there takes effect, and what is read is
//! committed: H21 (`zookeeper.md`, B.1; A.2 for the mode). That it is what was there is `session_order`'s
//! to judge.

use super::{Checker, Violation};
use crate::base::{ClientId, ErrorCode, Zxid};
use crate::history::ConnectionChange::Connected;
use crate::history::{Answer, Event, Op, What};
use crate::model::{Model, Request};
use std::collections::BTreeMap;

/// Nothing is done, and nothing is made up.
#[derive(Default)]
pub struct ReadOnlyMode {
    /// Clients of a server that only reads, with whether their session began there.
    readers: BTreeMap<ClientId, bool>,
    /// How many committed transactions were looked at.
    seen: usize,
    checked: u64,
}

impl Checker for ReadOnlyMode {
    fn observe(&mut self, event: &Event, model: &Model) -> Result<(), Violation> {
        match &event.what {
            What::Note { .. } => self.transactions(model),
            What::Connection { client, change: Connected { read_only, resumed, .. }, .. } => {
                match read_only {
                    true => self.readers.insert(*client, !resumed),
                    false => self.readers.remove(client),
                };
                Ok(())
            }
            What::Rearmed { client, zxid, .. } if self.readers.contains_key(client) => {
                committed(event, model, (*client, "its watches"), *zxid, event.index)
            }
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

impl ReadOnlyMode {
    fn transactions(&mut self, model: &Model) -> Result<(), Violation> {
        while let Some(txn) = model.ledger().txns().get(self.seen) {
            self.seen += 1;
            let Some(request) = model.request_of(txn).filter(|it| it.read_only) else { continue };
            let Request { client, op, invoked, .. } = request;
            let claim = format!(
                "{client} asked a server that only reads for `{op}`, which was carried out as {}",
                txn.zxid
            );
            return Err(Violation::new(claim, [*invoked, txn.event]));
        }
        Ok(())
    }

    fn answer(
        &mut self,
        event: &Event,
        model: &Model,
        (request, answer): (&Request, &Answer),
    ) -> Result<(), Violation> {
        let Request { client, op, invoked, .. } = request;
        let (Answer::Ok { zxid, .. } | Answer::Refused { zxid, .. }) = answer else {
            return Ok(());
        };
        let refused = matches!(answer, Answer::Refused { code: ErrorCode::NotReadOnly, .. });
        let reader = request.read_only.then(|| self.readers.get(client)).flatten();
        let Some(&began_here) = reader else {
            let claim = format!("{client} was refused `{op}` as by a server that only reads");
            let wrong = Err(Violation::new(claim, [*invoked, event.index]));
            return if refused { wrong } else { Ok(()) };
        };
        self.checked += 1;
        // A session that began there is nobody else's business, and may end there.
        let changes = match op {
            Op::Close => !began_here,
            Op::Sync { .. } => true,
            op => op.is_write(),
        };
        let claim = match (changes, refused) {
            (true, true) => return Ok(()),
            // It speaks of no version of the tree.
            (false, false) if matches!(op, Op::AddAuth(_)) => return Ok(()),
            (false, false) => {
                let what = format!("`{op}`");
                return committed(event, model, (*client, &what), *zxid, *invoked);
            }
            (true, false) => {
                format!(
                    "{client} asked a server that only reads for `{op}`, and was told {answer:?}"
                )
            }
            (false, true) => format!("{client} was refused `{op}` by a server that only reads"),
        };
        Err(Violation::new(claim, [*invoked, event.index]))
    }
}

/// What was answered is a version that is committed.
fn committed(
    event: &Event,
    model: &Model,
    (client, what): (ClientId, &str),
    zxid: Zxid,
    asked: u64,
) -> Result<(), Violation> {
    if model.ledger().is_decided(zxid) {
        return Ok(());
    }
    let claim = format!(
        "{client} was answered {what} by a server that only reads at {zxid}, which is not committed"
    );
    Err(Violation::new(claim, [asked, event.index]))
}
