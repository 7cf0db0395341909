//! Three servers. Whatever happens to their processes, nothing that was acknowledged is lost.

use super::kit::{Client, Host, wait_for};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

/// How often a process is killed.
const KILLS: usize = 6;
/// How many more writes have to be acknowledged before the next one.
const WRITES: usize = 150;

/// Writes, one znode after the other, to whichever server answers, until it is told to stop.
/// Returns what was acknowledged.
fn write(
    worker: usize,
    ports: &[u16],
    acknowledged: &AtomicUsize,
    stop: &AtomicBool,
) -> Vec<String> {
    let mut paths = Vec::new();
    let mut client = None;
    for number in 0.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let port = ports[(worker + number) % ports.len()];
        let path = format!("/w{worker}-{number}");
        let done = match client.take().map_or_else(|| Client::open(port), Ok) {
            Ok(mut it) => it.create(&path, &[7; 100]).map(|reply| (it, reply.header.error)),
            Err(error) => Err(error),
        };
        if let Ok((it, error)) = done {
            assert_eq!(error, 0, "{path} is new");
            client = Some(it);
            paths.push(path);
            acknowledged.fetch_add(1, Ordering::Relaxed);
        }
    }
    paths
}

fn kill_again_and_again(hosts: &mut [Host], acknowledged: &AtomicUsize) {
    for round in 0..KILLS {
        let before = acknowledged.load(Ordering::Relaxed);
        let more = || (acknowledged.load(Ordering::Relaxed) >= before + WRITES).then_some(());
        wait_for("writes with all servers", more);
        // 2 and 3 are leaders sooner or later; the order repeats none.
        let victim = &mut hosts[[2, 0, 1, 2, 1, 0][round % 6]];
        victim.kill();
        let before = acknowledged.load(Ordering::Relaxed);
        let more = || (acknowledged.load(Ordering::Relaxed) >= before + WRITES).then_some(());
        wait_for("writes without one server", more);
        victim.start();
    }
}

#[test]
fn killing_any_server_loses_nothing_that_was_acknowledged() {
    let began = Instant::now();
    let mut hosts = Host::ensemble(3, "snapCount=200");
    let ports: Vec<u16> = hosts.iter().map(|host| host.port).collect();
    let (acknowledged, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
    let paths = thread::scope(|scope| {
        let worker = |id| {
            let (ports, acknowledged, stop) = (&ports, &acknowledged, &stop);
            scope.spawn(move || write(id, ports, acknowledged, stop))
        };
        let workers: Vec<_> = (0..4).map(worker).collect();
        let killing = scope.spawn(|| kill_again_and_again(&mut hosts, &acknowledged)).join();
        stop.store(true, Ordering::Relaxed);
        let paths =
            workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect::<Vec<_>>();
        killing.unwrap();
        paths
    });
    assert!(paths.len() >= 2 * KILLS * WRITES);
    for host in &hosts {
        let mut client = host.client();
        client.sync().unwrap();
        for path in &paths {
            assert!(client.get(path).unwrap().is_some(), "{path} is lost at {}", host.port);
        }
    }
    assert!(began.elapsed().as_secs() < 120, "bounded in time");
}
