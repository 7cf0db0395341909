//! Golden bytes: what is on the disk and between servers, byte by byte, written out by hand from
//! `zookeeper.md`, E.1 to E.4; checksums by another implementation of Adler-32 (zlib's).

use crate::disk::Disk;
use menagerie::base::{Epoch, ErrorCode, ServerId, SessionId, Xid, Zxid};
use menagerie::storage::{Image, recover, seal_snapshot};
use menagerie::tree::{Body, Lifetime, Rules, SnapshotWriter, Tree, Txn, read_tree};
use menagerie::wire::{
    Acl, Hello, LearnerInfo, Notification, Packet, PacketKind, PeerState, Proposal, Reader, Writer,
    opcode,
};

/// Compares bytes with what they have to be, piece by piece.
fn check(bytes: &[u8], pieces: &[(&str, &str)]) {
    let mut rest = bytes;
    for (what, expected) in pieces {
        let expected = expected.replace(' ', "");
        let (piece, behind) = rest.split_at(rest.len().min(expected.len() / 2));
        let found: String = piece.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(found, expected, "{what}");
        rest = behind;
    }
    assert!(rest.is_empty(), "{} bytes are left over", rest.len());
}

fn zxid(counter: u32) -> Zxid {
    Zxid::new(Epoch(1), counter)
}

fn creation(at: u32, time_ms: i64) -> Txn {
    let body = Body::Create {
        opcode: opcode::CREATE,
        path: "/a".into(),
        data: "x".into(),
        acls: Acl::open(),
        lifetime: Lifetime::Persistent,
        parent_cversion: 1,
    };
    Txn { session: SessionId(1), xid: Xid(2), zxid: zxid(at), time_ms, body }
}

fn refusal() -> Txn {
    let body = Body::refused(ErrorCode::NoNode);
    Txn { session: SessionId(1), xid: Xid(3), zxid: zxid(2), time_ms: 1001, body }
}

// zookeeper.md, E.1: a header; then for each record checksum, length, payload, 'B'. The checksum is
// of the payload only, an unsigned 32-bit number in a long. No padding: files grow as they need.
#[test]
fn a_file_of_the_log() {
    let mut disk = Disk::default();
    let mut ops = Vec::new();
    let mut store = recover(&Image::new(), b"", &mut ops).unwrap().store;
    for txn in [creation(1, 1000), refusal()] {
        store.append(Proposal { zxid: txn.zxid, payload: txn.encode().into() });
    }
    store.write_log(&mut ops);
    ops.iter().for_each(|op| disk.perform(op));
    check(
        &disk.image()["log.100000001"],
        &[
            ("ZKLG, version 2, database 0", "5a4b4c47 00000002 0000000000000000"),
            ("checksum, 75 bytes", "00000000939a06db 0000004b"),
            ("session 1, xid 2", "0000000000000001 00000002"),
            ("zxid 1:1, 1000 ms, type 1", "0000000100000001 00000000000003e8 00000001"),
            ("/a, x", "00000002 2f61 00000001 78"),
            ("one ACL, all rights", "00000001 0000001f"),
            ("world:anyone", "00000005 776f726c64 00000006 616e796f6e65"),
            ("not ephemeral, first child, B", "00 00000001 42"),
            ("checksum, 36 bytes", "000000002c8a0888 00000024"),
            ("session 1, xid 3", "0000000000000001 00000003"),
            ("zxid 1:2, 1001 ms, type -1", "0000000100000002 00000000000003e9 ffffffff"),
            ("error -101, B", "ffffff9b 42"),
        ],
    );
}

