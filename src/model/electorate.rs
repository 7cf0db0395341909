//! Who votes, as the history says it.

use super::PerServer;
use crate::base::ServerId;
use std::collections::BTreeSet;

/// Those whose word counts. Until the history says who they are, everybody's does.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Electorate {
    voters: Option<BTreeSet<ServerId>>,
}

impl Electorate {
    /// From now on these vote, and nobody else.
    pub(super) fn set(&mut self, voters: &[ServerId]) {
        self.voters = Some(voters.iter().copied().collect());
    }

    /// Whether the history says who votes.
    pub fn is_known(&self) -> bool {
        self.voters.is_some()
    }

    /// Those who vote, as far as the history says so, in ascending order.
    pub fn voters(&self) -> Vec<ServerId> {
        self.voters.iter().flatten().copied().collect()
    }

    /// Whether this server votes.
    pub fn has(&self, server: ServerId) -> bool {
        self.voters.as_ref().is_none_or(|voters| voters.contains(&server))
    }

    /// Those who vote, of all servers that a history has mentioned, in ascending order. Ids count
    /// from 1.
    pub fn among<T: Default>(&self, mentioned: &PerServer<T>) -> Vec<ServerId> {
        match &self.voters {
            Some(voters) => voters.iter().copied().collect(),
            None => (1..=mentioned.count()).map(|id| ServerId(id as u8)).collect(),
        }
    }
}
