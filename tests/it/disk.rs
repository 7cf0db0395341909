//! A disk in memory: what processes see, and what would survive a loss of power.

use menagerie::base::Zxid;
use menagerie::storage::{DiskOp, Image, Store};
use menagerie::wire::{Proposal, Writer};
use std::collections::BTreeMap;

#[derive(Clone, Default)]
struct File {
    seen: Vec<u8>,
    durable: Vec<u8>,
}

/// What a crash leaves.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Crash {
    /// Whether changes of names that were not synced are kept.
    pub names: bool,
    /// Whether content that was not synced is kept.
    pub content: bool,
}

/// All four that there are.
pub(crate) const CRASHES: [Crash; 4] = [
    Crash { names: true, content: true },
    Crash { names: true, content: false },
    Crash { names: false, content: true },
    Crash { names: false, content: false },
];

/// The files of one server.
#[derive(Clone, Default)]
pub(crate) struct Disk {
    files: Vec<File>,
    seen: BTreeMap<String, usize>,
    durable: BTreeMap<String, usize>,
}

impl Disk {
    /// A disk with these files, all of them durable.
    pub(crate) fn of(image: &Image) -> Disk {
        let mut disk = Disk::default();
        for (name, bytes) in image.iter() {
            disk.seen.insert(name.clone(), disk.files.len());
            disk.files.push(File { seen: bytes.clone(), durable: bytes.clone() });
        }
        disk.durable = disk.seen.clone();
        disk
    }

    /// Executes an operation.
    pub(crate) fn perform(&mut self, op: &DiskOp) {
        match op {
            DiskOp::Write { file, offset, bytes, .. } => {
                let id = *self.seen.entry(file.clone()).or_insert_with(|| {
                    self.files.push(File::default());
                    self.files.len() - 1
                });
                let content = &mut self.files[id].seen;
                let (start, end) = (*offset as usize, *offset as usize + bytes.len());
                content.resize(content.len().max(end), 0);
                content[start..end].copy_from_slice(bytes);
            }
            DiskOp::Reserve { file, len } => {
                let content = &mut self.files[self.seen[file]].seen;
                content.resize(content.len().max(*len as usize), 0);
            }
            DiskOp::Truncate { file, len } => {
                if let Some(&id) = self.seen.get(file) {
                    self.files[id].seen.resize(*len as usize, 0);
                }
            }
            DiskOp::Remove { file } => {
                self.seen.remove(file);
            }
            DiskOp::Rename { from, to } => {
                let id = self.seen.remove(from).expect("what is renamed is there");
                self.seen.insert(to.clone(), id);
            }
            DiskOp::Sync { file } => {
                let file = &mut self.files[self.seen[file]];
                file.durable = file.seen.clone();
            }
            DiskOp::SyncDir => self.durable = self.seen.clone(),
            DiskOp::Barrier { .. } => {}
        }
    }

    /// What is there after a crash.
    pub(crate) fn after(&self, crash: Crash) -> Image {
        let names = if crash.names { &self.seen } else { &self.durable };
        let content = |id: usize| {
            let file = &self.files[id];
            if crash.content { file.seen.clone() } else { file.durable.clone() }
        };
        names.iter().map(|(name, &id)| (name.clone(), content(id))).collect()
    }

    /// What processes see.
    pub(crate) fn image(&self) -> Image {
        self.after(CRASHES[0])
    }
}

/// A proposal whose payload begins like a transaction: its zxid stands behind session and xid.
pub(crate) fn proposal(zxid: Zxid, text: &str) -> Proposal {
    let mut payload = Writer::new();
    payload.long(0).int(0).zxid(zxid).raw(text.as_bytes());
    Proposal { zxid, payload: payload.into_bytes().into() }
}

/// Keeps a snapshot, whole at once.
pub(crate) fn save_snapshot(store: &mut Store, zxid: Zxid, body: &str, ops: &mut Vec<DiskOp>) {
    store.begin_snapshot(zxid);
    store.snapshot_piece(body.into(), ops);
    store.end_snapshot(ops);
}
