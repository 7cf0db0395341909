//! One server alone: it keeps what it has acknowledged, and ends as it is asked to.

use super::kit::{Client, Host, files, wait_for};
use std::fs;

#[test]
fn what_was_acknowledged_survives_the_process() {
    let mut host = Host::alone("");
    host.start();
    let mut client = host.client();
    assert_eq!(client.create("/a", b"one").unwrap().header.error, 0);
    assert_eq!(client.create("/a", b"two").unwrap().header.error, -110);
    host.kill();
    host.start();
    let session = (client.session.session, client.session.password);
    assert_eq!(host.client().get("/a").unwrap().as_deref(), Some(&b"one"[..]));
    let again = Client::resume(host.port, session.0, session.1).unwrap();
    assert_eq!(again.session.session, session.0, "the session has survived, too");
    assert_eq!(files(&host.data())[..2], ["acceptedEpoch", "currentEpoch"]);
}

#[test]
fn sigterm_ends_it_in_order() {
    let mut host = Host::alone("");
    host.start();
    let mut client = host.client();
    client.create("/a", b"x").unwrap();
    host.terminate();
    wait_for("the end of the connection", || client.get("/a").err());
    assert_eq!(host.ended().code(), Some(0));
    host.start();
    assert_eq!(host.client().get("/a").unwrap().as_deref(), Some(&b"x"[..]));
}

#[test]
fn it_tells_how_large_its_files_are() {
    let mut host = Host::alone("4lw.commands.whitelist=dirs");
    host.start();
    host.client().create("/a", &[b'x'; 5_000]).unwrap();
    let size = |name: &str| fs::metadata(host.data().join(name)).unwrap().len();
    let expected: u64 = files(&host.data()).iter().map(|name| size(name)).sum();
    assert!(expected > 5_000);
    let told = host.word("dirs");
    assert_eq!(told, format!("datadir_size: {expected}\nlogdir_size: {expected}\n"));
}

/// Now and then a server takes down what its tree comes to; not before there is something to take
/// down, and as its log says after another start.
#[test]
fn it_tells_digests_of_its_tree() {
    let mut host = Host::alone("4lw.commands.whitelist=hash");
    host.start();
    let mut client = host.client();
    assert_eq!(host.word("hash"), "");
    (0..130).for_each(|number| drop(client.create(&format!("/{number}"), b"x").unwrap()));
    let told = host.word("hash");
    let digest = told.strip_prefix("100000080: ").and_then(|it| it.strip_suffix('\n'));
    assert!(digest.is_some_and(|it| it.parse::<u64>().is_ok()), "{told}");
    host.kill();
    host.start();
    host.client();
    assert_eq!(host.word("hash"), told);
}

#[test]
fn what_is_no_longer_needed_goes_when_it_starts() {
    let mut host = Host::alone("snapCount=10");
    host.start();
    let mut client = host.client();
    for number in 0..100 {
        client.create(&format!("/{number}"), b"").unwrap();
    }
    let count = |host: &Host, kind: &str| {
        files(&host.data()).iter().filter(|name| name.starts_with(kind)).count()
    };
    wait_for("many snapshots", || (count(&host, "snapshot.") > 5).then_some(()));
    host.terminate();
    host.ended();
    let logs = count(&host, "log.");
    host.configure("autopurge.purgeInterval=1");
    host.start();
    host.client();
    wait_for("only as many as are kept", || (count(&host, "snapshot.") == 3).then_some(()));
    assert!(count(&host, "log.") < logs);
    assert!(host.client().get("/0").unwrap().is_some());
}

#[test]
fn a_folder_belongs_to_one_process() {
    let mut host = Host::alone("");
    host.start();
    host.client();
    let mut other = Host::alone(&format!("dataDir={}", host.dir.path().join("data").display()));
    other.start();
    assert_eq!(other.ended().code(), Some(2));
    assert!(other.said().contains("another server uses this data folder"), "{}", other.said());
}

#[test]
fn a_port_that_is_taken_is_named() {
    let mut host = Host::alone("");
    host.start();
    host.client();
    let mut other = Host::with_port(host.port, "");
    other.start();
    assert_eq!(other.ended().code(), Some(2));
    let expected = format!("cannot listen on 127.0.0.1:{} (clientPort)", host.port);
    assert!(other.said().contains(&expected), "{}", other.said());
}

#[test]
fn a_wrong_value_is_told_with_its_line() {
    let mut host = Host::alone("snapCount=many");
    host.start();
    assert_eq!(host.ended().code(), Some(2));
    let expected = "zoo.cfg:6: snapCount=many: expected a number from 2 to 2147483647";
    assert!(host.said().contains(expected), "{}", host.said());
    assert!(fs::read_dir(host.data()).is_err(), "nothing was begun");
}
