//! Laws of the cores, over many random values. The seed is fixed: the same values on every machine.

use crate::codec::{any_bytes, holds};
use crate::disk::{CRASHES, Disk, proposal, save_snapshot};
use menagerie::base::{Data, Epoch, ErrorCode, SessionId, Xid, ZPath, Zxid};
use menagerie::history::{self, Acls, Change, Passing};
use menagerie::model::{Stamp, Versions};
use menagerie::ops::{
    Check, CloseSession, Create, Delete, Multi, Part, Preparation, Request, SetData, Settings,
};
use menagerie::storage::{
    DiskOp, Image, Keeping, Recovered, Store, open_snapshot, recover, seal_snapshot,
};
use menagerie::tree::{
    Body, Lifetime, Overlay, Rules, SnapshotWriter, StreamScanner, Tree, Txn, read_tree,
};
use menagerie::wire::Acl;
use proptest::prelude::*;
use std::collections::BTreeSet;

const PATHS: [&str; 9] = ["/a", "/b", "/a/x", "/a/y", "/b/x", "/a/x/z", "/a/x/z/w", "/c", "/a/"];

fn path() -> impl Strategy<Value = String> {
    prop::sample::select(&PATHS[..]).prop_map(str::to_owned)
}

fn version() -> impl Strategy<Value = i32> {
    prop_oneof![4 => Just(-1), 2 => 0..3i32]
}

fn part() -> impl Strategy<Value = Part> {
    let create = || {
        (path(), 0..4i32).prop_map(|(path, flags)| {
            let data = path.as_str().into();
            Create { path, data, acls: Acl::open(), flags }
        })
    };
    prop_oneof![
        4 => create().prop_map(Part::Create),
        1 => create().prop_map(Part::Create2),
        3 => (path(), version()).prop_map(|(path, version)| Part::Delete(Delete { path, version })),
        2 => (path(), version()).prop_map(|(path, version)| {
            Part::SetData(SetData { path, data: Data::NULL, version })
        }),
        1 => (path(), version()).prop_map(|(path, version)| Part::Check(Check { path, version })),
    ]
}

/// What happens next: a session asks for something, or one begins.
#[derive(Clone, Debug)]
enum Ask {
    Begin(SessionId),
    Request(SessionId, Request),
}

fn ask() -> impl Strategy<Value = Ask> {
    let session = || (1..4i64).prop_map(SessionId);
    let single = part().prop_filter_map("stands alone", |part| match part {
        Part::Create(it) => Some(Request::Create(it)),
        Part::Create2(it) => Some(Request::Create2(it)),
        Part::Delete(it) => Some(Request::Delete(it)),
        Part::SetData(it) => Some(Request::SetData(it)),
        _ => None,
    });
    let multi =
        prop::collection::vec(part(), 0..5).prop_map(|parts| Request::Multi(Multi { parts }));
    prop_oneof![
        12 => (session(), single).prop_map(|(session, it)| Ask::Request(session, it)),
        4 => (session(), multi).prop_map(|(session, it)| Ask::Request(session, it)),
        1 => session().prop_map(|it| Ask::Request(it, Request::CloseSession(CloseSession))),
        1 => session().prop_map(Ask::Begin),
    ]
}

fn asks() -> impl Strategy<Value = Vec<Ask>> {
    prop::collection::vec(ask(), 0..60)
}

fn zxid_of(at: usize) -> Zxid {
    Zxid::new(Epoch(1), at as u32 + 1)
}

fn prepare(tree: &Tree, overlay: &mut Overlay, ask: &Ask, zxid: Zxid) -> Txn {
    let (session, body) = match ask {
        Ask::Begin(session) => (*session, Body::CreateSession { timeout_ms: 4000 }),
        Ask::Request(session, request) => {
            let rules = &Rules::CORRECT;
            let session = *session;
            let body = {
                let settings = &Settings::default();
                let ids = &[];
                let room_bytes = 1_000;
                let mut leader =
                    Preparation { tree, overlay, session, ids, zxid, rules, settings, room_bytes };
                request.prepare(&mut leader)
            };
            (session, body)
        }
    };
    let time_ms = 1000 + i64::from(zxid.counter());
    Txn { session, xid: Xid(7), zxid, time_ms, body }
}

