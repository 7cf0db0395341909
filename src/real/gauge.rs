//! Measures what a server cannot know by itself: how large its files are, how many the process has
//! open, how long the disk takes.

use crate::server::{DiskSizes, Latency, Measures, OpenFiles, Process};
use std::fs::{self, DirEntry};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, UNIX_EPOCH};

/// What is measured of one server. Shared by those who know something and those who ask.
#[derive(Debug)]
pub struct Gauge {
    /// Where snapshots are, and where the log is.
    places: [PathBuf; 2],
    syncs: Mutex<Syncs>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Syncs {
    took: Latency,
    slow_count: u64,
}

impl Gauge {
    /// Nothing was synced yet.
    pub fn new(places: [PathBuf; 2]) -> Gauge {
        Gauge { places, syncs: Mutex::default() }
    }

    /// The log was synced, which took so long; whether that is too long.
    pub fn synced(&self, took: Duration, slow: bool) {
        let mut syncs = self.syncs();
        syncs.took.add(took.as_millis() as u64);
        syncs.slow_count += u64::from(slow);
    }

    /// How everything is now. What cannot be read counts as nothing.
    fn measure(&self) -> Measures {
        let size =
            |place| files(place).filter_map(|it| it.metadata().ok()).map(|it| it.len()).sum();
        let [data, log] = self.places.each_ref().map(size);
        let Syncs { took: syncs, slow_count: slow_sync_count } = *self.syncs();
        let snapshot_wall_ms = self.snapshot_wall_ms();
        let process = Process { files: open_files(), syncs, slow_sync_count, snapshot_wall_ms };
        Measures { sizes: DiskSizes { data, log }, process: Some(process) }
    }

    /// The same for whoever must not wait for a disk that hangs.
    pub async fn measured(self: Arc<Gauge>) -> Measures {
        let measured = tokio::task::spawn_blocking(move || self.measure()).await;
        measured.unwrap_or_default()
    }

    fn snapshot_wall_ms(&self) -> Option<i64> {
        let zxid = |file: &DirEntry| {
            let name = file.file_name();
            let digits = name.to_str()?.strip_prefix("snapshot.")?.split('.').next()?.to_owned();
            u64::from_str_radix(&digits, 16).ok()
        };
        let snapshots = files(&self.places[0]).filter_map(|file| Some((zxid(&file)?, file)));
        let (_, newest) = snapshots.max_by_key(|(zxid, _)| *zxid)?;
        let written = newest.metadata().ok()?.modified().ok()?;
        Some(written.duration_since(UNIX_EPOCH).ok()?.as_millis() as i64)
    }

    fn syncs(&self) -> MutexGuard<'_, Syncs> {
        self.syncs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn files(place: &PathBuf) -> impl Iterator<Item = DirEntry> {
    fs::read_dir(place).into_iter().flatten().flatten()
}

/// As Linux tells it.
fn open_files() -> Option<OpenFiles> {
    // One of them is the folder that is being read.
    let open = fs::read_dir("/proc/self/fd").ok()?.count().saturating_sub(1) as u64;
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    Some(OpenFiles { open, max: line.split_whitespace().next()?.parse().ok()? })
}
