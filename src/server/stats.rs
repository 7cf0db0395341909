//! What went through a server and through each of its connections, counted (`ServerStats`).

use crate::base::{Time, Xid};

/// How long answers took, in milliseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Latency {
    count: u64,
    total_ms: u64,
    min_ms: u64,
    max_ms: u64,
}

impl Latency {
    /// Another answer took so long.
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

    /// The mean, with up to four digits behind the point, as Java prints it.
    pub fn mean(&self) -> String {
        let scaled = self.total_ms * 10_000 / self.count.max(1);
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
    /// The last operation's number, its xid and the zxid of its answer.
    pub last: Option<(i32, Xid, i64)>,
    /// When it was answered.
    pub answered: Time,
    /// How long that took, in milliseconds.
    pub last_ms: u64,
    /// How long all of them took.
    pub latency: Latency,
}

impl Traffic {
    /// Nothing yet.
    pub fn new(now: Time) -> Traffic {
        Traffic {
            since: now,
            received: 0,
            sent: 0,
            last: None,
            answered: now,
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
    /// The last, the smallest and the largest proposal, in bytes.
    pub proposal_bytes: Option<(usize, usize, usize)>,
}

impl Stats {
    /// As a leader: another proposal.
    pub fn proposed(&mut self, bytes: usize) {
        let (_, min, max) = self.proposal_bytes.unwrap_or((bytes, bytes, bytes));
        self.proposal_bytes = Some((bytes, min.min(bytes), max.max(bytes)));
    }
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
            ("1.6666".to_owned(), 1, 2)
        );
    }
}
