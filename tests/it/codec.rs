//! Bytes: every record has the form of `zookeeper.jute`, comes back as it went, and no bytes at all
//! make decoding panic.

use menagerie::base::{Data, Epoch, ServerId, SessionId, Stat, Xid, Zxid};
use menagerie::ops::{
    AddWatch, Auth, Check, CloseSession, Create, CreateTtl, Delete, Exists, GetAcl,
    GetAllChildrenNumber, GetChildren, GetData, GetEphemerals, Multi, MultiRead, MultiResult, Part,
    Ping, Read, Reconfig, RemoveWatches, Reply, Request, SetAcl, SetData, SetWatches2, Sync,
    WhoAmI,
};
use menagerie::wire::{
    Acl, ConnectRequest, ConnectResponse, Frames, Hello, Identity, LearnerInfo, Malformed,
    Membership, Notification, Packet, PacketKind, PeerState, Reader, ReplyHeader, RequestHeader,
    SetWatches, WatcherEvent, Writer, opcode,
};
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestRunner};
use std::fmt::{Debug, Write};
use std::sync::Arc;

/// Every operation that a client may send, with an example of its reply.
pub(crate) fn examples() -> Vec<(Request, Reply)> {
    [first_examples(), later_examples()].concat()
}

fn first_examples() -> Vec<(Request, Reply)> {
    let path = || "/a".to_owned();
    let create = || Create { path: path(), data: "xy".into(), acls: Acl::open(), flags: 3 };
    let stat = example_stat();
    let names = || vec!["b".to_owned(), "c".to_owned()];
    let parts = vec![
        Part::Create(create()),
        Part::Create2(Create { data: Data::NULL, acls: Vec::new(), ..create() }),
        Part::CreateContainer(Create { flags: 4, ..create() }),
        Part::CreateTtl(CreateTtl { create: Create { flags: 5, ..create() }, ttl_ms: 70_000 }),
        Part::Delete(Delete { path: path(), version: -1 }),
        Part::SetData(SetData { path: path(), data: "".into(), version: 2 }),
        Part::Check(Check { path: path(), version: 1 }),
    ];
    let results = vec![
        MultiResult::Created { path: path(), stat: None },
        MultiResult::Created { path: path(), stat: Some(stat) },
        MultiResult::Deleted,
        MultiResult::Set(stat),
        MultiResult::Checked,
        MultiResult::Error(-101),
    ];
    let watches = SetWatches {
        since: Zxid::new(Epoch(1), 5),
        data: names(),
        exist: vec!["/d".to_owned()],
        ..SetWatches::default()
    };
    vec![
        (Request::Create(create()), Reply::Created { path: path(), stat: None }),
        (Request::Create2(create()), Reply::Created { path: path(), stat: Some(stat) }),
        (Request::Delete(Delete { path: path(), version: 7 }), Reply::Deleted),
        (Request::Exists(Exists { path: path(), watch: true }), Reply::Stat(stat)),
        (
            Request::GetData(GetData { path: path(), watch: false }),
            Reply::Data { data: Data::NULL, stat },
        ),
        (
            Request::SetData(SetData { path: path(), data: "z".into(), version: -1 }),
            Reply::Stat(stat),
        ),
        (
            Request::GetChildren(GetChildren { path: path(), watch: true }),
            Reply::Children { children: names(), stat: None },
        ),
        (
            Request::GetChildren2(GetChildren { path: path(), watch: false }),
            Reply::Children { children: names(), stat: Some(stat) },
        ),
        (Request::Sync(Sync { path: path() }), Reply::Synced { path: path() }),
        (Request::Multi(Multi { parts }), Reply::Multi(results)),
        (Request::Ping(Ping), Reply::Empty),
        (Request::SetWatches(watches), Reply::Empty),
        (Request::CloseSession(CloseSession), Reply::Empty),
    ]
}

fn example_stat() -> Stat {
    Stat {
        czxid: Zxid::new(Epoch(1), 2),
        mzxid: Zxid::new(Epoch(1), 3),
        ctime: 4,
        mtime: 5,
        version: 6,
        cversion: 7,
        aversion: 8,
        ephemeral_owner: SessionId(9),
        data_length: 10,
        num_children: 11,
        pzxid: Zxid::new(Epoch(1), 12),
    }
}

