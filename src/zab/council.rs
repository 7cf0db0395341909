//! Who decides: the voters of the configuration in force, and, while a new one is on its way, the
//! voters of that one as well (Shraer, Reed, Malkhi, Junqueira: Dynamic Reconfiguration of
//! Primary/Backup Clusters, USENIX ATC 2012).
//!
//! A configuration comes into force when the transaction that brings it is committed, by a quorum of
//! the old one and a quorum of the new one. Until a server knows that, both decide for it. What is
//! proposed is in the log, and found there after a crash; what is in force is a file of its own,
//! written before anything that a leader proposes under it.

use super::effect::Effect;
use super::peer::Common;
use super::quorum::{Tally, has_quorum};
use crate::base::{ServerId, Zxid};
use crate::history::{Members, Note};
use crate::wire::Membership;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The configurations whose quorums are needed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Council {
    /// In force.
    pub active: Arc<Membership>,
    /// Proposed and later than that; not known to be committed.
    pub next: Option<Arc<Membership>>,
}

impl Council {
    pub fn new(active: Membership) -> Council {
        Council { active: Arc::new(active), next: None }
    }

    /// Whether those who `agree` are `enough` of every configuration.
    pub fn decides(&self, enough: fn(Tally) -> bool, agree: impl Fn(ServerId) -> bool) -> bool {
        has_quorum(enough, &self.active, &agree)
            && self.next.as_ref().is_none_or(|next| has_quorum(enough, next, &agree))
    }

    /// Whether those who `agree` are `enough` of one of the configurations: then a leader that they
    /// have can be followed. What is proposed here may have been discarded there.
    pub fn is_settled(&self, enough: fn(Tally) -> bool, agree: impl Fn(ServerId) -> bool) -> bool {
        has_quorum(enough, &self.active, &agree)
            || self.next.as_ref().is_some_and(|next| has_quorum(enough, next, &agree))
    }

    /// Whether a server's vote counts.
    pub fn votes(&self, id: ServerId) -> bool {
        self.active.votes(id) || self.next.as_ref().is_some_and(|next| next.votes(id))
    }

    /// All whose votes count.
    pub fn voters(&self) -> BTreeSet<ServerId> {
        self.active.voters().chain(self.next.iter().flat_map(|next| next.voters())).collect()
    }

    /// The one that a leader brings into force together with its epoch.
    pub fn latest(&self) -> &Arc<Membership> {
        self.next.as_ref().unwrap_or(&self.active)
    }

    /// The disk says what is in force, and what is proposed: the last one in the log.
    pub fn recover(&mut self, active: Option<Membership>, proposed: Option<Membership>) {
        if let Some(active) = active.filter(|it| it.version > self.active.version) {
            self.active = Arc::new(active);
        }
        self.next = None;
        self.propose(proposed);
    }

    /// A later configuration is in the log.
    pub fn propose(&mut self, proposed: Option<Membership>) {
        if let Some(proposed) = proposed.filter(|it| it.version > self.latest().version) {
            self.next = Some(Arc::new(proposed));
        }
    }

    /// A leader's first configuration gets the epoch for a version, so that it comes before all that
    /// nobody has ever brought into force (ZOOKEEPER-1783).
    pub fn give_version(&mut self, version: Zxid) {
        if self.latest().version == Zxid::ZERO {
            let members = self.active.members.clone();
            self.next = Some(Arc::new(Membership { version, members }));
        }
    }
}

impl Common {
    /// A configuration is committed, and in force from here on. Nothing happens when it was before,
    /// or a later one is.
    pub fn activate(&mut self, membership: &Arc<Membership>, effects: &mut Vec<Effect>) {
        if membership.version <= self.council.active.version {
            return;
        }
        self.council.active = membership.clone();
        self.council.next.take_if(|next| next.version <= membership.version);
        effects.push(Effect::Activate(membership.clone()));
        let (voters, observers) = (membership.voters().collect(), membership.observers().collect());
        let members = Members { voters, observers };
        effects.push(Effect::Note(Note::Configured { version: membership.version, members }));
    }

    /// Whether this server is one of those who decide.
    pub fn votes(&self) -> bool {
        self.council.active.votes(self.settings.id)
    }

    /// Whether it is told what is committed, and of nothing before that.
    pub fn observes(&self) -> bool {
        self.council.active.observes(self.settings.id)
    }
}

#[cfg(test)]
mod tests {
    use super::super::quorum::is_majority;
    use super::*;
    use crate::base::Epoch;

    fn ids(ids: &[u8]) -> Vec<ServerId> {
        ids.iter().copied().map(ServerId).collect()
    }

    #[test]
    fn while_a_configuration_is_on_its_way_both_decide() {
        let mut council = Council::new(Membership::named(&ids(&[1, 2, 3]), &[]));
        let version = Zxid::new(Epoch(1), 4);
        let next = Membership { version, ..Membership::named(&ids(&[3, 4, 5]), &[]) };
        let decide =
            |council: &Council, of: &[u8]| council.decides(is_majority, |it| of.contains(&it.0));
        assert!(decide(&council, &[1, 2]));
        council.propose(Some(next.clone()));
        for (of, enough) in
            [(&[1, 2][..], false), (&[4, 5], false), (&[1, 3, 4], true), (&[2, 3, 5], true)]
        {
            assert_eq!(decide(&council, of), enough, "{of:?}");
        }
        assert_eq!(council.voters().into_iter().collect::<Vec<_>>(), ids(&[1, 2, 3, 4, 5]));
        council.recover(Some(next), None);
        assert!(decide(&council, &[4, 5]) && !decide(&council, &[1, 2]));
    }

    #[test]
    fn what_is_older_than_the_one_in_force_is_over() {
        let at = |counter, ids: &[ServerId]| Membership {
            version: Zxid::new(Epoch(1), counter),
            ..Membership::named(ids, &[])
        };
        let mut council = Council::new(at(5, &ids(&[1])));
        council.recover(Some(at(3, &ids(&[2]))), Some(at(4, &ids(&[3]))));
        assert_eq!(council, Council::new(at(5, &ids(&[1]))));
    }
}
