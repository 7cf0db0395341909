//! A server reads back from its disk what was on it, and all of it: S11 (`zookeeper.md`, B.2).
//!
//! While a log is replayed upon a fuzzy snapshot the tree may be wrong for a while; only what it is
//! at the end counts.

use super::states::{State, Waiting};
use super::{Checker, Violation};
use crate::base::{ServerId, Zxid};
use crate::history::{Event, Note, What};
use crate::model::{Ledger, Model, PerServer};

#[derive(Clone, Copy, Default)]
struct Disk {
    /// Up to where it would survive a crash.
    durable: Zxid,
    /// The event that says so.
    event: u64,
}

/// What a server had on disk and did not read back.
struct Lost {
    server: ServerId,
    /// Up to here it was read.
    recovered: Zxid,
    /// Up to here it was there.
    durable: Zxid,
    events: [u64; 2],
}

/// The number of sessions that a recovered tree had.
struct Sessions {
    server: ServerId,
    zxid: Zxid,
    count: u32,
    event: u64,
}

/// The disk gives back what it was given.
#[derive(Default)]
pub struct Recovery {
    disks: PerServer<Disk>,
    waiting: Waiting,
    lost: Vec<Lost>,
    sessions: Vec<Sessions>,
    checked: u64,
}

impl Checker for Recovery {
    fn observe(&mut self, event: &Event, model: &Model) -> Result<(), Violation> {
        match &event.what {
            What::Durable { server, zxid } => self.raise(event, *server, *zxid),
            What::Note { server, note } => self.note(event, *server, note, model)?,
            _ => return Ok(()),
        }
        self.checked += self.waiting.look_again(model.ledger())?;
        self.check_lost(model.ledger())?;
        self.check_sessions(model)
    }

    fn checked(&self) -> u64 {
        self.checked
    }
}

impl Recovery {
    fn note(
        &mut self,
        event: &Event,
        server: ServerId,
        note: &Note,
        model: &Model,
    ) -> Result<(), Violation> {
        match note {
            Note::Recovered { zxid, digest, sessions } => {
                let state = State { server, zxid: *zxid, digest: *digest, event: event.index };
                let known = self.waiting.judge(state, model.ledger())?;
                self.checked += u64::from(known && *zxid > Zxid::ZERO);
                let count = *sessions;
                self.sessions.push(Sessions { server, zxid: *zxid, count, event: event.index });
                self.recovered(event, server, *zxid);
                Ok(())
            }
            Note::Snapshot { zxid } => {
                self.raise(event, server, *zxid);
                Ok(())
            }
            Note::Truncated { to: zxid } | Note::Installed { zxid, .. } => {
                let disk = self.disks.of(server);
                disk.durable = disk.durable.min(*zxid);
                Ok(())
            }
            Note::Failed { reason } => {
                let claim = format!("{server} cannot read its disk: {reason}");
                let since = self.disks.of(server).event;
                Err(Violation::new(claim, [since, event.index]))
            }
            _ => Ok(()),
        }
    }

    fn raise(&mut self, event: &Event, server: ServerId, zxid: Zxid) {
        let disk = self.disks.of(server);
        if zxid > disk.durable {
            *disk = Disk { durable: zxid, event: event.index };
        }
    }

    /// What was durable and is gone is a loss only if it is, or will be, committed: a crash in the
    /// middle of a truncation rightly loses what is not.
    fn recovered(&mut self, event: &Event, server: ServerId, zxid: Zxid) {
        let disk = self.disks.of(server);
        let before = std::mem::replace(disk, Disk { durable: zxid, event: event.index });
        if before.durable > zxid {
            let events = [before.event, event.index];
            self.lost.push(Lost { server, recovered: zxid, durable: before.durable, events });
        }
    }

    fn check_lost(&mut self, ledger: &Ledger) -> Result<(), Violation> {
        for lost in &self.lost {
            let Some(txn) = ledger.first_between(lost.recovered, lost.durable) else { continue };
            let claim = format!(
                "{} had its log on disk up to {} and recovered to {} only, without the committed {}",
                lost.server, lost.durable, lost.recovered, txn.zxid
            );
            return Err(Violation::new(claim, lost.events.into_iter().chain([txn.event])));
        }
        self.lost.retain(|lost| ledger.head() <= lost.durable);
        Ok(())
    }

    fn check_sessions(&mut self, model: &Model) -> Result<(), Violation> {
        if self.sessions.is_empty() {
            return Ok(());
        }
        let ledger = model.ledger();
        for found in &self.sessions {
            let there = model.versions().session_count_at(found.zxid);
            if ledger.is_decided(found.zxid) && there != found.count {
                let Sessions { server, zxid, count, event } = found;
                let claim = format!(
                    "{server} recovered {count} sessions with its tree at {zxid}; there were {there}"
                );
                let place = ledger.place_up_to(*zxid).map(|place| ledger.txns()[place].event);
                return Err(Violation::new(claim, place.into_iter().chain([*event])));
            }
        }
        self.sessions.retain(|it| !ledger.is_decided(it.zxid) && it.zxid >= ledger.head());
        Ok(())
    }
}
