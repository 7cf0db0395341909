//! Data folders that others have written: servers of Apache ZooKeeper 3.8 (`tests/data/zookeeper-3.8`),
//! and whoever puts files where they do not belong.

use super::kit::{Client, Host, files};
use menagerie::base::{SessionId, Stat};
use menagerie::wire::{Reader, opcode, read_stat};
use std::fs;
use std::path::Path;

/// What a folder holds: paths and data; `None` where this client may not read.
type Znodes = &'static [(&'static str, Option<&'static [u8]>)];

/// What the log of the folders `log` and `snapshot` comes to, as ZooKeeper's own `TxnLogToolkit`
/// and `SnapshotFormatter` show it.
const OF_LOG: Znodes = &[
    ("/a", Some(b"two")),
    ("/a/c", Some(b"\0\xff")),
    ("/a/s-0000000002", Some(b"0")),
    ("/a/s-0000000004", Some(b"2")),
    ("/private", None),
    ("/readable", Some(b"read")),
    ("/live", Some(b"ephemeral")),
    ("/große", Some("größe".as_bytes())),
    ("/große/ü", Some("ü".as_bytes())),
    ("/m", Some(b"2")),
];

/// Not there: deleted, of a closed session, of a multi that failed.
const NOT_IN_LOG: &[&str] = &["/a/b", "/a/s-0000000003", "/gone", "/n"];

/// A server that stands alone, on a copy of a folder.
fn copied(folder: &str) -> Host {
    let host = Host::alone("preAllocSize=16");
    let from = Path::new("tests/data/zookeeper-3.8").join(folder);
    fs::create_dir_all(host.data()).unwrap();
    for name in files(&from) {
        fs::copy(from.join(&name), host.data().join(&name)).unwrap();
    }
    host
}

fn stat(client: &mut Client, path: &str) -> Stat {
    let reply = client.read(opcode::EXISTS, path).unwrap();
    assert_eq!(reply.header.error, 0, "{path}");
    read_stat(&mut Reader::new(&reply.body)).unwrap()
}

fn children(client: &mut Client, path: &str) -> Vec<String> {
    let ask = client.read(opcode::GET_CHILDREN, path);
    let mut names = Reader::new(&ask.unwrap().body).strings().unwrap();
    names.sort();
    names
}

#[track_caller]
fn assert_holds(client: &mut Client, znodes: Znodes) {
    for (path, data) in znodes {
        let ask = client.read(opcode::GET_DATA, path);
        let reply = ask.unwrap();
        assert_eq!(reply.header.error, if data.is_some() { 0 } else { -102 }, "{path}");
        let read = data.map(|_| Reader::new(&reply.body).buffer().unwrap().unwrap_or_default());
        assert_eq!(read, *data, "{path}");
    }
}

/// Reads, writes, and does both again after a start: once of what ZooKeeper wrote, once of what has
/// become of it here.
fn check(folder: &str, look: impl Fn(&mut Client)) {
    let mut host = copied(folder);
    host.start();
    let mut client = host.client();
    look(&mut client);
    assert_eq!(client.create("/new", b"of ours").unwrap().header.error, 0);
    host.kill();
    host.start();
    let mut client = host.client();
    look(&mut client);
    assert_eq!(client.get("/new").unwrap().as_deref(), Some(&b"of ours"[..]));
    assert_eq!(client.create("/newer", b"").unwrap().header.error, 0);
}

#[test]
fn the_log_of_zookeeper_is_read() {
    check("log", |client| {
        assert_holds(client, OF_LOG);
        for path in NOT_IN_LOG {
            assert_eq!(client.get(path).unwrap(), None, "{path}");
        }
        let a = stat(client, "/a");
        assert_eq!((a.czxid.to_wire(), a.mzxid.to_wire(), a.pzxid.to_wire()), (2, 3, 16));
        // Five children were created, of which two were deleted.
        assert_eq!((a.version, a.num_children, a.data_length), (1, 3, 3));
        assert_eq!(children(client, "/a"), ["c", "s-0000000002", "s-0000000004"]);
        assert_eq!(stat(client, "/live").ephemeral_owner, SessionId(0x0100_0057_1b6b_0000));
    });
}

#[test]
fn the_snapshot_of_zookeeper_and_the_log_behind_it_are_read() {
    check("snapshot", |client| {
        assert_holds(client, &[("/a", Some(b"three")), ("/later", Some(b"after the snapshot"))]);
        assert_holds(client, &OF_LOG[1..]);
        assert_eq!(stat(client, "/a").version, 2);
        assert_eq!(stat(client, "/later").czxid.to_wire(), 0x17);
        assert_eq!(stat(client, "/live").ephemeral_owner, SessionId(0x0100_0057_1b6b_0000));
    });
}

#[test]
fn the_folder_of_a_member_is_read() {
    check("ensemble", |client| {
        for path in ["/e0", "/e1", "/e2", "/e3", "/e4"] {
            assert_eq!(client.get(path).unwrap().as_deref(), Some(&b"epoch 2"[..]), "{path}");
        }
        assert_eq!(stat(client, "/e4").mzxid.to_wire(), 0x2_0000_0006);
        assert_eq!(stat(client, "/eph").ephemeral_owner, SessionId(0x0100_0058_64d0_0000));
    });
}

/// The last snapshot is damaged: the one before it and the whole log come to the same.
#[test]
fn a_damaged_snapshot_has_one_before_it() {
    let mut host = copied("snapshot");
    change(&host.data().join("snapshot.15"), 700);
    host.start();
    let mut client = host.client();
    assert_holds(&mut client, &[("/a", Some(b"three")), ("/later", Some(b"after the snapshot"))]);
    assert_holds(&mut client, &OF_LOG[1..]);
}

