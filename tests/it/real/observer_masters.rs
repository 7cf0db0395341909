//! Observers that followers serve in the leader's place, over real sockets and disks. All servers have
//! the same port for them, so that each has an address of its own.

use super::kit::{Host, free_port, wait_for};
use std::fmt::Write as _;
use std::fs;

/// Three voters and an observer, running.
fn ensemble() -> Vec<Host> {
    let mut lines = "initLimit=20\nsyncLimit=4\n4lw.commands.whitelist=*\n".to_owned();
    let _ = writeln!(lines, "observerMasterPort={}", free_port());
    for id in 1..=4 {
        let role = if id == 4 { "observer" } else { "participant" };
        let (quorum, election) = (free_port(), free_port());
        let _ = writeln!(lines, "server.{id}=127.0.0.{id}:{quorum}:{election}:{role}");
    }
    let host = |id: usize| {
        let host = Host::alone(&lines);
        fs::write(host.dir.path().join("data/myid"), id.to_string()).unwrap();
        host
    };
    let mut hosts: Vec<Host> = (1..=4).map(host).collect();
    hosts[..3].iter_mut().for_each(Host::start);
    hosts[..3].iter().for_each(|host| drop(host.client()));
    hosts[3].start();
    hosts[3].client();
    hosts
}

/// A number of `mntr`; `None` where it is not there, or nobody answers.
fn told(host: &Host, key: &str) -> Option<usize> {
    let text = host.try_word("mntr").ok()?;
    text.lines().find_map(|line| line.strip_prefix(key)?.trim().parse().ok())
}

/// Through whom the observer observes, as an index: no leader has any.
fn master(hosts: &[Host]) -> usize {
    let master = wait_for("somebody to observe through", || {
        let master = told(&hosts[3], "zk_observer_master_id")?;
        (told(&hosts[master - 1], "zk_synced_observers") == Some(1)).then_some(master - 1)
    });
    assert!(told(&hosts[master], "zk_synced_followers").is_none(), "it is no leader");
    master
}

#[test]
fn an_observer_goes_on_through_another_follower() {
    let mut hosts = ensemble();
    let before = master(&hosts);
    let mut client = hosts[3].client();
    assert_eq!(client.create("/a", b"1").unwrap().header.error, 0);
    client.sync().unwrap();
    assert_eq!(client.get("/a").unwrap().as_deref(), Some(&b"1"[..]));
    // What others write it hears of by itself.
    let elsewhere = (0..3).find(|&it| it != before).unwrap();
    assert_eq!(hosts[elsewhere].client().create("/b", b"2").unwrap().header.error, 0);
    wait_for("the other's write", || client.get("/b").unwrap());

    hosts[before].kill();
    let mut client = hosts[3].client();
    assert_ne!(master(&hosts), before);
    assert_eq!(client.create("/c", b"3").unwrap().header.error, 0);
    client.sync().unwrap();
    for path in ["/a", "/b", "/c"] {
        assert!(client.get(path).unwrap().is_some(), "{path}");
    }
}
