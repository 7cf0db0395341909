//! What is on a disk, as far as a server that starts has to know.

use super::disk_op::DiskSizes;
use super::epochs::{ACCEPTED, CURRENT};
use super::log;
use super::recovery::{INITIALIZE, MEMBERSHIP};
use super::snapshots::{self, open_snapshot};
use crate::base::Zxid;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Deref, DerefMut};

/// What is read whatever else there is.
const SMALL: [&str; 4] = [ACCEPTED, CURRENT, INITIALIZE, MEMBERSHIP];

/// The files of a server's disk, by name. Behaves like the map of those that were read.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Image {
    read: BTreeMap<String, Vec<u8>>,
    /// Snapshots and files of the log that are older than what was read, and were not.
    unread: BTreeSet<String>,
}

/// A disk that can be read file by file.
pub trait Files {
    /// What can go wrong.
    type Error;

    /// The names of all files.
    fn names(&self) -> Result<Vec<String>, Self::Error>;

    /// The content of one.
    fn read(&self, name: &str) -> Result<Vec<u8>, Self::Error>;
}

impl Image {
    /// No file.
    pub fn new() -> Image {
        Image::default()
    }

    /// How large the files are that were read: all of them in one folder.
    pub fn sizes(&self) -> DiskSizes {
        let sum = self.read.values().map(|bytes| bytes.len() as u64).sum();
        DiskSizes { data: sum, log: sum }
    }

    /// Reads what recovery needs: the newest snapshot that is whole, and the log from there on. A
    /// server that is never purged has far more than fits into memory.
    pub fn gather<F: Files>(files: &F) -> Result<Image, F::Error> {
        let (names, mut image) = (files.names()?, Image::new());
        let mut base = Zxid::ZERO;
        for (zxid, name) in by_zxid(&names, snapshots::zxid_in).into_iter().rev() {
            if image.read.is_empty() {
                let bytes = files.read(name)?;
                if open_snapshot(&bytes).is_some() {
                    base = zxid;
                    image.read.insert(name.clone(), bytes);
                }
            } else {
                image.unread.insert(name.clone());
            }
        }
        let logs = by_zxid(&names, log::zxid_in);
        // The last file that begins at or before the snapshot may go on behind it.
        let first = logs.partition_point(|(zxid, _)| *zxid <= base).saturating_sub(1);
        image.unread.extend(logs[..first].iter().map(|(_, name)| (*name).clone()));
        let small = names.iter().filter(|name| SMALL.contains(&name.as_str()));
        let unfinished = names.iter().filter(|name| snapshots::is_unfinished(name));
        image.read.extend(unfinished.map(|name| (name.clone(), Vec::new())));
        for name in logs[first..].iter().map(|(_, name)| *name).chain(small) {
            image.read.insert(name.clone(), files.read(name)?);
        }
        Ok(image)
    }

    /// Older snapshots and files of the log, of which only the names are known, in order.
    pub(super) fn unread(&self, zxid_in: fn(&str) -> Option<Zxid>) -> Vec<(Zxid, &String)> {
        by_zxid(&self.unread, zxid_in)
    }
}

/// The names that mean something, in the order of what they mean.
fn by_zxid<'a>(
    names: impl IntoIterator<Item = &'a String>,
    zxid_in: fn(&str) -> Option<Zxid>,
) -> Vec<(Zxid, &'a String)> {
    let named = names.into_iter().filter_map(|name| Some((zxid_in(name)?, name)));
    let mut named: Vec<(Zxid, &String)> = named.collect();
    named.sort_unstable();
    named
}

impl From<BTreeMap<String, Vec<u8>>> for Image {
    fn from(read: BTreeMap<String, Vec<u8>>) -> Image {
        Image { read, unread: BTreeSet::new() }
    }
}

impl FromIterator<(String, Vec<u8>)> for Image {
    fn from_iter<T: IntoIterator<Item = (String, Vec<u8>)>>(files: T) -> Image {
        BTreeMap::from_iter(files).into()
    }
}

impl Deref for Image {
    type Target = BTreeMap<String, Vec<u8>>;

    fn deref(&self) -> &Self::Target {
        &self.read
    }
}

impl DerefMut for Image {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.read
    }
}
