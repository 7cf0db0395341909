//! What a server holds of the order: the last proposals in full, and how far it goes.

use super::sync::Window;
use crate::base::Zxid;
use crate::wire::Proposal;
use std::collections::VecDeque;

/// The end of the history that is in the tree, in full as far as the limit allows, and the
/// proposals behind it that are in the log only.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct History {
    /// The last ones in the tree, without a gap.
    recent: VecDeque<Proposal>,
    limit: usize,
    /// The last one in the tree.
    delivered: Zxid,
    /// In the log, or on the way there; not committed as far as this server knows.
    pending: VecDeque<Proposal>,
}

impl History {
    /// A history that ends with `delivered`, of which `recent` are the last proposals. At most
    /// `limit` are kept for learners that lack a little (`commitLogCount`).
    pub fn new(delivered: Zxid, recent: Vec<Proposal>, limit: usize) -> History {
        let mut history =
            History { recent: VecDeque::new(), limit, delivered, pending: VecDeque::new() };
        let surplus = recent.len().saturating_sub(limit);
        history.recent.extend(recent.into_iter().skip(surplus));
        history
    }

    /// The last proposal in the tree.
    pub fn delivered(&self) -> Zxid {
        self.delivered
    }

    /// The last proposal in the log.
    pub fn last(&self) -> Zxid {
        self.pending.back().map_or(self.delivered, |proposal| proposal.zxid)
    }

    /// A proposal goes to the log.
    pub fn append(&mut self, proposal: Proposal) {
        self.pending.push_back(proposal);
    }

    /// Proposals that are in the log only, in order.
    pub fn pending(&self) -> impl DoubleEndedIterator<Item = &Proposal> {
        self.pending.iter()
    }

    /// The next one goes into the tree; `None` when nothing is pending.
    pub fn deliver(&mut self) -> Option<Proposal> {
        let proposal = self.pending.pop_front()?;
        self.delivered = proposal.zxid;
        self.recent.push_back(proposal.clone());
        if self.recent.len() > self.limit {
            self.recent.pop_front();
        }
        Some(proposal)
    }

    /// Forgets what went into the tree last, as if it had not been remembered: the mistake of
    /// ZOOKEEPER-4925, for its mutant.
    pub fn forget_last(&mut self) {
        self.recent.pop_back();
    }

    /// Forgets what is pending: the log may hold it, the memory does not.
    pub fn forget_pending(&mut self) {
        self.pending.clear();
    }

    /// The proposals that are in the tree behind `after`, in order.
    pub fn recent_after(&self, after: Zxid) -> impl Iterator<Item = &Proposal> {
        self.recent.iter().filter(move |proposal| proposal.zxid > after)
    }

    /// What a leader looks at to bring a learner up to date.
    pub fn window(&self) -> Window {
        Window { last: self.delivered, zxids: self.recent.iter().map(|it| it.zxid).collect() }
    }
}

/// Whether `next` may stand right behind `last`: it is the next one, or the first one of a later
/// epoch (ZOOKEEPER-4925).
pub fn follows(last: Zxid, next: Zxid) -> bool {
    last.next() == Some(next) || (next.epoch() > last.epoch() && next.counter() == 1)
}