fn apply(tree: &mut Tree, txn: &Txn) {
    tree.apply(txn, &Rules::CORRECT, &mut Vec::new());
}

/// Each request prepared on the tree that has everything before it.
fn one_by_one(asks: &[Ask]) -> (Vec<Txn>, Tree) {
    let (mut tree, mut txns) = (Tree::new(), Vec::new());
    for (at, ask) in asks.iter().enumerate() {
        let txn = prepare(&tree, &mut Overlay::default(), ask, zxid_of(at));
        apply(&mut tree, &txn);
        txns.push(txn);
    }
    (txns, tree)
}

#[test]
fn what_is_promised_is_what_comes() {
    let cases = (asks(), prop::collection::vec(0..4usize, 60));
    holds(cases, |(asks, delays)| {
        let (expected, at_last) = one_by_one(&asks);
        let (mut tree, mut overlay, mut applied) = (Tree::new(), Overlay::default(), 0);
        for (at, ask) in asks.iter().enumerate() {
            let txn = prepare(&tree, &mut overlay, ask, zxid_of(at));
            prop_assert_eq!(&txn, &expected[at]);
            for _ in 0..delays[at].min(at + 1 - applied) {
                apply(&mut tree, &expected[applied]);
                overlay.applied(expected[applied].zxid);
                applied += 1;
            }
        }
        for txn in &expected[applied..] {
            apply(&mut tree, txn);
            overlay.applied(txn.zxid);
        }
        prop_assert_eq!(tree, at_last);
        prop_assert_eq!(overlay, Overlay::default());
        Ok(())
    });
}

fn change_of(body: &Body) -> Change {
    let path = |text: &str| ZPath::parse(text).unwrap();
    match body {
        Body::CreateSession { timeout_ms } => {
            Change::CreateSession { timeout_ms: u32::try_from(*timeout_ms).unwrap() }
        }
        Body::CloseSession { paths } => {
            Change::CloseSession { paths: paths.iter().map(|it| path(it)).collect() }
        }
        Body::Create { path: text, data, acls, lifetime, parent_cversion, .. } => Change::Create {
            path: path(text),
            data: data.clone(),
            ephemeral: *lifetime == Lifetime::Ephemeral,
            passing: match lifetime {
                Lifetime::Persistent | Lifetime::Ephemeral => None,
                Lifetime::Container => Some(Passing::Container),
                Lifetime::Ttl { ms } => Some(Passing::Ttl { ms: *ms }),
            },
            acls: acls_of(acls),
            parent_cversion: *parent_cversion,
        },
        Body::Delete { path: text } => Change::Delete { path: path(text) },
        Body::DeleteContainer { path: text } => Change::Pass { path: path(text) },
        Body::SetAcl { path: text, acls, version } => {
            Change::SetAcl { path: path(text), acls: acls_of(acls), version: *version }
        }
        Body::Reconfig { .. } => unreachable!("no operation here asks for one"),
        Body::SetData { path: text, data, version } => {
            Change::SetData { path: path(text), data: data.clone(), version: *version }
        }
        Body::Check { path: text, .. } => Change::Check { path: path(text) },
        Body::Multi(parts) => Change::Multi(parts.iter().map(change_of).collect()),
        Body::Error(code) => Change::Error(ErrorCode::from_wire(*code)),
    }
}

fn acls_of(acls: &[Acl]) -> Acls {
    let entry = |it: &Acl| history::Acl::new(&it.scheme, it.id.clone(), it.perms);
    acls.iter().map(entry).collect::<Vec<_>>().into()
}

/// Every path that a transaction creates.
fn created(body: &Body, all: &mut BTreeSet<String>) {
    match body {
        Body::Create { path, .. } => {
            all.insert(path.clone());
        }
        Body::Multi(parts) => parts.iter().for_each(|part| created(part, all)),
        _ => {}
    }
}

