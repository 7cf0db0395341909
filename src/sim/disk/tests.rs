//! What a disk promises to keep, and what it may lose.

use super::*;
use crate::base::{Epoch, Ratio, Rng};

const LOG: &str = "log.1";

fn disk(seed: u64) -> Disk {
    let settings =
        DiskSettings { sync_ms: [1, 1], stall: Ratio { of: 0, among: 1 }, stall_ms: [0, 0] };
    Disk::new(&Streams::new(seed, &[]), ServerId(2), settings)
}

fn zxid(counter: u32) -> Zxid {
    Zxid::new(Epoch(1), counter)
}

fn write(file: &str, offset: u64, text: &str) -> DiskOp {
    DiskOp::Write { file: file.into(), offset, bytes: text.into(), zxid: None }
}

/// A record of ten bytes in the log, at its place.
fn append(file: &str, place: u64, counter: u32) -> DiskOp {
    let bytes = format!("record {counter:03}").into_bytes();
    DiskOp::Write { file: file.into(), offset: 10 * place, bytes, zxid: Some(zxid(counter)) }
}

fn sync(file: &str) -> DiskOp {
    DiskOp::Sync { file: file.into() }
}

/// Executes everything, and returns what is durable last, if it changed.
fn finish(disk: &mut Disk, ops: impl IntoIterator<Item = DiskOp>) -> Option<Zxid> {
    ops.into_iter().for_each(|op| disk.push(op));
    let mut durable = None;
    for ms in 0.. {
        let progress = disk.run(Time::from_ms(ms));
        durable = progress.durable.or(durable);
        if progress.busy_until.is_none() && disk.busy_until.is_none() {
            break;
        }
    }
    durable
}