/// Those that came with ZooKeeper 3.5 and later, and those about access.
fn later_examples() -> Vec<(Request, Reply)> {
    let path = || "/a".to_owned();
    let create = || Create { path: path(), data: "xy".into(), acls: Acl::open(), flags: 3 };
    let (stat, names) = (example_stat(), || vec!["b".to_owned(), "c".to_owned()]);
    let lasting = SetWatches {
        since: Zxid::new(Epoch(1), 5),
        data: names(),
        persistent: names(),
        recursive: names(),
        ..SetWatches::default()
    };
    let acl = || Acl { perms: 3, scheme: "digest".into(), id: "ann:x".into() };
    let identity = || Identity { scheme: "ip".into(), id: "10.0.0.1".into() };
    let of_watches = || RemoveWatches { path: path(), kind: 3 };
    let reads = vec![
        Read::Children(GetChildren { path: path(), watch: false }),
        Read::Data(GetData { path: path(), watch: false }),
        Read::Data(GetData { path: path(), watch: false }),
    ];
    let reconfig = Reconfig {
        joining: Some("server.4=h:1:2;3".to_owned()),
        leaving: Some(String::new()),
        members: None,
        version: -1,
    };
    let read = vec![
        Ok(Reply::Children { children: names(), stat: None }),
        Ok(Reply::Data { data: "xy".into(), stat }),
        Err(-101),
    ];
    vec![
        (Request::Reconfig(reconfig), Reply::Data { data: "version=100000004".into(), stat }),
        (Request::GetAcl(GetAcl { path: path() }), Reply::Acl { acls: vec![acl()], stat }),
        (
            Request::SetAcl(SetAcl { path: path(), acls: vec![acl()], version: 2 }),
            Reply::Stat(stat),
        ),
        // There is no reply to a check on its own; its bytes are those within a multi.
        (Request::Check(Check { path: path(), version: 1 }), Reply::Empty),
        (Request::CheckWatches(of_watches()), Reply::Empty),
        (Request::RemoveWatches(of_watches()), Reply::Empty),
        (
            Request::CreateContainer(Create { flags: 4, ..create() }),
            Reply::Created { path: path(), stat: Some(stat) },
        ),
        (
            Request::CreateTtl(CreateTtl { create: Create { flags: 6, ..create() }, ttl_ms: 9 }),
            Reply::Created { path: path(), stat: Some(stat) },
        ),
        (Request::MultiRead(MultiRead { parts: reads }), Reply::MultiRead(read)),
        (
            Request::Auth(Auth {
                kind: 0,
                scheme: "digest".into(),
                proof: Some(b"ann:pw".to_vec()),
            }),
            Reply::Empty,
        ),
        (Request::GetEphemerals(GetEphemerals { prefix: path() }), Reply::Paths(names())),
        (Request::GetAllChildrenNumber(GetAllChildrenNumber { path: path() }), Reply::Number(7)),
        (Request::SetWatches2(SetWatches2(lasting)), Reply::Empty),
        (Request::AddWatch(AddWatch { path: path(), mode: 1 }), Reply::Watching(0)),
        (Request::WhoAmI(WhoAmI), Reply::Identities(vec![identity()])),
    ]
}

/// The records around the operations.
fn session_examples() -> Vec<(&'static str, Vec<u8>)> {
    let bytes = |encode: &dyn Fn(&mut Writer)| written(encode);
    let request = ConnectRequest {
        protocol: 0,
        last_seen: Zxid::new(Epoch(1), 2),
        timeout_ms: 4000,
        session: SessionId(0),
        password: vec![0; 16],
        read_only: Some(false),
    };
    let older = ConnectRequest { read_only: None, ..request.clone() };
    let expired = ConnectResponse::expired(Some(false));
    let event = WatcherEvent { kind: 3, state: 3, path: "/a".into() };
    vec![
        ("ConnectRequest", bytes(&|to| request.encode(to))),
        ("ConnectRequest before 3.4", bytes(&|to| older.encode(to))),
        ("ConnectResponse, expired", bytes(&|to| expired.encode(to))),
        (
            "RequestHeader",
            bytes(&|to| RequestHeader { xid: Xid(1), opcode: opcode::CLOSE_SESSION }.encode(to)),
        ),
        (
            "ReplyHeader",
            bytes(&|to| ReplyHeader { xid: Xid(1), zxid: 1 << 32 | 5, error: -101 }.encode(to)),
        ),
        ("ReplyHeader of an event", bytes(&|to| ReplyHeader::of_event(None).encode(to))),
        ("WatcherEvent", bytes(&|to| event.encode(to))),
    ]
}

