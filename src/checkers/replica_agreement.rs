//! All servers apply the same transactions in the same order, and their trees are the same after
//! each: S1, S2, S12, S16 and S18 (`zookeeper.md`, B.2); `PrefixConsistency`, `Integrity`,
//! `Agreement` and `TotalOrder` in the TLA+ specification.

use super::states::{State, Waiting};
use super::{Checker, Violation};
use crate::base::{ServerId, Zxid};
use crate::history::{Event, Note, What};
use crate::model::{Ledger, Model, PerServer, Txn};
use std::collections::BTreeMap;

/// What a server's tree holds.
#[derive(Clone, Copy, Default)]
struct Place {
    /// The last transaction in it.
    last: Zxid,
    /// The event that says so.
    event: u64,
}

/// One order, one content.
#[derive(Default)]
pub struct ReplicaAgreement {
    places: PerServer<Place>,
    /// The bytes of every transaction that was proposed, and the event.
    proposed: BTreeMap<Zxid, (u64, u64)>,
    installed: Waiting,
    checked: u64,
}

impl Checker for ReplicaAgreement {
    fn observe(&mut self, event: &Event, model: &Model) -> Result<(), Violation> {
        let What::Note { server, note } = &event.what else { return Ok(()) };
        self.note(event, *server, note, model.ledger())?;
        self.checked += self.installed.look_again(model.ledger())?;
        Ok(())
    }

    fn checked(&self) -> u64 {
        self.checked
    }
}

impl ReplicaAgreement {
    fn note(
        &mut self,
        event: &Event,
        server: ServerId,
        note: &Note,
        ledger: &Ledger,
    ) -> Result<(), Violation> {
        let state = |zxid: &Zxid, digest: &u64| State {
            server,
            zxid: *zxid,
            digest: *digest,
            event: event.index,
        };
        match note {
            Note::Proposed { zxid, hash, .. } => self.propose(event, server, (*zxid, *hash)),
            Note::Applied { zxid, hash, .. } if is_held(ledger, server, *zxid) => {
                self.replay(event, server, ledger.get(*zxid), (*zxid, *hash))
            }
            Note::Applied { zxid, hash, digest } => {
                let txn = self.same_txn(event, server, ledger.get(*zxid), (*zxid, *hash))?;
                self.in_order(event, server, ledger, txn)?;
                self.places.of(server).event = event.index;
                self.compare(state(zxid, digest), ledger)
            }
            Note::Replayed { zxid, hash, .. } => {
                self.replay(event, server, ledger.get(*zxid), (*zxid, *hash))
            }
            Note::Serving { zxid, digest } => {
                self.serves_what_is_committed(event, server, (ledger, *zxid))?;
                self.compare(state(zxid, digest), ledger)
            }
            Note::Installed { zxid, digest } | Note::Recovered { zxid, digest, .. } => {
                *self.places.of(server) = Place { last: *zxid, event: event.index };
                self.checked += u64::from(self.installed.judge(state(zxid, digest), ledger)?);
                Ok(())
            }
            Note::Loaded { zxid } => {
                *self.places.of(server) = Place { last: *zxid, event: event.index };
                Ok(())
            }
            Note::Truncated { to } => {
                let last = self.places.of(server).last.min(*to);
                *self.places.of(server) = Place { last, event: event.index };
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// In the tree, committed or not.
    fn replay(
        &mut self,
        event: &Event,
        server: ServerId,
        txn: Option<&Txn>,
        (zxid, hash): (Zxid, u64),
    ) -> Result<(), Violation> {
        let before = self.places.of(server);
        if zxid <= before.last {
            let claim = format!("{server} replayed {zxid} after {}", before.last);
            return Err(Violation::new(claim, [before.event, event.index]));
        }
        *before = Place { last: zxid, event: event.index };
        match txn {
            Some(txn) => self.same_txn(event, server, Some(txn), (zxid, hash)).map(|_| ()),
            None => Ok(()),
        }
    }

    fn propose(
        &mut self,
        event: &Event,
        server: ServerId,
        (zxid, hash): (Zxid, u64),
    ) -> Result<(), Violation> {
        let (before, since) = *self.proposed.entry(zxid).or_insert((hash, event.index));
        if before == hash {
            return Ok(());
        }
        let claim = format!("{server} proposed a second transaction as {zxid}");
        Err(Violation::new(claim, [since, event.index]))
    }

    /// The committed transaction with this zxid has to be the one with these bytes (S1, Integrity).
    fn same_txn<'a>(
        &self,
        event: &Event,
        server: ServerId,
        txn: Option<&'a Txn>,
        (zxid, hash): (Zxid, u64),
    ) -> Result<&'a Txn, Violation> {
        let Some(txn) = txn else {
            let claim =
                format!("{server} applied {zxid}, after others had applied later ones without it");
            return Err(Violation::new(claim, [event.index]));
        };
        if txn.hash != hash {
            let claim = format!("{server} holds another transaction as {zxid} than was committed");
            return Err(Violation::new(claim, [txn.event, event.index]));
        }
        if txn.proposal.is_none() {
            let claim = format!("{server} applied {zxid}, which nobody proposed");
            return Err(Violation::new(claim, [event.index]));
        }
        Ok(txn)
    }

    /// A server applies what follows in the committed log upon what it has (S2, S16, S18).
    fn in_order(
        &mut self,
        event: &Event,
        server: ServerId,
        ledger: &Ledger,
        txn: &Txn,
    ) -> Result<(), Violation> {
        let zxid = txn.zxid;
        let Place { last, event: since } = *self.places.of(server);
        self.places.of(server).last = zxid;
        let claim = if last >= zxid {
            format!("{server} applied {zxid} again, with {last} in its tree")
        } else if !ledger.is_decided(last) {
            format!("{server} applied {zxid} upon {last}, which was never committed")
        } else if let Some(skipped) = ledger.first_between(last, zxid).filter(|it| it.zxid < zxid) {
            let claim = format!("{server} applied {zxid} upon {last} and skipped {}", skipped.zxid);
            return Err(Violation::new(claim, [since, skipped.event, event.index]));
        } else if last.epoch() == zxid.epoch() && last.next() != Some(zxid) && last.counter() > 0 {
            format!("{server} applied {zxid} upon {last}: what was proposed between is missing")
        } else {
            return Ok(());
        };
        Err(Violation::new(claim, [since, event.index]))
    }

    /// A server that answers clients has nothing in its tree that is not committed (S16).
    fn serves_what_is_committed(
        &mut self,
        event: &Event,
        server: ServerId,
        (ledger, zxid): (&Ledger, Zxid),
    ) -> Result<(), Violation> {
        let place = self.places.of(server);
        let since = std::mem::replace(&mut place.event, event.index);
        place.last = zxid;
        if ledger.is_decided(zxid) {
            return Ok(());
        }
        let claim = format!("{server} began to serve with {zxid}, which was never committed");
        Err(Violation::new(claim, [since, event.index]))
    }

    fn compare(&mut self, state: State, ledger: &Ledger) -> Result<(), Violation> {
        let compared = state.compare(ledger)?;
        self.checked += u64::from(compared == super::states::Compared::Same);
        Ok(())
    }
}

/// True for what a learner put into its tree before its leader was established.
fn is_held(ledger: &Ledger, server: ServerId, zxid: Zxid) -> bool {
    let held = ledger.servers().get(server).and_then(|standing| standing.held().last());
    held.is_some_and(|held| held.0 == zxid) && ledger.get(zxid).is_none()
}