/// What is left of a file in each of many crashes after these operations.
fn after_crashes(file: &str, ops: &[DiskOp]) -> Vec<Option<String>> {
    let left = |seed| {
        let mut disk = disk(seed);
        finish(&mut disk, ops.iter().cloned());
        disk.crash(Time::ZERO, true);
        let bytes = disk.image().remove(file)?;
        Some(String::from_utf8(bytes).unwrap())
    };
    let mut all: Vec<Option<String>> = (0..200).map(left).collect();
    all.sort();
    all.dedup();
    all
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn operations_are_executed_in_order_and_wait_for_syncs() {
    let mut disk = disk(1);
    let barrier = |token| DiskOp::Barrier { token };
    for op in [write("a", 0, "x"), barrier(1), sync("a"), barrier(2), write("a", 1, "y")] {
        disk.push(op);
    }
    let first = disk.run(Time::ZERO);
    assert_eq!((first.passed, first.busy_until), (vec![1], Some(Time::from_ms(1))));
    assert_eq!(disk.image()["a"], b"x", "the write behind the sync waits");
    assert_eq!(disk.run(Time(999)), Progress::default());
    assert!(disk.is_busy_until(Time::from_ms(1)));
    assert_eq!(disk.run(Time::from_ms(1)).passed, [2]);
    assert_eq!(disk.image()["a"], b"xy");
}

#[test]
fn a_slow_disk_takes_longer_and_a_stall_comes_on_top() {
    let mut disk = disk(1);
    disk.settings.stall = Ratio { of: 1, among: 1 };
    disk.settings.stall_ms = [5, 5];
    disk.set_factor(10);
    disk.push(DiskOp::SyncDir);
    assert_eq!(disk.run(Time::ZERO).busy_until, Some(Time::from_ms(60)));
}

#[test]
fn a_process_that_dies_leaves_the_page_cache_and_loses_the_queue() {
    let mut disk = disk(1);
    for op in [write("a", 0, "x"), sync("a"), write("a", 0, "y"), DiskOp::Barrier { token: 1 }] {
        disk.push(op);
    }
    disk.run(Time::ZERO);
    assert_eq!(disk.crash(Time::ZERO, false), None);
    assert_eq!(disk.run(Time::from_ms(100)), Progress::default());
    assert_eq!(disk.image()["a"], b"x");
}

#[test]
fn unsynced_bytes_may_be_lost_kept_or_kept_in_part() {
    let ops = [write("a", 0, "aa"), DiskOp::SyncDir, sync("a"), write("a", 2, "b")];
    assert_eq!(after_crashes("a", &ops), [some("aa"), some("aab")]);
    let ops: Vec<DiskOp> = ops.into_iter().chain([write("a", 3, "c")]).collect();
    let expected = [some("aa"), some("aa\0c"), some("aab"), some("aabc")];
    assert_eq!(after_crashes("a", &ops), expected);
}

#[test]
fn an_unsynced_write_may_be_torn_between_sectors_only() {
    let record = "r".repeat(1200);
    let ops = [write("a", 0, "head"), DiskOp::SyncDir, sync("a"), write("a", 4, &record)];
    let lengths: Vec<usize> =
        after_crashes("a", &ops).iter().map(|left| left.as_ref().map_or(0, String::len)).collect();
    assert_eq!(lengths, [4, 512, 1024, 1204]);
}

#[test]
fn an_unsynced_truncate_may_be_undone() {
    let truncate = DiskOp::Truncate { file: "a".into(), len: 1 };
    let ops = [write("a", 0, "abc"), DiskOp::SyncDir, sync("a"), truncate.clone()];
    assert_eq!(after_crashes("a", &ops), [some("a"), some("abc")]);
    let ops = [write("a", 0, "abc"), DiskOp::SyncDir, truncate, sync("a")];
    assert_eq!(after_crashes("a", &ops), [some("a")]);
}

#[test]
fn a_file_without_directory_sync_can_vanish_with_its_synced_content() {
    let ops = [write("a", 0, "abc"), sync("a")];
    assert_eq!(after_crashes("a", &ops), [None, some("abc")]);
    let ops = [write("a", 0, "abc"), sync("a"), DiskOp::SyncDir];
    assert_eq!(after_crashes("a", &ops), [some("abc")]);
}

#[test]
fn a_rename_is_atomic_and_needs_the_directory_sync() {
    let rename = DiskOp::Rename { from: "a.tmp".into(), to: "a".into() };
    let safe = [
        write("a", 0, "old"),
        sync("a"),
        write("a.tmp", 0, "new"),
        sync("a.tmp"),
        DiskOp::SyncDir,
        rename.clone(),
    ];
    assert_eq!(after_crashes("a", &safe), [some("new"), some("old")]);
    let careless = [
        write("a", 0, "old"),
        sync("a"),
        DiskOp::SyncDir,
        write("a.tmp", 0, "new"),
        rename,
        DiskOp::SyncDir,
    ];
    assert_eq!(after_crashes("a", &careless), [some(""), some("new")], "the name without content");
}

#[test]
fn a_removed_file_may_come_back() {
    let ops = [
        write("a", 0, "abc"),
        sync("a"),
        DiskOp::SyncDir,
        DiskOp::Remove { file: "a".into() },
        write("b", 0, ""),
    ];
    assert_eq!(after_crashes("a", &ops), [None, some("abc")]);
}

#[test]
fn a_zxid_is_durable_when_content_and_name_are() {
    let mut disk = disk(1);
    assert_eq!(finish(&mut disk, [append(LOG, 0, 1), sync(LOG)]), None, "the name is not");
    assert_eq!(finish(&mut disk, [DiskOp::SyncDir]), Some(zxid(1)));
    assert_eq!(finish(&mut disk, [append(LOG, 1, 2), append(LOG, 2, 3)]), None);
    assert_eq!(finish(&mut disk, [sync(LOG)]), Some(zxid(3)));
    assert_eq!(finish(&mut disk, [sync(LOG)]), None, "nothing new");
}

#[test]
fn a_later_log_is_durable_only_behind_the_earlier_one() {
    let mut disk = disk(1);
    finish(&mut disk, [append(LOG, 0, 1), DiskOp::SyncDir, sync(LOG), append(LOG, 1, 2)]);
    let later = [append("log.3", 0, 3), sync("log.3"), DiskOp::SyncDir];
    assert_eq!(finish(&mut disk, later), None);
    assert_eq!(finish(&mut disk, [sync(LOG)]), Some(zxid(3)));
}

#[test]
fn truncating_takes_the_claim_back() {
    let mut disk = disk(1);
    let ops = [append(LOG, 0, 1), append(LOG, 1, 2), DiskOp::SyncDir, sync(LOG)];
    assert_eq!(finish(&mut disk, ops), Some(zxid(2)));
    let truncate = DiskOp::Truncate { file: LOG.into(), len: 10 };
    assert_eq!(finish(&mut disk, [truncate, sync(LOG)]), Some(zxid(1)));
    assert_eq!(finish(&mut disk, [append(LOG, 1, 9), sync(LOG)]), Some(zxid(9)));
}

#[test]
fn after_a_loss_of_power_just_what_survived_is_durable() {
    for seed in 0..200 {
        let mut disk = disk(seed);
        finish(&mut disk, [append(LOG, 0, 1), sync(LOG), DiskOp::SyncDir]);
        finish(&mut disk, (2..6).map(|counter| append(LOG, u64::from(counter) - 1, counter)));
        disk.crash(Time::ZERO, true);
        let log = disk.image().remove(LOG).unwrap();
        let whole = log.chunks(10).take_while(|record| record[0] != 0).count() as u32;
        assert_eq!(disk.claimed, zxid(whole), "seed {seed}");
    }
}

/// One random operation on one of three files.
fn any_op(disk: &Disk, rng: &mut Rng) -> DiskOp {
    let name = |rng: &mut Rng| format!("f{}", rng.below(3));
    let (file, to) = (name(rng), name(rng));
    let exists = disk.platter.image().contains_key(&file);
    match rng.below(9) {
        0 | 1 if exists => DiskOp::Sync { file },
        2 | 3 => DiskOp::SyncDir,
        4 if exists => DiskOp::Truncate { file, len: rng.below(2000) },
        5 if exists => DiskOp::Remove { file },
        6 if exists && to != file => DiskOp::Rename { from: file, to },
        _ => {
            let bytes = vec![rng.below(256) as u8; rng.below(1500) as usize];
            DiskOp::Write { file, offset: rng.below(2000), bytes, zxid: None }
        }
    }
}

#[test]
fn what_was_synced_survives_every_crash() {
    for seed in 0..200 {
        let (mut disk, mut rng) = (disk(seed), Rng::stream(seed, "ops"));
        for _ in 0..rng.below(40) {
            let op = any_op(&disk, &mut rng);
            finish(&mut disk, [op]);
        }
        let files: Vec<String> = disk.image().into_keys().collect();
        let syncs = files.iter().map(|file| sync(file)).chain([DiskOp::SyncDir]);
        finish(&mut disk, syncs);
        let synced = disk.image();
        // One file changes and nothing is synced: the others have to be untouched.
        finish(&mut disk, [write("f0", rng.below(100), "changed"), write("f9", 0, "new")]);
        disk.crash(Time::ZERO, true);
        let mut left = disk.image();
        for (file, content) in synced.iter().filter(|(file, _)| *file != "f0") {
            assert_eq!(left.remove(file).as_ref(), Some(content), "seed {seed}, {file}");
        }
        left.remove("f0");
        left.remove("f9");
        assert!(left.is_empty(), "seed {seed}: {:?} came from nowhere", left.keys());
        let once = disk.image();
        disk.crash(Time::ZERO, true);
        assert_eq!(disk.image(), once, "seed {seed}: a second crash finds everything synced");
    }
}
