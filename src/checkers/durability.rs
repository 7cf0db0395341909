//! What a server acknowledges is on its disk, what a leader commits is on the disks of a quorum,
//! and no election or truncation loses it: S3, S4, S7 and S8 (`zookeeper.md`, B.2);
//! `LeaderLogCompleteness` and `CommittedLogDurability` of Remix.

use super::{Checker, Violation};
use crate::base::{Epoch, ServerId, Zxid};
use crate::history::{Event, Note, What};
use crate::model::{Electorate, Ledger, Model, PerServer};

#[derive(Clone, Copy, Default)]
struct Disk {
    /// Up to where it would survive a crash.
    durable: Zxid,
    /// The event that says so.
    event: u64,
    /// The last transaction in the server's tree.
    position: Zxid,
}

/// Nothing that was promised is lost.
#[derive(Default)]
pub struct Durability {
    disks: PerServer<Disk>,
    checked: u64,
}

impl Checker for Durability {
    fn observe(&mut self, event: &Event, model: &Model) -> Result<(), Violation> {
        match &event.what {
            What::Durable { server, zxid } => {
                self.raise(event, *server, *zxid);
                Ok(())
            }
            What::Note { server, note } => self.note(event, *server, note, model),
            _ => Ok(()),
        }
    }

    fn checked(&self) -> u64 {
        self.checked
    }
}

impl Durability {
    fn note(
        &mut self,
        event: &Event,
        server: ServerId,
        note: &Note,
        model: &Model,
    ) -> Result<(), Violation> {
        let ledger = model.ledger();
        let disk = self.disks.of(server);
        match note {
            Note::Applied { zxid, .. } | Note::Replayed { zxid, .. } | Note::Loaded { zxid } => {
                disk.position = *zxid;
                Ok(())
            }
            // What was read from the disk is on it. (After the death of the process alone, some of
            // it may be in the page cache only; whether servers sync it then is not judged here.)
            Note::Recovered { zxid, .. } => {
                *disk = Disk { durable: *zxid, event: event.index, position: *zxid };
                Ok(())
            }
            Note::Installed { zxid, .. } => {
                let durable = disk.durable.min(*zxid);
                *disk = Disk { durable, event: event.index, position: *zxid };
                Ok(())
            }
            Note::Snapshot { zxid } => {
                self.raise(event, server, *zxid);
                Ok(())
            }
            Note::Acked { zxid } => self.is_durable(event, server, ("proposal", *zxid)),
            Note::AckedNewLeader { epoch: _, last } => {
                self.is_durable(event, server, ("history", *last))
            }
            Note::Committed { zxid } => {
                let claim = format!("{server} committed {zxid}");
                self.quorum_has(event, model.electorate(), (*zxid, claim))
            }
            Note::Established { epoch, last } => {
                self.complete(event, server, ledger, (*epoch, *last))?;
                let claim = format!("{server} established epoch {epoch} upon {last}");
                self.quorum_has(event, model.electorate(), (*last, claim))
            }
            Note::Truncated { to } => self.truncate(event, server, (ledger, *to)),
            _ => Ok(()),
        }
    }

    fn raise(&mut self, event: &Event, server: ServerId, zxid: Zxid) {
        let disk = self.disks.of(server);
        if zxid > disk.durable {
            (disk.durable, disk.event) = (zxid, event.index);
        }
    }

    /// S3. A zxid that is the floor of an epoch is no transaction, and on no disk.
    fn is_durable(
        &mut self,
        event: &Event,
        server: ServerId,
        (what, zxid): (&str, Zxid),
    ) -> Result<(), Violation> {
        let disk = *self.disks.of(server);
        if zxid.counter() == 0 {
            return Ok(());
        }
        self.checked += 1;
        if disk.durable >= zxid {
            return Ok(());
        }
        let claim = format!(
            "{server} acknowledged the {what} up to {zxid}, but only {} was on its disk for sure",
            disk.durable
        );
        Err(Violation::new(claim, [disk.event, event.index]))
    }

    /// S4, also of the history that a leader begins with: that is committed when its epoch is
    /// established (ZOOKEEPER-3104). Only the disks of those who vote count (S17); while a
    /// configuration is on its way, those of a quorum of each of the two.
    fn quorum_has(
        &mut self,
        event: &Event,
        electorate: &Electorate,
        (zxid, what): (Zxid, String),
    ) -> Result<(), Violation> {
        self.checked += 1;
        for voters in electorate.deciding_on(zxid, &self.disks) {
            self.majority_has(event, &what, (&voters, zxid))?;
        }
        Ok(())
    }

    fn majority_has(
        &self,
        event: &Event,
        what: &str,
        (voters, zxid): (&[ServerId], Zxid),
    ) -> Result<(), Violation> {
        let disk = |&id: &ServerId| (id, self.disks.get(id).copied().unwrap_or_default());
        let disks: Vec<(ServerId, Disk)> = voters.iter().map(disk).collect();
        let have = disks.iter().filter(|(_, disk)| disk.durable >= zxid).count();
        if have * 2 > disks.len() {
            return Ok(());
        }
        let upto: Vec<String> =
            disks.iter().map(|(id, disk)| format!("{id} up to {}", disk.durable)).collect();
        let claim = format!(
            "{what} though only {have} of {} voters had it on disk ({})",
            disks.len(),
            upto.join(", ")
        );
        let evidence = disks.iter().map(|(_, disk)| disk.event);
        Err(Violation::new(claim, evidence.chain([event.index])))
    }

    /// S7: the model has taken what this leader holds for committed already, and never takes back
    /// what was committed before. What later epochs have committed is not asked for: a leader that
    /// stood still may hear only now that a quorum had followed it.
    fn complete(
        &mut self,
        event: &Event,
        server: ServerId,
        ledger: &Ledger,
        (epoch, last): (Epoch, Zxid),
    ) -> Result<(), Violation> {
        self.checked += 1;
        if let Some(lost) = ledger.first_between(last, Zxid::floor_of(epoch)) {
            let claim = format!(
                "{server} became leader with a history up to {last}, without the committed {}",
                lost.zxid
            );
            return Err(Violation::new(claim, [lost.event, event.index]));
        }
        let held = ledger.servers().get(server).map_or(&[][..], |standing| standing.held());
        let foreign = held.iter().find(|it| ledger.get(it.0).is_none_or(|txn| txn.hash != it.1));
        let Some((zxid, _)) = foreign else { return Ok(()) };
        let later = ledger.first_between(*zxid, Zxid::MAX).map(|txn| txn.event);
        let claim =
            format!("{server} became leader with {zxid} in its history, which had been discarded");
        Err(Violation::new(claim, later.into_iter().chain([event.index])))
    }

    /// S8.
    fn truncate(
        &mut self,
        event: &Event,
        server: ServerId,
        (ledger, to): (&Ledger, Zxid),
    ) -> Result<(), Violation> {
        let disk = self.disks.of(server);
        let upto = disk.position.max(disk.durable);
        let durable = disk.durable.min(to);
        *disk = Disk { durable, event: event.index, position: disk.position.min(to) };
        self.checked += 1;
        let Some(lost) = ledger.first_between(to, upto) else { return Ok(()) };
        let claim = format!(
            "{server} truncated its history from {upto} to {to}, and with it the committed {}",
            lost.zxid
        );
        Err(Violation::new(claim, [lost.event, event.index]))
    }
}
