//! A server's disk as its process sees it: one thread that executes operations strictly in order.
//! Writing takes no time, syncing does; `platter.rs` knows what survives.

use super::platter::Platter;
use super::settings::DiskSettings;
use crate::base::{Millis, ServerId, Stream, Streams, Time, Zxid};
use crate::server::DiskOp;
use std::collections::{BTreeMap, VecDeque};

/// What came of running a disk for a moment.
#[derive(Default, PartialEq, Eq, Debug)]
pub(super) struct Progress {
    /// Barriers that were passed.
    pub passed: Vec<u64>,
    /// When the sync that began now will be done.
    pub busy_until: Option<Time>,
    /// What is durable now, when it is something else than before.
    pub durable: Option<Zxid>,
}

/// One disk.
pub(super) struct Disk {
    settings: DiskSettings,
    rng: Stream,
    /// How many times slower than usual.
    factor: u32,
    queue: VecDeque<DiskOp>,
    /// The operation at the head is a sync, and will be done then.
    busy_until: Option<Time>,
    platter: Platter,
    /// What was last said to be durable.
    claimed: Zxid,
}

impl Disk {
    /// An empty disk.
    pub fn new(streams: &Streams, server: ServerId, settings: DiskSettings) -> Disk {
        Disk {
            settings,
            rng: streams.stream(&format!("disk/{server}")),
            factor: 1,
            queue: VecDeque::new(),
            busy_until: None,
            platter: Platter::default(),
            claimed: Zxid::ZERO,
        }
    }

    /// Puts an operation behind all others.
    pub fn push(&mut self, op: DiskOp) {
        self.queue.push_back(op);
    }

    /// Every sync from now on takes `factor` times as long.
    pub fn set_factor(&mut self, factor: u32) {
        assert!(factor > 0, "a disk that takes no time at all is no slow disk");
        self.factor = factor;
    }

    /// True when a sync that ends at this moment is under way.
    pub fn is_busy_until(&self, at: Time) -> bool {
        self.busy_until == Some(at)
    }

    /// What a process reads: every file with its content, synced or not.
    pub fn image(&self) -> BTreeMap<String, Vec<u8>> {
        self.platter.image()
    }

    /// Executes whatever can be executed by `now`.
    pub fn run(&mut self, now: Time) -> Progress {
        let mut progress = Progress::default();
        loop {
            match self.busy_until {
                Some(until) if until > now => return progress,
                Some(_) => self.finish_sync(&mut progress),
                None => {}
            }
            match self.queue.front() {
                None => return progress,
                Some(DiskOp::Sync { .. } | DiskOp::SyncDir) => {
                    self.busy_until = Some(self.sync_end(now));
                    progress.busy_until = self.busy_until;
                }
                Some(_) => self.execute_head(&mut progress),
            }
        }
    }

    /// The process dies: what waits is lost, and so is a sync under way. When the power goes, so does
    /// much of what was not synced; returns what is durable then, when it is something else than before.
    pub fn crash(&mut self, now: Time, power: bool) -> Option<Zxid> {
        self.queue.clear();
        self.busy_until = None;
        if !power {
            return None;
        }
        self.platter.lose_power(self.rng.at(now));
        self.claim()
    }

    fn sync_end(&mut self, now: Time) -> Time {
        let rng = self.rng.at(now);
        let mut draw =
            |[low, high]: [u64; 2]| rng.between(Millis(low).as_micros(), Millis(high).as_micros());
        let sync_us = draw(self.settings.sync_ms);
        let stall_us = draw(self.settings.stall_ms);
        let stalled = rng.chance(self.settings.stall);
        let lasts_us = sync_us + if stalled { stall_us } else { 0 };
        Time(now.0.saturating_add(lasts_us.saturating_mul(u64::from(self.factor))))
    }

    fn finish_sync(&mut self, progress: &mut Progress) {
        self.busy_until = None;
        progress.busy_until = None;
        match self.queue.pop_front() {
            Some(DiskOp::Sync { file }) => self.platter.sync(&file),
            Some(DiskOp::SyncDir) => self.platter.sync_names(),
            other => unreachable!("only a sync keeps a disk busy, not {other:?}"),
        }
        progress.durable = self.claim().or(progress.durable);
    }

    fn execute_head(&mut self, progress: &mut Progress) {
        match self.queue.pop_front() {
            Some(DiskOp::Write { file, offset, bytes, zxid }) => {
                self.platter.write(file, offset, bytes, zxid);
            }
            Some(DiskOp::Reserve { file, len }) => self.platter.reserve(&file, len),
            Some(DiskOp::Truncate { file, len }) if self.platter.has(&file) => {
                self.platter.truncate(&file, len);
            }
            Some(DiskOp::Remove { file }) if self.platter.has(&file) => self.platter.remove(file),
            Some(DiskOp::Truncate { .. } | DiskOp::Remove { .. }) => {}
            Some(DiskOp::Rename { from, to }) => self.platter.rename(from, to),
            Some(DiskOp::Barrier { token }) => progress.passed.push(token),
            other => unreachable!("{other:?} takes time"),
        }
    }

    /// What is durable, when that was not said last.
    fn claim(&mut self) -> Option<Zxid> {
        let durable = self.platter.durable();
        let before = std::mem::replace(&mut self.claimed, durable);
        (durable != before).then_some(durable)
    }
}

#[cfg(test)]
mod tests;