/// The same znodes, Stats, children, ephemerals and sessions at `zxid`.
fn agree(
    tree: &Tree,
    model: &Versions,
    paths: &BTreeSet<String>,
    zxid: Zxid,
) -> Result<(), TestCaseError> {
    for path in paths {
        let found = tree.get(path);
        prop_assert_eq!(found.map(|it| it.stat()), model.stat_at(path, zxid), "{}", path);
        let Some((znode, expected)) = found.zip(model.znode_at(path, zxid)) else { continue };
        prop_assert_eq!(&znode.data, &expected.data, "{}", path);
        let children: Vec<&str> = znode.children.iter().map(|name| &**name).collect();
        let expected: Vec<&str> =
            model.children_at(path, zxid).into_iter().map(|it| it.name()).collect();
        prop_assert_eq!(children, expected, "{}", path);
    }
    for session in (1..4).map(SessionId) {
        let ephemerals: Vec<&ZPath> = tree.ephemerals_of(session).collect();
        prop_assert_eq!(ephemerals, model.ephemerals_at(session, zxid));
    }
    prop_assert_eq!(tree.sessions().len() as u32, model.session_count_at(zxid));
    Ok(())
}

#[test]
fn the_tree_is_the_model() {
    holds(asks(), |asks| {
        let (mut begun, mut asks) = (BTreeSet::new(), asks);
        asks.retain(|ask| !matches!(ask, Ask::Begin(session) if !begun.insert(*session)));
        let (txns, _) = one_by_one(&asks);
        let mut paths = BTreeSet::from(["/".to_owned(), "/zookeeper".to_owned()]);
        let (mut tree, mut model) = (Tree::new(), Versions::default());
        for txn in &txns {
            created(&txn.body, &mut paths);
            apply(&mut tree, txn);
            tree.assert_invariants();
            let stamp = Stamp { zxid: txn.zxid, session: txn.session, time_ms: txn.time_ms };
            prop_assert_eq!(model.apply(stamp, &change_of(&txn.body)), Ok(()));
            agree(&tree, &model, &paths, txn.zxid)?;
        }
        Ok(())
    });
}

#[test]
fn a_fuzzy_snapshot_and_the_log_behind_it_are_the_tree() {
    let cases = (asks(), 0..60usize, 1..4usize, prop::collection::vec(0..4usize, 60));
    holds(cases, |(asks, begin, chunk, between)| {
        let (txns, at_last) = one_by_one(&asks);
        let (mut tree, begin) = (Tree::new(), begin.min(txns.len()));
        txns[..begin].iter().for_each(|txn| apply(&mut tree, txn));
        let mut writer = SnapshotWriter::begin(&tree);
        let (mut waiting, mut pauses) = (txns[begin..].iter(), between.into_iter());
        while !writer.step(&tree, chunk) {
            let count = pauses.next().unwrap_or(0);
            waiting.by_ref().take(count).for_each(|txn| apply(&mut tree, txn));
        }
        let name = writer.name();
        let mut read = read_tree(&writer.into_body(), name).expect("it was just written");
        txns.iter().filter(|txn| txn.zxid > name).for_each(|txn| apply(&mut read, txn));
        read.assert_invariants();
        prop_assert_eq!(read, at_last);
        Ok(())
    });
}

#[test]
fn a_whole_snapshot_is_the_tree() {
    holds(asks(), |asks| {
        let (_, tree) = one_by_one(&asks);
        let sealed = seal_snapshot(&SnapshotWriter::whole(&tree));
        let body = open_snapshot(&sealed).expect("it was just sealed");
        prop_assert_eq!(read_tree(body, tree.last()), Ok(tree));
        Ok(())
    });
}

#[test]
fn the_end_of_a_stream_is_found_however_it_is_cut() {
    let cases = (asks(), prop::collection::vec(1..60usize, 1..9), any_bytes());
    holds(cases, |(asks, cuts, behind)| {
        let (_, tree) = one_by_one(&asks);
        let whole = SnapshotWriter::stream(&tree);
        let arriving = [&whole[..], &behind[..]].concat();
        let (mut scanner, mut at) = (StreamScanner::default(), 0);
        let mut cuts = cuts.iter().cycle();
        let found = loop {
            let found = scanner.scan(&arriving[..at]).expect("it is a stream");
            prop_assert_eq!(found.is_some(), at >= whole.len(), "at byte {}", at);
            if let Some(found) = found {
                break found;
            }
            at = (at + cuts.next().unwrap()).min(arriving.len());
        };
        prop_assert_eq!(found.1, whole.len());
        prop_assert_eq!(read_tree(&whole[..found.0], tree.last()), Ok(tree));
        Ok(())
    });
}

