//! A watch speaks before any answer that shows what it speaks of, and only of what happened: once, or
//! every time when it is one that stays; over reconnections, too: H8 to H11 (`zookeeper.md`, B.1; A.7
//! for the rules).
//!
//! Not demanded, because not promised: that every change is seen; that a znode that came and went
//! while the client was away is seen at all, or anything of that time by watches that stay; any order
//! between sessions; that somebody is told who may not read.

use super::watches::{Rearm, Watches};
use super::{Checker, Violation};
use crate::base::{ClientId, ErrorCode, ZPath};
use crate::history::{Answer, ConnectionChange, Event, Op, Proof, What};
use crate::model::{Model, Request, WatchKind, is_of_session};
use std::collections::BTreeMap;

/// One-shot, in order, before the news.
#[derive(Default)]
pub struct WatchDelivery {
    clients: BTreeMap<ClientId, Watches>,
}

impl Checker for WatchDelivery {
    fn observe(&mut self, event: &Event, model: &Model) -> Result<(), Violation> {
        match &event.what {
            What::Return { client, call, answer } => {
                match model.requests().of_call(*client, *call) {
                    Some(request) => self.answered(event, model, (request, answer)),
                    None => Ok(()),
                }
            }
            What::Connection { client, conn, session, change } => {
                let watches = self.of(*client);
                match change {
                    ConnectionChange::Connected { .. } => {
                        watches.connect(*conn, *session, model);
                    }
                    ConnectionChange::Disconnected => {}
                    ConnectionChange::Expired | ConnectionChange::GaveUp => watches.end(),
                    ConnectionChange::Closed | ConnectionChange::Vanished => watches.end(),
                    ConnectionChange::AuthFailed => watches.end(),
                }
                Ok(())
            }
            What::Watch { client, conn, told } => match self.on(*client, *conn) {
                Some(watches) => watches.told(event, model, told),
                None => Ok(()),
            },
            What::Reauth { client, conn, proofs } => {
                if let Some(watches) = self.on(*client, *conn) {
                    watches.shown(proofs.iter().filter_map(Proof::identity));
                }
                Ok(())
            }
            What::Rearm { client, conn, .. } => {
                if let (Some(watches), Some(rearm)) = (self.on(*client, *conn), Rearm::of(event)) {
                    watches.ask_again(rearm);
                }
                Ok(())
            }
            What::Rearmed { client, conn, zxid } => match self.on(*client, *conn) {
                Some(watches) => watches.asked_again(event, model, *zxid),
                None => Ok(()),
            },
            _ => Ok(()),
        }
    }

    fn checked(&self) -> u64 {
        self.clients.values().map(|watches| watches.decided).sum()
    }
}

impl WatchDelivery {
    fn of(&mut self, client: ClientId) -> &mut Watches {
        self.clients.entry(client).or_insert_with(|| Watches::new(client))
    }

    /// The client's watches, if this is its present connection.
    fn on(&mut self, client: ClientId, conn: u32) -> Option<&mut Watches> {
        self.clients.get_mut(&client).filter(|watches| watches.conn == conn)
    }

    fn answered(
        &mut self,
        event: &Event,
        model: &Model,
        (request, answer): (&Request, &Answer),
    ) -> Result<(), Violation> {
        let (zxid, refused) = match answer {
            Answer::Ok { zxid, .. } => (*zxid, None),
            Answer::Refused { code, .. } if is_of_session(*code) => return Ok(()),
            Answer::Refused { zxid, code } => (*zxid, Some(*code)),
            Answer::Unknown(_) => return Ok(()),
        };
        let Some(watches) = self.on(request.client, request.conn) else { return Ok(()) };
        if request.op != Op::Close {
            watches.answered(event, model, zxid)?;
        }
        if let Some(slot) = left_by(&request.op, refused) {
            watches.arm(event, slot, zxid);
        }
        match (&request.op, refused) {
            (Op::AddAuth(proof), None) => watches.shown(proof.identity().into_iter()),
            (Op::AddWatch { path, recursive }, None) => {
                watches.arm_lasting(event, (path.clone(), *recursive), zxid);
            }
            (Op::RemoveWatches { path, which }, None | Some(ErrorCode::NoWatcher)) => {
                return watches.removed(event, (path, *which), refused.is_none());
            }
            (Op::CheckWatches { path, which }, None | Some(ErrorCode::NoWatcher)) => {
                return watches.asked_after(event, (path, *which), refused.is_none());
            }
            _ => {}
        }
        Ok(())
    }
}

/// The watch that an answered request leaves. A refused read leaves none, but for `exists` of what
/// is not there.
fn left_by(op: &Op, refused: Option<ErrorCode>) -> Option<(ZPath, WatchKind)> {
    match (op, refused) {
        (Op::Exists { path, watch: true }, None | Some(ErrorCode::NoNode))
        | (Op::GetData { path, watch: true }, None) => Some((path.clone(), WatchKind::Data)),
        (Op::GetChildren { path, watch: true, .. }, None) => Some((path.clone(), WatchKind::Child)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::Form;

    #[test]
    fn only_exists_leaves_a_watch_when_refused() {
        let path = ZPath::root();
        let refused = Some(ErrorCode::NoNode);
        assert!(left_by(&Op::Exists { path: path.clone(), watch: true }, refused).is_some());
        assert!(left_by(&Op::GetData { path: path.clone(), watch: true }, refused).is_none());
        let form = Form::First;
        assert!(left_by(&Op::GetChildren { path, watch: false, form }, None).is_none());
    }
}
