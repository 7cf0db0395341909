//! Wakes the task that drives the world, at exact times.

use crate::base::Time;
use madsim::time::{Duration, Instant, Sleep, TimeHandle};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Waker};

/// madsim's timers for one task. They cannot be taken back and each costs a wake-up, so that only
/// those are set that ring earlier than all others.
pub(super) struct Alarm {
    /// Made once: a new sleep lasts at least a millisecond, one that is reset does not.
    sleep: Pin<Box<Sleep>>,
    /// Madsim's moment zero.
    base: Instant,
    /// When timers will ring, the earliest last.
    set: Vec<Time>,
    /// The task; `None` while it does not run.
    task: Option<Waker>,
}

impl Alarm {
    /// An alarm for nobody yet.
    pub fn new(time: &TimeHandle) -> Alarm {
        Alarm {
            sleep: Box::pin(time.sleep(Duration::ZERO)),
            base: time.now_instant() - time.elapsed(),
            set: Vec::new(),
            task: None,
        }
    }

    /// The task runs, at `now`: timers up to now have done their work.
    pub fn rings(&mut self, task: &Waker, now: Time) {
        while self.set.last().is_some_and(|&at| at <= now) {
            self.set.pop();
        }
        if self.task.as_ref().is_none_or(|it| !it.will_wake(task)) {
            self.task = Some(task.clone());
        }
    }

    /// Sees to it that the task runs at `at` or before.
    pub fn set(&mut self, at: Time) {
        let Some(task) = &self.task else { return };
        if self.set.last().is_some_and(|&earliest| earliest <= at) {
            return;
        }
        self.sleep.as_mut().reset(self.base + Duration::from_micros(at.0));
        if self.sleep.as_mut().poll(&mut Context::from_waker(task)).is_ready() {
            task.wake_by_ref();
        } else {
            self.set.push(at);
        }
    }

    /// Runs the task as soon as possible.
    pub fn ring(&self) {
        if let Some(task) = &self.task {
            task.wake_by_ref();
        }
    }

    /// The task has ended.
    pub fn disconnect(&mut self) {
        self.task = None;
    }
}