fn written(encode: impl Fn(&mut Writer)) -> Vec<u8> {
    let mut to = Writer::new();
    encode(&mut to);
    to.into_bytes()
}

/// Groups of four bytes, sixteen groups a line.
fn hex(bytes: &[u8]) -> String {
    let digits = |group: &[u8]| group.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let lines = bytes.chunks(4 * 16);
    lines.fold(String::new(), |mut all, line| {
        let groups: Vec<String> = line.chunks(4).map(digits).collect();
        let _ = write!(all, "\n    {}", groups.join(" "));
        all
    })
}

#[test]
fn records_have_the_form_of_zookeeper_jute() {
    let mut all = String::new();
    for (name, bytes) in session_examples() {
        let _ = writeln!(all, "{name}{}", hex(&bytes));
    }
    for (request, reply) in examples() {
        let name = format!("{request:?}").split('(').next().unwrap_or_default().to_owned();
        let (opcode, kind) = (request.opcode(), request.kind());
        let _ =
            writeln!(all, "{name} ({opcode}, {kind:?}){}", hex(&written(|to| request.encode(to))));
        let _ = writeln!(all, "  its reply{}", hex(&written(|to| reply.encode(to))));
    }
    insta::with_settings!({ snapshot_path => "../data/codec", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("records", all);
    });
}

#[test]
fn operations_that_clients_may_not_ask_for_are_unknown() {
    for number in [opcode::DELETE_CONTAINER, opcode::CREATE_SESSION, opcode::ERROR, 0, 10, 99] {
        assert_eq!(Request::decode(number, &mut Reader::new(&[0; 64])), Ok(None), "{number}");
    }
}

#[test]
fn every_operation_has_an_example() {
    let found: Vec<i32> = examples().iter().map(|(request, _)| request.opcode()).collect();
    for number in -200..200 {
        let known = Request::decode(number, &mut Reader::new(&[])) != Ok(None);
        assert_eq!(known, found.contains(&number), "operation {number}");
    }
}

/// Encodes, decodes, and wants the same value back, and every byte read.
fn comes_back<T: PartialEq + Debug>(
    value: &T,
    encode: impl Fn(&T, &mut Writer),
    decode: impl Fn(&mut Reader) -> Result<T, Malformed>,
) -> Result<(), TestCaseError> {
    let bytes = written(|to| encode(value, to));
    let mut from = Reader::new(&bytes);
    prop_assert_eq!(&decode(&mut from).expect("what was encoded can be read"), value);
    prop_assert!(from.is_done(), "bytes are left over");
    Ok(())
}

/// Runs a law over many values. The seed is fixed: the same values on every machine.
pub(crate) fn holds<S: Strategy>(values: S, law: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let config = ProptestConfig {
        rng_seed: RngSeed::Fixed(1),
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    if let Err(error) = TestRunner::new(config).run(&values, law) {
        panic!("{error}");
    }
}

fn text() -> impl Strategy<Value = String> {
    "/?.{0,6}"
}

fn texts() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(text(), 0..4)
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..40)
}

fn data() -> impl Strategy<Value = Data> {
    prop::option::of(bytes()).prop_map(|bytes| bytes.map_or(Data::NULL, Data::from))
}

fn zxid() -> impl Strategy<Value = Zxid> {
    (0..i64::MAX).prop_map(Zxid::from_wire)
}

