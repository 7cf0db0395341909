//! A vote, and which of two is better.

use crate::base::{Epoch, ServerId, Zxid};
use crate::wire::{Membership, Notification, PeerState};
use std::sync::Arc;

/// Who should lead, and why.
///
/// The order is the election's: the later epoch wins, then the longer history, then the greater id
/// (`FastLeaderElection.totalOrderPredicate`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Vote {
    /// The candidate's current epoch.
    pub peer_epoch: Epoch,
    /// The last transaction that the candidate holds, committed or not.
    pub zxid: Zxid,
    /// The candidate.
    pub leader: ServerId,
}

impl Vote {
    /// For nobody: what a server begins with that has no vote itself. Every other one is better.
    pub const NONE: Vote =
        Vote { peer_epoch: Epoch(0), zxid: Zxid::ZERO, leader: ServerId::NOBODY };

    /// What a notification votes for.
    pub fn of(notification: &Notification) -> Vote {
        Vote {
            peer_epoch: notification.peer_epoch,
            zxid: notification.zxid,
            leader: notification.leader,
        }
    }

    /// Puts it into words for another server.
    pub fn notification(
        self,
        state: PeerState,
        round: u64,
        membership: Option<Arc<Membership>>,
    ) -> Notification {
        Notification {
            state,
            leader: self.leader,
            zxid: self.zxid,
            round,
            peer_epoch: self.peer_epoch,
            membership,
        }
    }

    /// Whether two servers of an established ensemble mean the same leadership. Round and zxid do
    /// not count there: they depend on when a server came in (ZOOKEEPER-1732, ZOOKEEPER-1805).
    pub fn same_leadership(self, other: Vote) -> bool {
        (self.leader, self.peer_epoch) == (other.leader, other.peer_epoch)
    }
}
