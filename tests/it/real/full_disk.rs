//! A disk that does not do what it should: it is full, or a sync fails. The server ends and says
//! which file it was about; nothing is acknowledged that is not there after the next start.

use super::kit::{Client, Host, files};
use std::io;
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt;

/// Files of the server cannot grow beyond this, in bytes.
const FILE_MAX: u64 = 256 << 10;

/// Has the system refuse to let files grow. What comes of it is what a full disk makes: part of a
/// write, then an error.
fn limit_files(command: &mut std::process::Command) {
    let limit = libc::rlimit { rlim_cur: FILE_MAX, rlim_max: FILE_MAX };
    let limited = move || {
        // SAFETY: both calls may be made between fork and exec.
        let done = unsafe {
            libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
            libc::setrlimit(libc::RLIMIT_FSIZE, &limit)
        };
        if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
    };
    // SAFETY: the closure allocates nothing and takes no lock.
    unsafe { command.pre_exec(limited) };
}

/// Creates one znode after the other until the server has gone. Returns those that were acknowledged.
fn write_to_the_end(mut client: Client, data: &[u8]) -> Vec<String> {
    let mut acknowledged = Vec::new();
    for number in 0..10_000 {
        let path = format!("/n{number}");
        match client.create(&path, data) {
            Ok(reply) => {
                assert_eq!(reply.header.error, 0);
                acknowledged.push(path);
            }
            Err(_) => return acknowledged,
        }
    }
    panic!("the disk is never full");
}

/// The server has ended, and said why. With a disk in order it starts again, and has everything.
#[track_caller]
fn check(mut host: Host, data: &[u8], file: &str, reason: &str) {
    let acknowledged = write_to_the_end(host.client(), data);
    assert_eq!(host.ended().code(), Some(1));
    let said = host.said();
    let error = said.lines().rfind(|line| line.starts_with("error: ")).unwrap();
    assert!(error.contains(file) && error.contains(reason), "{error}");
    assert!(!said.contains("panicked"), "{said}");
    host.start();
    let mut client = host.client();
    assert!(!acknowledged.is_empty());
    for path in &acknowledged {
        assert_eq!(client.get(path).unwrap().as_deref(), Some(data), "{path}");
    }
    assert_eq!(client.create("/after", b"").unwrap().header.error, 0);
}

/// The log grows as it is written: part of a record is written, the rest is not.
#[test]
fn no_room_for_a_record() {
    let mut host = Host::alone("preAllocSize=0");
    host.start_with(limit_files);
    check(host, &[7; 10_007], "/version-2/log.", "File too large");
}

/// The log grows ahead of what is written.
#[test]
fn no_room_to_grow_ahead() {
    let mut host = Host::alone("preAllocSize=100");
    host.start_with(limit_files);
    check(host, &[7; 10_007], "/version-2/log.", "File too large");
}

/// The log has room, a snapshot has not: it is never taken for whole.
#[test]
fn no_room_for_a_snapshot() {
    let mut host = Host::alone("preAllocSize=0\nsnapCount=10");
    host.start_with(limit_files);
    check(host, &[7; 10_007], ".tmp: ", "File too large");
}

/// The system takes every write and fails the sync: nobody knows what is on the disk then. A
/// character device does that, which the next file of the log is here. What was written to it is
/// lost, and nothing of it was acknowledged.
#[test]
fn a_sync_that_fails() {
    let mut host = Host::alone("preAllocSize=0\nsnapCount=20");
    host.start();
    host.client();
    let begun: Vec<String> =
        files(&host.data()).into_iter().filter(|it| it.starts_with("log.")).collect();
    let [begun] = &begun[..] else { panic!("one file of the log: {begun:?}") };
    let first = u64::from_str_radix(begun.trim_start_matches("log."), 16).unwrap();
    for zxid in first + 2..first + 100 {
        symlink("/dev/null", host.data().join(format!("log.{zxid:x}"))).unwrap();
    }
    check(host, b"x", "/version-2/log.", "Invalid argument");
}