fn stat() -> impl Strategy<Value = Stat> {
    let zxids = (zxid(), zxid(), zxid());
    (zxids, any::<[i64; 3]>(), any::<[i32; 5]>()).prop_map(|(zxids, longs, ints)| Stat {
        czxid: zxids.0,
        mzxid: zxids.1,
        pzxid: zxids.2,
        ctime: longs[0],
        mtime: longs[1],
        ephemeral_owner: SessionId(longs[2]),
        version: ints[0],
        cversion: ints[1],
        aversion: ints[2],
        data_length: ints[3],
        num_children: ints[4],
    })
}

fn acls() -> impl Strategy<Value = Vec<Acl>> {
    let acl = (any::<i32>(), text(), text());
    let acl = acl.prop_map(|(perms, scheme, id)| Acl { perms, scheme, id });
    prop::collection::vec(acl, 0..3)
}

fn create() -> impl Strategy<Value = Create> {
    let fields = (text(), data(), acls(), any::<i32>());
    fields.prop_map(|(path, data, acls, flags)| Create { path, data, acls, flags })
}

fn part() -> impl Strategy<Value = Part> {
    let versioned = || (text(), any::<i32>());
    prop_oneof![
        create().prop_map(Part::Create),
        create().prop_map(Part::Create2),
        versioned().prop_map(|(path, version)| Part::Delete(Delete { path, version })),
        versioned().prop_map(|(path, version)| Part::Check(Check { path, version })),
        (text(), data(), any::<i32>()).prop_map(|(path, data, version)| Part::SetData(SetData {
            path,
            data,
            version
        })),
    ]
}

fn request() -> impl Strategy<Value = Request> {
    let watching = || (text(), any::<bool>());
    let parts = prop::collection::vec(part(), 0..4);
    let watches = (zxid(), texts(), texts(), texts());
    prop_oneof![
        create().prop_map(Request::Create),
        create().prop_map(Request::Create2),
        (text(), any::<i32>())
            .prop_map(|(path, version)| Request::Delete(Delete { path, version })),
        watching().prop_map(|(path, watch)| Request::Exists(Exists { path, watch })),
        watching().prop_map(|(path, watch)| Request::GetData(GetData { path, watch })),
        watching().prop_map(|(path, watch)| Request::GetChildren(GetChildren { path, watch })),
        watching().prop_map(|(path, watch)| Request::GetChildren2(GetChildren { path, watch })),
        (text(), data(), any::<i32>())
            .prop_map(|(path, data, version)| Request::SetData(SetData { path, data, version })),
        text().prop_map(|path| Request::Sync(Sync { path })),
        parts.prop_map(|parts| Request::Multi(Multi { parts })),
        Just(Request::Ping(Ping)),
        Just(Request::CloseSession(CloseSession)),
        watches.prop_map(|(since, data, exist, child)| {
            Request::SetWatches(SetWatches { since, data, exist, child, ..SetWatches::default() })
        }),
        lasting(),
        access(),
        (create(), any::<i64>())
            .prop_map(|(create, ttl_ms)| Request::CreateTtl(CreateTtl { create, ttl_ms })),
        create().prop_map(Request::CreateContainer),
        (text(), any::<i32>())
            .prop_map(|(path, kind)| Request::RemoveWatches(RemoveWatches { path, kind })),
        (text(), any::<i32>()).prop_map(|(path, mode)| Request::AddWatch(AddWatch { path, mode })),
        text().prop_map(|prefix| Request::GetEphemerals(GetEphemerals { prefix })),
        prop::collection::vec(read(), 0..4)
            .prop_map(|parts| Request::MultiRead(MultiRead { parts })),
    ]
}

fn lasting() -> impl Strategy<Value = Request> {
    let first = (zxid(), texts(), texts(), texts());
    (first, texts(), texts()).prop_map(|((since, data, exist, child), persistent, recursive)| {
        let watches = SetWatches { since, data, exist, child, persistent, recursive };
        Request::SetWatches2(SetWatches2(watches))
    })
}

fn access() -> impl Strategy<Value = Request> {
    prop_oneof![
        text().prop_map(|path| Request::GetAcl(GetAcl { path })),
        (text(), acls(), any::<i32>()).prop_map(|(path, acls, version)| Request::SetAcl(SetAcl {
            path,
            acls,
            version
        })),
        (any::<i32>(), text(), prop::option::of(bytes()))
            .prop_map(|(kind, scheme, proof)| Request::Auth(Auth { kind, scheme, proof })),
    ]
}

