//! A server without a leader only reads: nothing that is asked there takes effect, and what is read is
//! committed: H21 (`zookeeper.md`, B.1; A.2 for the mode). That it is what was there is `session_order`'s
//! to judge.

use super::{Checker, Violation};
use crate::base::ErrorCode;
use crate::history::{Answer, Event, Op, What};
use crate::model::{Model, Request};

/// Nothing is done, and nothing is made up.
#[derive(Default)]
pub struct ReadOnlyMode {
    /// How many committed transactions were looked at.
    seen: usize,
    checked: u64,
}

impl Checker for ReadOnlyMode {
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
        let refused = matches!(answer, Answer::Refused { code: ErrorCode::NotReadOnly, .. });
        if matches!(answer, Answer::Unknown(_)) || !(request.read_only || refused) {
            return Ok(());
        }
        self.checked += 1;
        let Request { client, op, .. } = request;
        // The end of a session that only this server knows needs nobody else.
        let own = *op == Op::Close && model.is_local(request.session);
        let changes = (op.is_write() && !own) || matches!(op, Op::Sync { .. });
        let claim = match answer {
            _ if refused && !request.read_only => {
                format!(
                    "{client} was refused `{op}` as by a server that only reads, which it is not"
                )
            }
            _ if refused && !changes => {
                format!("{client} was refused `{op}` by a server that only reads")
            }
            _ if changes && !refused => format!(
                "{client} asked a server that only reads for `{op}`, and was told {answer:?}"
            ),
            Answer::Ok { zxid, .. } if !model.ledger().is_decided(*zxid) => format!(
                "{client} was answered `{op}` by a server that only reads at {zxid}, which is not \
                 committed"
            ),
            _ => return Ok(()),
        };
        Err(Violation::new(claim, [request.invoked, event.index]))
    }
}
