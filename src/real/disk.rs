//! The disk's thread: executes what the server wants done, strictly in order, so that nobody else
//! waits for a sync.

use super::folder::Folder;
use super::gauge::Gauge;
use super::inbox::Inbox;
use crate::server::{DiskOp, Input};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

enum Job {
    Perform(DiskOp),
    Read,
}

/// The server's end of the queue to the thread.
pub struct Disk {
    jobs: Sender<Job>,
    thread: JoinHandle<()>,
}

impl Disk {
    /// Starts the thread. `slow` is how long a sync may take before it is worth a warning
    /// (`fsync.warningthresholdms`).
    pub fn start(folder: Folder, inbox: Arc<Inbox>, gauge: Arc<Gauge>, slow: Duration) -> Disk {
        let (jobs, queue) = channel();
        let thread = thread::Builder::new().name("disk".to_owned());
        let thread = thread.spawn(move || work(folder, &queue, &inbox, (&gauge, slow)));
        Disk { jobs, thread: thread.expect("a process that starts can have one more thread") }
    }

    /// Has something done, behind everything before it.
    pub fn push(&self, op: DiskOp) {
        // A thread that has failed takes nothing any more, and has said so.
        let _ = self.jobs.send(Job::Perform(op));
    }

    /// Has everything read.
    pub fn read(&self) {
        let _ = self.jobs.send(Job::Read);
    }

    /// Waits until everything is done that was pushed.
    pub fn finish(self) {
        drop(self.jobs);
        let _ = self.thread.join();
    }
}

/// Until the server has gone, or something cannot be done: what was not synced then may be lost
/// whatever is tried afterwards, so nothing is.
fn work(
    mut folder: Folder,
    queue: &Receiver<Job>,
    inbox: &Inbox,
    (gauge, slow): (&Gauge, Duration),
) {
    for job in queue {
        let began = Instant::now();
        let done = match &job {
            Job::Perform(op) => folder.perform(op).map(|()| match op {
                DiskOp::Barrier { token } => Some(Input::DiskDone { token: *token }),
                _ => None,
            }),
            Job::Read => folder.gather().map(|image| Some(Input::Loaded { image })),
        };
        match done {
            Ok(input) => input.into_iter().for_each(|it| inbox.input(it)),
            Err(error) => return inbox.input(Input::DiskFailed { reason: error.to_string() }),
        }
        let took = began.elapsed();
        if let Job::Perform(DiskOp::Sync { file }) = &job
            && folder.syncs_log(file)
        {
            gauge.synced(took, took > slow);
        }
        if let Job::Perform(op @ DiskOp::Sync { .. }) = &job
            && took > slow
        {
            tracing::warn!("{op} took {} ms, which is slow", took.as_millis());
        }
    }
}