/// The last record of the log is damaged: it is taken for one that was not written to its end. One
/// before it, damaged, is an error: what is behind it may have been acknowledged.
#[test]
fn a_damaged_record() {
    let log = fs::read("tests/data/zookeeper-3.8/ensemble/log.100000001").unwrap();
    let last_at = |what: &[u8]| log.windows(what.len()).rposition(|it| it == what).unwrap();
    let cases = [(last_at(b"/eph"), true), (last_at(b"/e0"), false), (40, false), (2, false)];
    for (at, starts) in cases {
        let mut host = copied("ensemble");
        change(&host.data().join("log.100000001"), at);
        host.start();
        if starts {
            let mut client = host.client();
            assert_eq!(client.get("/e4").unwrap().as_deref(), Some(&b"epoch 2"[..]));
            assert_eq!(client.get("/eph").unwrap(), None);
        } else {
            ends_with(&mut host, 1, "log.100000001: the record at byte ");
            assert_eq!(fs::read(host.data().join("log.100000001")).unwrap().len(), log.len());
        }
    }
}

/// Parts of a folder, or of two: what is missing may have been acknowledged.
#[test]
fn a_folder_that_is_not_whole() {
    let mut host = copied("log");
    fs::remove_file(host.data().join("snapshot.0")).unwrap();
    host.start();
    ends_with(&mut host, 1, "there is a transaction log but no valid snapshot");
    let mut host = copied("snapshot");
    fs::remove_file(host.data().join("snapshot.15")).unwrap();
    fs::remove_file(host.data().join("log.1")).unwrap();
    host.start();
    ends_with(&mut host, 1, "the log goes from 0:0 to 0:22: transactions are missing");
    let mut host = copied("ensemble");
    fs::write(host.data().join("currentEpoch"), "two").unwrap();
    host.start();
    ends_with(&mut host, 1, "currentEpoch: `two` is no epoch; expected a decimal number");
}

/// Files that are nobody's stay where they are.
#[test]
fn names_that_mean_nothing() {
    let mut host = copied("log");
    let names =
        ["log.", "log.zz", "log.01", "log.-", "snapshot.", "snapshot.ffffffffffffffffff", "notes"];
    names.iter().for_each(|name| fs::write(host.data().join(name), "something").unwrap());
    ["log.x", "snapshot.zz"].iter().for_each(|it| fs::create_dir(host.data().join(it)).unwrap());
    host.start();
    assert_holds(&mut host.client(), OF_LOG);
    let left = files(&host.data());
    names.iter().for_each(|it| assert!(left.contains(&(*it).to_owned()), "{it} in {left:?}"));
    host.kill();
    fs::create_dir(host.data().join("log.5")).unwrap();
    host.start();
    ends_with(&mut host, 1, "/version-2/log.5: Is a directory");
}

/// The folder of a member of another ensemble, or no member's.
#[test]
fn who_it_is_has_to_be_known() {
    let servers = "initLimit=9\nsyncLimit=4\nserver.1=a:1:2\nserver.2=b:1:2\nserver.3=c:1:2";
    for (myid, said) in [
        (Some("7"), "the file `myid` in dataDir says `7`; expected one of 1, 2, 3"),
        (Some("one\n"), "the file `myid` in dataDir says `one`; expected one of 1, 2, 3"),
        (None, "no file `myid` in dataDir; expected one with one of 1, 2, 3"),
    ] {
        let mut host = Host::alone(servers);
        let file = host.dir.path().join("data/myid");
        myid.into_iter().for_each(|myid| fs::write(&file, myid).unwrap());
        host.start();
        ends_with(&mut host, 2, said);
    }
}

/// Snapshots where the log should be, or the other way round: to start would be to forget them.
#[test]
fn folders_that_are_mixed_up() {
    let mut host = copied("log");
    host.configure(&format!("dataLogDir={}", host.dir.path().join("other").display()));
    host.start();
    ends_with(&mut host, 2, "log.1: this file does not belong there; are dataDir and dataLogDir");
}

#[track_caller]
fn ends_with(host: &mut Host, code: i32, said: &str) {
    assert_eq!(host.ended().code(), Some(code));
    assert!(host.said().contains(said), "{}", host.said());
    assert!(!host.said().contains("panicked"));
}

/// Changes one byte of a file.
fn change(file: &Path, at: usize) {
    let mut bytes = fs::read(file).unwrap();
    bytes[at] ^= 1;
    fs::write(file, bytes).unwrap();
}

/// What `new Random(0x10000571b6b0000L ^ 0xB3415C00L).nextBytes` gives: the password of that session.
const PASSWORD: u128 = 0x9780_d2b2_d89b_f18c_cd36_04b8_e1cb_a503;

/// A client of ZooKeeper's server goes on here with its session: both make passwords alike.
#[test]
fn a_session_of_zookeeper_goes_on() {
    let mut host = copied("log");
    host.start();
    host.client();
    let session = SessionId(0x0100_0057_1b6b_0000);
    let mut client = Client::resume(host.port, session, PASSWORD.to_be_bytes().to_vec()).unwrap();
    assert_eq!(client.session.session, session);
    let closed = client.ask(opcode::CLOSE_SESSION, |_| {}).unwrap();
    assert_eq!(closed.header.error, 0);
    assert_eq!(host.client().get("/live").unwrap(), None, "it went with its session");
}