#[test]
fn transactions_come_back() {
    holds((asks(), any_bytes()), |(asks, behind)| {
        for txn in one_by_one(&asks).0 {
            let bytes = txn.encode();
            prop_assert_eq!(Txn::decode(&bytes), Ok(txn.clone()));
            for cut in 0..bytes.len() {
                // A close without its list of paths is a whole transaction of older servers.
                let whole = Txn::decode(&bytes[..cut]).is_ok();
                prop_assert_eq!(whole, matches!(txn.body, Body::CloseSession { .. }) && cut == 32);
            }
            // A digest may stand behind the body.
            prop_assert_eq!(Txn::decode(&[&bytes[..], &behind[..]].concat()), Ok(txn));
        }
        Ok(())
    });
}

/// Bytes that are nothing, or begin or end like something.
fn any_file() -> impl Strategy<Value = Vec<u8>> {
    let header = b"ZKLG\0\0\0\x02\0\0\0\0\0\0\0\0";
    let small = any::<u8>().prop_map(|number| number.to_string().into_bytes());
    let log = prop::collection::vec((1..4u32, 1..6u32), 0..4).prop_map(move |zxids| {
        let mut store = recover(&Image::new(), b"", &mut Vec::new()).unwrap().store;
        for (epoch, counter) in zxids {
            store.append(proposal(Zxid::new(Epoch(epoch), counter), ""));
        }
        let mut ops = Vec::new();
        store.write_log(&mut ops);
        let mut disk = Disk::default();
        ops.iter().for_each(|op| disk.perform(op));
        disk.image().values().next().cloned().unwrap_or_default()
    });
    prop_oneof![
        any_bytes(),
        small,
        any_bytes().prop_map(|bytes| seal_snapshot(&bytes)),
        any_bytes().prop_map(|bytes| [&header[..], &bytes[..]].concat()),
        (log.clone(), any_bytes()).prop_map(|(log, bytes)| [log, bytes].concat()),
        log,
    ]
}

fn any_image() -> impl Strategy<Value = Image> {
    let names = [
        "snapshot.0",
        "snapshot.100000002",
        "snapshot.200000003",
        "log.100000001",
        "log.100000003",
        "log.200000001",
        "log.-1",
        "log.x",
        "log.",
        "log.+200000001",
        "log.0200000001",
        "log.fffffffffffffffffff",
        "snapshot.",
        "snapshot.zz",
        "snapshot.0200000003",
        "snapshot.200000003.tmp",
        "snapshot.ffffffffffffffffff",
        "snapshot.7fffffffffffffff",
        "acceptedEpoch",
        "currentEpoch",
        "acceptedEpoch.tmp",
    ];
    let name = prop::sample::select(names.to_vec()).prop_map(str::to_owned);
    prop::collection::btree_map(name, any_file(), 0..6).prop_map(Image::from)
}

#[test]
fn no_disk_makes_recovery_panic() {
    holds((any_image(), any_bytes()), |(image, bytes)| {
        let mut ops = Vec::new();
        if let Ok(found) = recover(&image, b"empty", &mut ops) {
            if let Some((zxid, body)) = &found.snapshot {
                let _ = read_tree(body, *zxid);
            }
            found.proposals.iter().for_each(|it| drop(Txn::decode(&it.payload)));
            let mut disk = Disk::of(&image);
            ops.iter().for_each(|op| disk.perform(op));
            let again = recover(&disk.image(), b"empty", &mut Vec::new());
            prop_assert_eq!(words(&again.expect("it was put in order")), words(&found));
        }
        let _ = (Txn::decode(&bytes), open_snapshot(&bytes), read_tree(&bytes, Zxid::ZERO));
        let _ = StreamScanner::default().scan(&bytes);
        Ok(())
    });
}