fn read() -> impl Strategy<Value = Read> {
    (text(), any::<bool>(), any::<bool>()).prop_map(|(path, watch, data)| {
        if data {
            Read::Data(GetData { path, watch })
        } else {
            Read::Children(GetChildren { path, watch })
        }
    })
}

fn result() -> impl Strategy<Value = MultiResult> {
    prop_oneof![
        (text(), prop::option::of(stat()))
            .prop_map(|(path, stat)| MultiResult::Created { path, stat }),
        Just(MultiResult::Deleted),
        stat().prop_map(MultiResult::Set),
        Just(MultiResult::Checked),
        any::<i32>().prop_map(MultiResult::Error),
    ]
}

/// A reply, and the number of an operation that brings such a one.
fn reply() -> impl Strategy<Value = (i32, Reply)> {
    let to = |number: i32| move |reply: Reply| (number, reply);
    let results = prop::collection::vec(result(), 0..4);
    prop_oneof![
        text().prop_map(|path| Reply::Created { path, stat: None }).prop_map(to(opcode::CREATE)),
        (text(), stat())
            .prop_map(|(path, stat)| Reply::Created { path, stat: Some(stat) })
            .prop_map(to(opcode::CREATE2)),
        Just(Reply::Deleted).prop_map(to(opcode::DELETE)),
        stat().prop_map(Reply::Stat).prop_map(to(opcode::EXISTS)),
        stat().prop_map(Reply::Stat).prop_map(to(opcode::SET_DATA)),
        (data(), stat())
            .prop_map(|(data, stat)| Reply::Data { data, stat })
            .prop_map(to(opcode::GET_DATA)),
        texts()
            .prop_map(|children| Reply::Children { children, stat: None })
            .prop_map(to(opcode::GET_CHILDREN)),
        (texts(), stat())
            .prop_map(|(children, stat)| Reply::Children { children, stat: Some(stat) })
            .prop_map(to(opcode::GET_CHILDREN2)),
        text().prop_map(|path| Reply::Synced { path }).prop_map(to(opcode::SYNC)),
        results.prop_map(Reply::Multi).prop_map(to(opcode::MULTI)),
        (acls(), stat())
            .prop_map(|(acls, stat)| Reply::Acl { acls, stat })
            .prop_map(to(opcode::GET_ACL)),
        any::<i32>().prop_map(Reply::Number).prop_map(to(opcode::GET_ALL_CHILDREN_NUMBER)),
        texts().prop_map(Reply::Paths).prop_map(to(opcode::GET_EPHEMERALS)),
        Just(Reply::Empty).prop_map(to(opcode::PING)),
    ]
}

#[test]
fn requests_come_back() {
    holds(request(), |request| {
        let number = request.opcode();
        let decode = |from: &mut Reader| Request::decode(number, from).map(|it| it.expect("known"));
        comes_back(&request, Request::encode, decode)
    });
}

#[test]
fn replies_come_back() {
    holds(reply(), |(number, reply)| {
        comes_back(&reply, Reply::encode, |from| Reply::decode(number, from))
    });
}

#[test]
fn connect_records_come_back() {
    let fields = (zxid(), any::<i32>(), any::<i64>(), bytes(), any::<Option<bool>>());
    holds(fields, |(last_seen, timeout_ms, session, password, read_only)| {
        let session = SessionId(session);
        let response =
            ConnectResponse { timeout_ms, session, password: password.clone(), read_only };
        let request =
            ConnectRequest { protocol: 0, last_seen, timeout_ms, session, password, read_only };
        let bytes = written(|to| request.encode(to));
        prop_assert_eq!(ConnectRequest::decode(&bytes), Ok(request));
        let bytes = written(|to| response.encode(to));
        prop_assert_eq!(ConnectResponse::decode(&bytes), Ok(response));
        Ok(())
    });
}

