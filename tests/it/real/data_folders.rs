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