#[test]
fn no_change_of_a_byte_makes_reading_panic() {
    holds((asks(), any::<prop::sample::Index>(), any::<u8>()), |(asks, at, byte)| {
        let (txns, tree) = one_by_one(&asks);
        let mut body = SnapshotWriter::stream(&tree);
        let at_byte = at.index(body.len());
        body[at_byte] = byte;
        let _ = read_tree(&body, Zxid::ZERO);
        let _ = StreamScanner::default().scan(&body);
        for txn in txns {
            let mut bytes = txn.encode();
            let at_byte = at.index(bytes.len());
            bytes[at_byte] = byte;
            let _ = Txn::decode(&bytes);
        }
        Ok(())
    });
}

/// Snapshot, log, accepted epoch, current epoch.
type Found = (Option<(Zxid, Vec<u8>)>, Vec<Zxid>, Epoch, Epoch);

/// What recovery found, but for the index of the files. The first start finds no snapshot and makes
/// one, of the empty tree.
fn words(found: &Recovered) -> Found {
    let snapshot = found.snapshot.clone().unwrap_or((Zxid::ZERO, b"empty".to_vec()));
    let log = found.proposals.iter().map(|it| it.zxid).collect();
    (Some(snapshot), log, found.accepted, found.current)
}

/// What a server asks of its store.
#[derive(Clone, Debug)]
enum Want {
    Append(usize),
    Roll,
    Snapshot(usize),
    Truncate(usize),
    Install(u32),
    Epochs(u32, u32),
}

fn want() -> impl Strategy<Value = Want> {
    prop_oneof![
        6 => (1..4usize).prop_map(Want::Append),
        1 => Just(Want::Roll),
        2 => (0..3usize).prop_map(Want::Snapshot),
        2 => (0..6usize).prop_map(Want::Truncate),
        1 => (1..6u32).prop_map(Want::Install),
        1 => (0..5u32, 0..5u32).prop_map(|(one, other)| Want::Epochs(one.max(other), one.min(other))),
    ]
}

/// What the disk holds: the log by zxid since the last installed tree, and the epochs.
#[derive(Clone, Debug)]
struct Held {
    base: Zxid,
    log: Vec<Zxid>,
    snapshots: BTreeSet<Zxid>,
    accepted: u32,
    current: u32,
    /// The next proposal begins a new epoch.
    fresh: bool,
}

impl Held {
    fn last(&self) -> Zxid {
        self.log.last().copied().unwrap_or(self.base)
    }

    fn next(&self) -> Zxid {
        let last = self.last();
        if self.fresh { Zxid::new(Epoch(last.epoch().0 + 1), 1) } else { last.next().unwrap() }
    }

    /// Carries a wish out; `None` when it cannot be.
    fn carry_out(&mut self, want: &Want, store: &mut Store, ops: &mut Vec<DiskOp>) -> Option<()> {
        match want {
            Want::Append(count) => {
                for _ in 0..*count {
                    let zxid = self.next();
                    store.append(proposal(zxid, &"x".repeat(zxid.counter() as usize * 40)));
                    self.log.push(zxid);
                    self.fresh = false;
                }
                store.write_log(ops);
            }
            Want::Roll => store.log().roll(),
            Want::Snapshot(back) => {
                let zxid = *self.log.iter().rev().nth(*back)?;
                let newest = self.snapshots.last().copied().unwrap_or(self.base);
                let newer = zxid > newest.max(self.base);
                newer.then(|| save_snapshot(store, zxid, &zxid.to_string(), ops))?;
                store.purge(ops);
                self.snapshots.insert(zxid);
            }
            Want::Truncate(back) => {
                let to = *self.log.iter().rev().nth(*back)?;
                let can = store.can_truncate(to);
                can.then(|| store.truncate(to, ops))?;
                self.log.retain(|&zxid| zxid <= to);
                self.snapshots.retain(|&zxid| zxid <= to);
                self.fresh = true;
            }
            Want::Install(further) => {
                let last = self.last();
                let zxid = Zxid::new(last.epoch(), last.counter() + further);
                store.install(zxid, zxid.to_string().into(), ops);
                (self.base, self.log, self.snapshots) = (zxid, Vec::new(), BTreeSet::new());
            }
            Want::Epochs(accepted, current) => {
                store.write_epochs(Epoch(*accepted), Epoch(*current), ops);
                self.accepted = self.accepted.max(*accepted);
                self.current = self.current.max(*current);
            }
        }
        Some(())
    }

