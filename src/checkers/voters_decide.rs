//! An epoch is made by a quorum of those who vote, and its leader is one of them: whoever else says
//! yes is not counted (S17 in `zookeeper.md`, B.2; ZOOKEEPER-2959, ZOOKEEPER-764). An epoch that
//! brings a configuration into force needs a quorum of the one before as well, and no server takes a
//! configuration for in force that was not committed.
//!
//! Needs a history that says who votes, and says nothing of others.

use super::{Checker, Violation};
use crate::base::{Epoch, ServerId};
use crate::history::{Event, Note, What};
use crate::model::{Electorate, Model};
use std::collections::{BTreeMap, BTreeSet};

/// Who said yes to something, and the event that says so.
type Yes = BTreeMap<(Epoch, ServerId), u64>;

/// Nobody is counted who has no vote.
#[derive(Default)]
pub struct VotersDecide {
    /// Promised to follow in an epoch.
    promised: Yes,
    /// Acknowledged the epoch's initial history.
    acked: Yes,
    /// Somebody took the epoch for the one in force.
    entered: BTreeSet<Epoch>,
    checked: u64,
}

impl Checker for VotersDecide {
    fn observe(&mut self, event: &Event, model: &Model) -> Result<(), Violation> {
        let What::Note { server, note } = &event.what else { return Ok(()) };
        match note {
            Note::AckedEpoch { epoch } => {
                self.promised.entry((*epoch, *server)).or_insert(event.index);
            }
            Note::Epochs { accepted, current } => {
                self.promised.entry((*accepted, *server)).or_insert(event.index);
                let is_first = self.entered.insert(*current);
                if is_first && current == accepted && model.electorate().is_known() {
                    return self.is_opened(event, model.electorate(), (*server, *current));
                }
            }
            Note::AckedNewLeader { epoch, .. } => {
                self.acked.entry((*epoch, *server)).or_insert(event.index);
            }
            Note::Established { epoch, .. } if model.electorate().is_known() => {
                return self.judge(event, model.electorate(), (*server, *epoch));
            }
            Note::Configured { version, members } => {
                self.checked += 1;
                let wrong = model.electorate().check(*version, members);
                return wrong.map_err(|why| {
                    let claim = format!("{server} went over to {members} as {version}, {why}");
                    Violation::new(claim, [event.index])
                });
            }
            _ => {}
        }
        Ok(())
    }

    fn checked(&self) -> u64 {
        self.checked
    }
}

impl VotersDecide {
    fn judge(
        &mut self,
        event: &Event,
        electorate: &Electorate,
        (leader, epoch): (ServerId, Epoch),
    ) -> Result<(), Violation> {
        self.checked += 1;
        if !electorate.ever_had(leader) {
            let claim = format!("{leader} leads epoch {epoch} and has no vote");
            return Err(Violation::new(claim, [event.index]));
        }
        for (what, yes) in [("promised", &self.promised), ("acknowledged", &self.acked)] {
            quorum_said(event, electorate, ("established", what, yes), (leader, epoch))?;
        }
        Ok(())
    }

    /// An epoch is in force nowhere before a quorum has promised it.
    fn is_opened(
        &mut self,
        event: &Event,
        electorate: &Electorate,
        (server, epoch): (ServerId, Epoch),
    ) -> Result<(), Violation> {
        self.checked += 1;
        let promised = ("entered", "promised", &self.promised);
        quorum_said(event, electorate, promised, (server, epoch))
    }
}

/// More than half of the voters have said it; `server` says it by what it did.
fn quorum_said(
    event: &Event,
    electorate: &Electorate,
    (did, what, yes): (&str, &str, &Yes),
    (server, epoch): (ServerId, Epoch),
) -> Result<(), Violation> {
    let said = |id: &ServerId| *id == server || yes.contains_key(&(epoch, *id));
    for voters in electorate.deciding(event.index).into_iter().map(|members| &members.voters) {
        let for_it: Vec<String> =
            voters.iter().filter(|id| said(id)).map(ServerId::to_string).collect();
        if for_it.len() * 2 > voters.len() {
            continue;
        }
        let claim = format!(
            "{server} {did} epoch {epoch} though of {} voters only {} had {what} it",
            voters.len(),
            for_it.join(", ")
        );
        let evidence = yes.iter().filter(|((it, _), _)| *it == epoch).map(|(_, &event)| event);
        return Err(Violation::new(claim, evidence.chain([event.index])));
    }
    Ok(())
}