// zookeeper.md, E.2: a header; sessions; ACLs; the znodes, parents first, the root as the empty
// path, each with path, data, ACL -1 and StatPersisted; "/"; the seal.
#[test]
fn a_snapshot_file() {
    let mut tree = Tree::new();
    let body = Body::CreateSession { timeout_ms: 4000 };
    let begin = Txn { session: SessionId(1), xid: Xid(0), zxid: zxid(1), time_ms: 1001, body };
    for txn in [begin, creation(2, 1002)] {
        tree.apply(&txn, &Rules::CORRECT, &mut Vec::new());
    }
    let never = "0000000000000000 0000000000000000 0000000000000000 0000000000000000 \
                 00000000 00000000 00000000 0000000000000000 0000000000000000";
    let config = "0000000000000000 0000000000000000 0000000000000000 0000000000000000 \
                  00000000 00000000 ffffffff 0000000000000000 0000000000000000";
    let body = SnapshotWriter::whole(&tree);
    check(
        &seal_snapshot(&body),
        &[
            ("ZKSN, version 2, database -1", "5a4b534e 00000002 ffffffffffffffff"),
            ("one session, 1, 4000 ms", "00000001 0000000000000001 00000fa0"),
            ("one list besides the open one, 1", "00000001 0000000000000001"),
            ("one entry: READ", "00000001 00000001"),
            ("world:anyone", "00000005 776f726c64 00000006 616e796f6e65"),
            ("the root, no data", "00000000 00000000 ffffffffffffffff"),
            ("czxid, mzxid, ctime, mtime", "0000000000000000 0000000000000000"),
            ("", "0000000000000000 0000000000000000"),
            ("version, cversion 1, aversion", "00000000 00000001 00000000"),
            ("no owner, pzxid 1:2", "0000000000000000 0000000100000002"),
            ("/a, x", "00000002 2f61 00000001 78 ffffffffffffffff"),
            ("czxid, mzxid", "0000000100000002 0000000100000002"),
            ("ctime, mtime", "00000000000003ea 00000000000003ea"),
            ("version, cversion, aversion", "00000000 00000000 00000000"),
            ("no owner, pzxid 1:2", "0000000000000000 0000000100000002"),
            ("/zookeeper", "0000000a 2f7a6f6f6b6565706572 00000000 ffffffffffffffff"),
            ("its Stat", never),
            ("/zookeeper/config", "00000011 2f7a6f6f6b65657065722f636f6e666967"),
            ("no data, list 1", "00000000 0000000000000001"),
            ("its Stat, aversion -1", config),
            ("/zookeeper/quota", "00000010 2f7a6f6f6b65657065722f71756f7461"),
            ("no data", "00000000 ffffffffffffffff"),
            ("its Stat", never),
            ("the end of the znodes", "00000001 2f"),
            ("checksum of all before, /", "0000000087e946e4 00000001 2f"),
        ],
    );
    assert_eq!(read_tree(&body, zxid(2)), Ok(tree));
}

// zookeeper.md, E.2, the last line of the formats: decimal ASCII.
#[test]
fn epoch_files() {
    let (mut disk, mut ops) = (Disk::default(), Vec::new());
    let mut store = recover(&Image::new(), b"", &mut ops).unwrap().store;
    store.write_epochs(Epoch(17), Epoch(16), &mut ops);
    ops.iter().for_each(|op| disk.perform(op));
    assert_eq!(disk.image()["acceptedEpoch"], b"17");
    assert_eq!(disk.image()["currentEpoch"], b"16");
}

fn packet(packet: &Packet, pieces: &[(&str, &str)]) {
    let mut bytes = Writer::new();
    packet.encode(&mut bytes);
    check(bytes.as_bytes(), pieces);
    let read = Packet::decode(&mut Reader::new(bytes.as_bytes()));
    assert_eq!(read.as_ref(), Ok(packet));
}