    /// Whether recovery has found a state on the way from `self` to `later`.
    fn may_find(&self, later: &Held, found: &Recovered) -> Result<(), TestCaseError> {
        let found_last = found.store.last();
        let (least, most) = (self.last().min(later.last()), self.last().max(later.last()));
        prop_assert!((least..=most).contains(&found_last), "{} is lost or too much", found_last);
        let longer = if self.log.len() > later.log.len() { self } else { later };
        let installs = self.base != later.base;
        if installs && found_last == later.last() {
            prop_assert!(found.proposals.is_empty());
        } else {
            let from = if installs { self } else { longer };
            let base = found.snapshot.as_ref().map_or(Zxid::ZERO, |it| it.0);
            let log = from.log.iter().copied();
            let expected: Vec<Zxid> = log.filter(|it| *it > base && *it <= found_last).collect();
            prop_assert_eq!(&words(found).1, &expected, "behind the snapshot {}", base);
        }
        prop_assert!(found.accepted.0 >= self.accepted && found.current.0 >= self.current);
        prop_assert!(found.accepted.0 <= later.accepted.max(found_last.epoch().0));
        prop_assert!(found.current.0 <= later.current.max(found_last.epoch().0));
        Ok(())
    }
}

/// Recovers, puts in order, goes on with one more proposal, and recovers that.
fn go_on_from(image: &Image) -> Result<Recovered, TestCaseError> {
    let mut ops = Vec::new();
    let found = recover(image, b"empty", &mut ops);
    let Ok(found) = found else { return Err(TestCaseError::fail(found.unwrap_err().to_string())) };
    let mut disk = Disk::of(image);
    ops.iter().for_each(|op| disk.perform(op));
    for crash in CRASHES {
        let again = recover(&disk.after(crash), b"empty", &mut Vec::new());
        prop_assert_eq!(words(&again.expect("it was put in order")), words(&found));
    }
    let (mut store, mut ops) = (found.store.clone(), Vec::new());
    let next = store.last().next().unwrap();
    store.append(proposal(next, "next"));
    store.write_log(&mut ops);
    ops.iter().for_each(|op| disk.perform(op));
    let again = recover(&disk.after(CRASHES[3]), b"empty", &mut Vec::new());
    let Ok(again) = again else { return Err(TestCaseError::fail(again.unwrap_err().to_string())) };
    prop_assert_eq!(again.proposals.last().map(|it| it.zxid), Some(next));
    prop_assert_eq!(again.proposals.len(), found.proposals.len() + 1);
    Ok(found)
}

#[test]
fn what_the_disk_has_executed_survives_every_crash() {
    let reserves = prop::sample::select(vec![0, 300, 4096]);
    holds((reserves, prop::collection::vec(want(), 1..14)), |(reserve_bytes, wants)| {
        let (mut disk, mut ops) = (Disk::default(), Vec::new());
        let mut store = recover(&Image::new(), b"empty", &mut ops).unwrap().store;
        ops.iter().for_each(|op| disk.perform(op));
        store.keep(Keeping { reserve_bytes, ..Keeping::PLAIN });
        let mut held = Held {
            base: Zxid::ZERO,
            log: Vec::new(),
            snapshots: BTreeSet::new(),
            accepted: 0,
            current: 0,
            fresh: true,
        };
        for want in &wants {
            let (before, mut ops) = (held.clone(), Vec::new());
            if held.carry_out(want, &mut store, &mut ops).is_none() {
                held = before;
                continue;
            }
            for op in &ops {
                for crash in CRASHES {
                    before.may_find(&held, &go_on_from(&disk.after(crash))?)?;
                }
                disk.perform(op);
            }
            for crash in CRASHES {
                held.may_find(&held, &go_on_from(&disk.after(crash))?)?;
            }
        }
        Ok(())
    });
}
