//! No epoch has two leaders. (`Leadership2` in the TLA+ specification of ZooKeeper 3.7; S6.)

use super::{Checker, Violation};
use crate::base::{Epoch, ServerId};
use crate::history::{Event, Note, What};
use crate::model::Model;
use std::collections::BTreeMap;

/// One leader in each epoch.
#[derive(Default)]
pub struct OneLeaderPerEpoch {
    /// Who established the epoch, and the event that says so.
    leaders: BTreeMap<Epoch, (ServerId, u64)>,
}

impl Checker for OneLeaderPerEpoch {
    fn observe(&mut self, event: &Event, _model: &Model) -> Result<(), Violation> {
        let What::Note { server, note: Note::Established { epoch, .. } } = &event.what else {
            return Ok(());
        };
        let Some((leader, since)) = self.leaders.insert(*epoch, (*server, event.index)) else {
            return Ok(());
        };
        let claim = if leader == *server {
            format!("{server} established epoch {epoch} twice")
        } else {
            format!("epoch {epoch} has two leaders: {leader} and {server}")
        };
        Err(Violation::new(claim, [since, event.index]))
    }

    fn checked(&self) -> u64 {
        self.leaders.len() as u64
    }
}
