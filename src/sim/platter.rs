//! The files of one disk, twice: as processes see them (the page cache) and as a loss of power would
//! leave them (the platter), with what lies between.

use super::content::{Change, Content, survivors};
use crate::base::{Ratio, Rng, Zxid};
use std::collections::{BTreeMap, BTreeSet};

/// A file, whatever its name is (an inode).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct FileId(u64);

/// All files of one disk, in one directory.
#[derive(Default, Debug)]
pub(super) struct Platter {
    files: BTreeMap<FileId, File>,
    /// The names that processes see.
    names: BTreeMap<String, FileId>,
    /// The names that are durable.
    durable_names: BTreeMap<String, FileId>,
    /// What leads from the durable names to the others.
    unsynced_names: Vec<NameChange>,
    created_count: u64,
}

/// One file's content.
#[derive(Default, Debug)]
struct File {
    cache: Content,
    platter: Content,
    /// What leads from the platter to the cache.
    unsynced: Vec<Change>,
}

#[derive(Debug)]
enum NameChange {
    Create { name: String, file: FileId },
    Remove { name: String },
    Rename { from: String, to: String },
}

impl Platter {
    /// Writes into a file, which is created when it is missing.
    pub fn write(&mut self, name: String, offset: u64, bytes: Vec<u8>, zxid: Option<Zxid>) {
        let file = match self.names.get(&name) {
            Some(&file) => file,
            None => self.create(name),
        };
        self.change(file, Change::Write { offset, bytes, zxid });
    }

    /// Whether there is a file of this name, as the process sees it.
    pub fn has(&self, name: &str) -> bool {
        self.names.contains_key(name)
    }

    /// Changes a file's length.
    pub fn truncate(&mut self, name: &str, len: u64) {
        self.change(self.id(name), Change::Truncate { len });
    }

    /// Makes a file so long, when it is shorter.
    pub fn reserve(&mut self, name: &str, len: u64) {
        let id = self.id(name);
        if (self.file(id).cache.bytes.len() as u64) < len {
            self.change(id, Change::Truncate { len });
        }
    }

    /// Removes a file.
    pub fn remove(&mut self, name: String) {
        let _known = self.id(&name);
        self.change_names(NameChange::Remove { name });
    }

    /// Renames a file, and replaces another one of that name.
    pub fn rename(&mut self, from: String, to: String) {
        let _known = self.id(&from);
        self.change_names(NameChange::Rename { from, to });
    }

    /// Makes a file's content durable.
    pub fn sync(&mut self, name: &str) {
        let id = self.id(name);
        let file = self.file(id);
        for change in std::mem::take(&mut file.unsynced) {
            file.platter.apply(&change);
        }
    }

    /// Makes all names durable.
    pub fn sync_names(&mut self) {
        for change in std::mem::take(&mut self.unsynced_names) {
            change.apply(&mut self.durable_names);
        }
        assert_eq!(self.durable_names, self.names, "every change of a name waits to be synced");
        self.drop_nameless();
    }

    /// Every file as processes see it.
    pub fn image(&self) -> BTreeMap<String, Vec<u8>> {
        let bytes = |file| self.files[file].cache.bytes.clone();
        self.names.iter().map(|(name, file)| (name.clone(), bytes(file))).collect()
    }

    /// The highest zxid up to which every tagged write is on the platter, in a file whose name is
    /// there as well. Zero when there is none.
    pub fn durable(&self) -> Zxid {
        let is_named = |name: &String, id| self.durable_names.get(name) == Some(id);
        let logs = self.names.iter().map(|(name, id)| (name, id, &self.files[id]));
        let logs = logs.filter(|(.., file)| !file.cache.tags.is_empty());
        let logs: Vec<(&File, bool)> =
            logs.map(|(name, id, file)| (file, is_named(name, id))).collect();
        let missing = logs.iter().filter_map(|(file, named)| match named {
            true => file.unsynced.iter().filter_map(Change::zxid).min(),
            false => file.cache.tags.first().map(|tag| tag.zxid),
        });
        let missing = missing.min().unwrap_or(Zxid::MAX);
        let there = logs.iter().filter(|(_, named)| *named).filter_map(|(file, _)| {
            file.platter.tags.iter().rev().map(|tag| tag.zxid).find(|&zxid| zxid < missing)
        });
        there.max().unwrap_or(Zxid::ZERO)
    }

    /// The power goes. What was synced stays. Of the rest, each change of a name is kept or lost,
    /// and of each file's content there stays what `survivors` says. Processes will see no more
    /// than that.
    pub fn lose_power(&mut self, rng: &mut Rng) {
        const HALF: Ratio = Ratio { of: 1, among: 2 };
        for change in std::mem::take(&mut self.unsynced_names) {
            if rng.chance(HALF) {
                change.apply(&mut self.durable_names);
            }
        }
        for file in self.files.values_mut().filter(|file| !file.unsynced.is_empty()) {
            for change in survivors(std::mem::take(&mut file.unsynced), rng) {
                file.platter.apply(&change);
            }
        }
        self.forget_behind_the_first_loss();
        self.names = self.durable_names.clone();
        self.drop_nameless();
        for file in self.files.values_mut() {
            file.cache = file.platter.clone();
        }
    }

    /// Records behind one that was lost are of no use, so nobody may count them as durable.
    fn forget_behind_the_first_loss(&mut self) {
        let lost = self.names.values().filter_map(|id| {
            let (file, kept) = (&self.files[id], self.durable_names.values().any(|it| it == id));
            let lost = file.cache.tags.iter().find(|tag| !kept || !file.platter.tags.contains(tag));
            lost.map(|tag| tag.zxid)
        });
        let Some(first) = lost.min() else { return };
        for file in self.files.values_mut() {
            file.platter.tags.retain(|tag| tag.zxid < first);
        }
    }

    fn create(&mut self, name: String) -> FileId {
        self.created_count += 1;
        let file = FileId(self.created_count);
        self.files.insert(file, File::default());
        self.change_names(NameChange::Create { name, file });
        file
    }

    fn change(&mut self, file: FileId, change: Change) {
        let file = self.file(file);
        file.cache.apply(&change);
        file.unsynced.push(change);
    }

    fn change_names(&mut self, change: NameChange) {
        change.apply(&mut self.names);
        self.unsynced_names.push(change);
    }

    fn drop_nameless(&mut self) {
        let named: BTreeSet<FileId> = self.names.values().copied().collect();
        self.files.retain(|file, _| named.contains(file));
    }

    fn id(&self, name: &str) -> FileId {
        let id = self.names.get(name);
        *id.unwrap_or_else(|| panic!("there is no file `{name}` to work on"))
    }

    fn file(&mut self, id: FileId) -> &mut File {
        self.files.get_mut(&id).expect("files with a name are kept")
    }
}

impl NameChange {
    /// Performs the change on names. A file that is not there, because its creation was lost, is
    /// neither removed nor renamed.
    fn apply(&self, names: &mut BTreeMap<String, FileId>) {
        match self {
            NameChange::Create { name, file } => {
                names.insert(name.clone(), *file);
            }
            NameChange::Remove { name } => {
                names.remove(name);
            }
            NameChange::Rename { from, to } => {
                if let Some(file) = names.remove(from) {
                    names.insert(to.clone(), file);
                }
            }
        }
    }
}
