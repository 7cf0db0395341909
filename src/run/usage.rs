//! What this process has used up so far, as the system counts it.

use std::cell::Cell;
use std::mem::MaybeUninit;

thread_local! {
    /// CPU time of the runs that were performed for this thread, each on a thread of its own.
    static SPENT_US: Cell<u64> = const { Cell::new(0) };
}

/// Of whom the system is asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Whose {
    Own,
    Children,
}

/// CPU time of this process and of its children that have ended, in milliseconds.
pub fn cpu_ms() -> u64 {
    own_cpu_us() / 1_000 + cpu_us(&usage(Whose::Children)) / 1_000
}

/// CPU time of this process, user and system, in microseconds.
pub(super) fn own_cpu_us() -> u64 {
    cpu_us(&usage(Whose::Own))
}

/// The most memory that this process ever held at a time, in KiB.
pub(super) fn peak_kb() -> u64 {
    let peak = u64::try_from(usage(Whose::Own).ru_maxrss).unwrap_or(0);
    // Linux counts in KiB, macOS in bytes.
    if cfg!(target_os = "macos") { peak / 1024 } else { peak }
}

/// What `work` comes to, and how much CPU time it took: that of this thread and of the runs that it
/// performs, in microseconds. What other threads do meanwhile does not count.
pub(super) fn measured<T>(work: impl FnOnce() -> T) -> (T, u64) {
    let now = || SPENT_US.get() + thread_cpu_us();
    let before = now();
    let done = work();
    (done, now() - before)
}

/// A run that was performed for this thread took so much.
pub(super) fn spend(us: u64) {
    SPENT_US.set(SPENT_US.get() + us);
}

/// CPU time of this thread so far, in microseconds.
pub(super) fn thread_cpu_us() -> u64 {
    let mut time = MaybeUninit::<libc::timespec>::zeroed();
    // SAFETY: `time` is writable and large enough for what the call fills in.
    let status = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, time.as_mut_ptr()) };
    assert_eq!(status, 0, "every thread has a clock");
    // SAFETY: all zeros is a valid `timespec`, and the call has filled it in.
    let time = unsafe { time.assume_init() };
    let part = |number: i64| u64::try_from(number).unwrap_or(0);
    part(time.tv_sec) * 1_000_000 + part(time.tv_nsec) / 1_000
}

fn cpu_us(usage: &libc::rusage) -> u64 {
    let us = |time: libc::timeval| {
        u64::try_from(time.tv_sec).unwrap_or(0) * 1_000_000
            + u64::try_from(time.tv_usec).unwrap_or(0)
    };
    us(usage.ru_utime) + us(usage.ru_stime)
}

fn usage(whose: Whose) -> libc::rusage {
    let who = match whose {
        Whose::Own => libc::RUSAGE_SELF,
        Whose::Children => libc::RUSAGE_CHILDREN,
    };
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: `usage` is writable and large enough for what the call fills in.
    let status = unsafe { libc::getrusage(who, usage.as_mut_ptr()) };
    assert_eq!(status, 0, "getrusage knows both of these");
    // SAFETY: all zeros is a valid `rusage`, and the call has filled it in.
    unsafe { usage.assume_init() }
}