#[test]
fn headers_and_events_come_back() {
    holds((any::<[i32; 3]>(), any::<i64>(), text()), |([a, b, c], zxid, path)| {
        let header = RequestHeader { xid: Xid(a), opcode: b };
        comes_back(&header, RequestHeader::encode, RequestHeader::decode)?;
        let header = ReplyHeader { xid: Xid(a), zxid, error: b };
        comes_back(&header, ReplyHeader::encode, ReplyHeader::decode)?;
        let event = WatcherEvent { kind: b, state: c, path };
        comes_back(&event, WatcherEvent::encode, WatcherEvent::decode)
    });
}

#[test]
fn what_servers_say_to_each_other_comes_back() {
    let numbers = (any::<u8>(), 0..u64::MAX >> 2, any::<u32>());
    holds((numbers, zxid(), text(), bytes()), |((server, round, epoch), zxid, address, data)| {
        let server = ServerId(server.max(1));
        comes_back(&Hello { server, address }, Hello::encode, Hello::decode)?;
        let peer_epoch = Epoch(epoch);
        let state = PeerState::Looking;
        let member = ServerId(server.0.min(253));
        let others = Membership { version: zxid, ..Membership::named(&[member], &[ServerId(254)]) };
        let membership = (epoch % 3 > 0).then(|| Arc::new(others.clone()));
        let vote = Notification { state, leader: server, zxid, round, peer_epoch, membership };
        comes_back(&vote, Notification::encode, Notification::decode)?;
        let packet = Packet::with(PacketKind::Proposal, zxid, data.into());
        comes_back(&packet, Packet::encode, Packet::decode)?;
        let info = LearnerInfo { server, version: zxid };
        let hello = info.packet(epoch % 2 == 0, peer_epoch);
        prop_assert_eq!(LearnerInfo::decode(hello.data()), Ok(info));
        let answer = LearnerInfo::leader_info(peer_epoch, Some(&others));
        prop_assert_eq!(LearnerInfo::leaders_membership(answer.data()), Some(others));
        Ok(())
    });
}

#[test]
fn frames_come_back_however_they_are_cut() {
    let streams = (prop::collection::vec(bytes(), 0..5), prop::collection::vec(1..9usize, 1..9));
    holds(streams, |(payloads, cuts)| {
        let sealed = payloads.iter().map(|it| Frames::seal([&[0; 4], &it[..]].concat()));
        let stream: Vec<u8> = sealed.flatten().collect();
        let (mut frames, mut found, mut at) = (Frames::default(), Vec::new(), 0);
        for cut in cuts.iter().cycle() {
            let end = (at + cut).min(stream.len());
            frames.push(&stream[at..end]);
            while let Ok(Some(payload)) = frames.next() {
                found.push(payload.to_vec());
            }
            at = end;
            if at == stream.len() {
                break;
            }
        }
        prop_assert_eq!(found, payloads);
        Ok(())
    });
}

/// Short records made of small numbers reach further into the decoders than mere noise does.
pub(crate) fn any_bytes() -> impl Strategy<Value = Vec<u8>> {
    let small = prop_oneof![4 => Just(0u8), 2 => 0u8..20, 1 => Just(255u8), 1 => any::<u8>()];
    prop::collection::vec(small, 0..200)
}

#[test]
fn no_bytes_make_decoding_panic() {
    holds((any_bytes(), prop::sample::select(examples())), |(bytes, (example, _))| {
        let reader = || Reader::new(&bytes);
        let _ = Request::decode(example.opcode(), &mut reader());
        let _ = Reply::decode(example.opcode(), &mut reader());
        let _ = ConnectRequest::decode(&bytes);
        let _ = ConnectResponse::decode(&bytes);
        let _ = RequestHeader::decode(&mut reader());
        let _ = ReplyHeader::decode(&mut reader());
        let _ = WatcherEvent::decode(&mut reader());
        let _ = Packet::decode(&mut reader());
        let _ = LearnerInfo::decode(&bytes);
        let _ = Hello::decode(&mut reader());
        let _ = Notification::decode(&mut reader());
        let mut frames = Frames::default();
        frames.push(&bytes);
        while let Ok(Some(_)) = frames.next() {}
        Ok(())
    });
}
