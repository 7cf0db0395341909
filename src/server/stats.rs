//! What went through a server and through each of its connections, counted (`ServerStats`).

use crate::base::{Time, Xid, Zxid};

/// How long something took each time, in milliseconds (`AvgMinMaxCounter`).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Latency {
    count: u64,
    total_ms: u64,
    min_ms: u64,
    max_ms: u64,
}

impl Latency {
    /// Another time it took so long.
    pub fn add(&mut self, ms: u64) {
        self.min_ms = if self.count == 0 { ms } else { self.min_ms.min(ms) };
        self.max_ms = self.max_ms.max(ms);
        self.total_ms += ms;
        self.count += 1;
    }

    /// The shortest.
    pub fn min_ms(&self) -> u64 {
        self.min_ms
    }

    /// The longest.
    pub fn max_ms(&self) -> u64 {
        self.max_ms
    }

    /// How many times.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// All of them together.
    pub fn total_ms(&self) -> u64 {
        self.total_ms
    }

    /// The mean, with up to four digits behind the point, as Java prints it.
    pub fn mean(&self) -> String {
        let count = self.count.max(1);
        let scaled = (self.total_ms * 10_000 + count / 2) / count;
        let digits = format!("{}.{:04}", scaled / 10_000, scaled % 10_000);
        let short = digits.trim_end_matches('0');
        if short.ends_with('.') { format!("{short}0") } else { short.to_owned() }
    }

    /// The mean, rounded down.
    pub fn mean_ms(&self) -> u64 {
        self.total_ms / self.count.max(1)
    }
}

/// What went over one connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Traffic {
    /// When it began.
    pub since: Time,
    /// How many packets came.
    pub received: u64,
    /// How many were sent.
    pub sent: u64,
    /// The last operation's number.
    pub last_opcode: Option<i32>,
    /// The xid of the last one with an xid of the client's own choice.
    pub last_xid: Option<Xid>,
    /// The zxid of the last answer.
    pub last_zxid: Option<Zxid>,
    /// When it was given; at the very beginning before the first one.
    pub answered: Time,
    /// How long that took, in milliseconds.
    pub last_ms: u64,
    /// How long all of them took.
    pub latency: Latency,
}

impl Traffic {
    /// Nothing yet.
    pub fn new(since: Time) -> Traffic {
        Traffic {
            since,
            received: 0,
            sent: 0,
            last_opcode: None,
            last_xid: None,
            last_zxid: None,
            answered: Time::ZERO,
            last_ms: 0,
            latency: Latency::default(),
        }
    }
}

/// What went through a server since it began, or since the numbers were reset.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Stats {
    /// How many packets clients sent.
    pub received: u64,
    /// How many were sent to them.
    pub sent: u64,
    /// How long answers took.
    pub latency: Latency,
    /// Of them, those of writes.
    pub updates: Latency,
    /// And those of everything else.
    pub reads: Latency,
    /// Answers, but those to handshakes.
    pub answers: Sizes,
    /// As a leader: proposals.
    pub proposals: Sizes,
    /// How long snapshots took, from the first znode until they were on the disk.
    pub snapshots: Latency,
    /// How long it was without a role, each time that it had none.
    pub elections: Latency,
    /// What else happened, counted.
    pub counts: Counts,
}

/// How large things were, in bytes (`BufferStats`).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Sizes {
    last_min_max: Option<[usize; 3]>,
}

impl Sizes {
    /// Another one.
    pub fn add(&mut self, bytes: usize) {
        let [_, min, max] = self.last_min_max.unwrap_or([bytes; 3]);
        self.last_min_max = Some([bytes, min.min(bytes), max.max(bytes)]);
    }

    /// The last, the smallest and the largest; −1 before the first one.
    pub fn told(&self) -> [i64; 3] {
        self.last_min_max.map_or([-1; 3], |all| all.map(|it| it as i64))
    }
}

/// What happened how often, in the words of ZooKeeper's `ServerMetrics`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// Clients that could not show who they are (`auth_failed_count`).
    pub auth_failed: u64,
    /// Bytes of whole frames and words that clients sent (`bytes_received_count`).
    pub bytes_received: u64,
    /// Proposals that were committed, as a leader of others (`commit_count`).
    pub commits: u64,
    /// Connections that clients, or the network, have ended (`connection_drop_count`).
    pub connection_drops: u64,
    /// Connections of which there were too many (`connection_rejected`).
    pub connection_rejected: u64,
    /// Handshakes (`connection_request_count`).
    pub connection_requests: u64,
    /// Handshakes of clients that had a session before (`connection_revalidate_count`).
    pub connection_revalidations: u64,
    /// Large requests for which there was no room (`large_requests_rejected`).
    pub large_requests_rejected: u64,
    /// Requests that had waited too long to be tried (`throttled_ops`).
    pub throttled_ops: u64,
    /// Learners that were sent what they lacked, as a leader (`diff_count`).
    pub diffs: u64,
    /// Commits that came while it served, as a follower (`learner_commit_received_count`).
    pub learner_commits: u64,
    /// Proposals that came while it served, as a follower (`learner_proposal_received_count`).
    pub learner_proposals: u64,
    /// How often it began to look for a leader (`looking_count`).
    pub looking: u64,
    /// What it proposed, as a leader of others (`proposal_count`).
    pub proposals: u64,
    /// Sessions that learners asked after, as a leader (`revalidate_count`).
    pub revalidations: u64,
    /// Connections that were silent for too long (`sessionless_connections_expired`).
    pub sessionless_expired: u64,
    /// Learners that were sent the whole tree, as a leader (`snap_count`).
    pub snaps: u64,
    /// Sessions that expired (`stale_sessions_expired`).
    pub stale_sessions: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_are_printed_as_java_does() {
        let mut latency = Latency::default();
        assert_eq!(latency.mean(), "0.0");
        for ms in [1, 2, 2] {
            latency.add(ms);
        }
        assert_eq!(
            (latency.mean(), latency.min_ms(), latency.max_ms()),
            ("1.6667".to_owned(), 1, 2)
        );
    }
}