// zookeeper.md, E.4: type, zxid, data, authinfo; one packet behind the other.
#[test]
fn packets() {
    let none = ("nobody's identity", "00000000");
    packet(
        &LearnerInfo { server: ServerId(2), version: Zxid::ZERO }.packet(false, Epoch(3)),
        &[
            ("FOLLOWERINFO, accepted epoch 3", "0000000b 0000000300000000"),
            ("s2, protocol, configuration 0", "00000014 0000000000000002 00010000"),
            ("", "0000000000000000"),
            none,
        ],
    );
    packet(
        &LearnerInfo { server: ServerId(4), version: zxid(2) }.packet(true, Epoch(3)),
        &[
            ("OBSERVERINFO, accepted epoch 3", "00000010 0000000300000000"),
            ("s4, protocol, configuration 1:2", "00000014 0000000000000004 00010000"),
            ("", "0000000100000002"),
            none,
        ],
    );
    packet(
        &LearnerInfo::leader_info(Epoch(4), None),
        &[("LEADERINFO, epoch 4, protocol", "00000011 0000000400000000 00000004 00010000"), none],
    );
    let last = Zxid::new(Epoch(3), 9);
    for (current, bytes) in [(3i32, "00000003"), (-1, "ffffffff")] {
        let data = current.to_be_bytes().as_slice().into();
        packet(
            &Packet::with(PacketKind::AckEpoch, last, data),
            &[("ACKEPOCH, last 3:9", "00000012 0000000300000009 00000004"), ("", bytes), none],
        );
    }
    packet(
        &Packet::with(PacketKind::Proposal, zxid(2), refusal().encode().into()),
        &[
            ("PROPOSAL 1:2, 36 bytes as in the log", "00000002 0000000100000002 00000024"),
            ("session 1, xid 3", "0000000000000001 00000003"),
            ("zxid, time, type -1", "0000000100000002 00000000000003e9 ffffffff"),
            ("error -101", "ffffff9b"),
            none,
        ],
    );
    packet(
        &Packet::with(PacketKind::Inform, zxid(2), refusal().encode().into()),
        &[
            ("INFORM 1:2, 36 bytes as in the log", "00000008 0000000100000002 00000024"),
            ("session 1, xid 3", "0000000000000001 00000003"),
            ("zxid, time, type -1, error -101", "0000000100000002 00000000000003e9 ffffffff"),
            ("", "ffffff9b"),
            none,
        ],
    );
    let bare = |kind, zxid| Packet::bare(kind, zxid);
    let rows = [
        (bare(PacketKind::Ack, zxid(2)), "00000003 0000000100000002 ffffffff"),
        (bare(PacketKind::Commit, zxid(2)), "00000004 0000000100000002 ffffffff"),
        (
            bare(PacketKind::NewLeader, Zxid::floor_of(Epoch(4))),
            "0000000a 0000000400000000 ffffffff",
        ),
        (bare(PacketKind::Diff, zxid(2)), "0000000d 0000000100000002 ffffffff"),
        (bare(PacketKind::Trunc, zxid(2)), "0000000e 0000000100000002 ffffffff"),
        (bare(PacketKind::Snap, zxid(2)), "0000000f 0000000100000002 ffffffff"),
    ];
    for (it, bytes) in &rows {
        packet(it, &[("type, zxid, no data", bytes), none]);
    }
    let up_to_date = Packet::of(PacketKind::UpToDate, -1, None);
    packet(&up_to_date, &[("UPTODATE, -1", "0000000c ffffffffffffffff ffffffff"), none]);
}

// zookeeper.md, E.3: the length, then state, leader, zxid, round, epoch, version 2, configuration.
#[test]
fn a_notification() {
    let vote = Notification {
        state: PeerState::Leading,
        leader: ServerId(3),
        zxid: zxid(2),
        round: 7,
        peer_epoch: Epoch(1),
        membership: None,
    };
    let mut bytes = Writer::new();
    vote.encode(&mut bytes);
    check(
        bytes.as_bytes(),
        &[
            ("44 bytes", "0000002c"),
            ("LEADING, s3", "00000002 0000000000000003"),
            ("zxid 1:2, round 7, epoch 1", "0000000100000002 0000000000000007 0000000000000001"),
            ("version 2, no configuration", "00000002 00000000"),
        ],
    );
    // Older servers leave out the configuration, or the epoch as well: it is the zxid's then.
    let fields = &bytes.as_bytes()[4..];
    for length in [28, 40] {
        let older = [&(length as i32).to_be_bytes()[..], &fields[..length]].concat();
        assert_eq!(Notification::decode(&mut Reader::new(&older)), Ok(vote.clone()));
    }
}

// `FastLeaderElection.getInitId` and its neighbours: `Long.MIN_VALUE` for leader, zxid and epoch.
#[test]
fn a_notification_of_one_that_has_no_vote() {
    let vote = Notification {
        state: PeerState::Looking,
        leader: ServerId::NOBODY,
        zxid: Zxid::ZERO,
        round: 7,
        peer_epoch: Epoch(0),
        membership: None,
    };
    let mut bytes = Writer::new();
    vote.encode(&mut bytes);
    check(
        bytes.as_bytes(),
        &[
            ("44 bytes", "0000002c"),
            ("LOOKING, nobody", "00000000 8000000000000000"),
            ("no zxid, round 7, no epoch", "8000000000000000 0000000000000007 8000000000000000"),
            ("version 2, no configuration", "00000002 00000000"),
        ],
    );
    assert_eq!(Notification::decode(&mut Reader::new(bytes.as_bytes())), Ok(vote));
}

// zookeeper.md, E.3: -65536, the dialler, its election address.
#[test]
fn a_hello() {
    let mut bytes = Writer::new();
    Hello { server: ServerId(2), address: "s2:3888".into() }.encode(&mut bytes);
    let address = "00000007 73323a33383838";
    let pieces = [("version 1", "ffffffffffff0000"), ("s2", "0000000000000002"), ("", address)];
    check(bytes.as_bytes(), &pieces);
}
