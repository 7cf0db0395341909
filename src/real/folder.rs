//! A server's files: `dataDir/version-2` for snapshots and epochs, `dataLogDir/version-2` for the
//! log. Executes one operation at a time; knows nothing of what is in the files.

use super::error::Error;
use crate::server::{DiskOp, Files, INITIALIZE, Image};
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// Files that are kept open: the log's last one, and what is being written beside.
const OPEN_MAX: usize = 4;
/// Held locked while a server uses the folder.
const LOCK: &str = "menagerie.lock";

/// The files of one server.
#[derive(Debug)]
pub struct Folder {
    data: PathBuf,
    log: PathBuf,
    open: BTreeMap<String, File>,
    /// Whether the log is synced (`forceSync`).
    force_sync: bool,
    /// Holds the lock, as long as the process lives.
    _lock: File,
}

impl Folder {
    /// Opens the folders of a server, and makes them when they are missing. Nobody else may use
    /// them from now on.
    pub fn open(data_dir: &Path, data_log_dir: &Path, force_sync: bool) -> Result<Folder, Error> {
        let [data, log] = [data_dir, data_log_dir].map(|it| it.join("version-2"));
        for folder in [&data, &log] {
            fs::create_dir_all(folder).map_err(Error::file(folder))?;
        }
        let lock = data.join(LOCK);
        let mut options = OpenOptions::new();
        let file = options.create(true).truncate(false).write(true).open(&lock);
        let file = file.map_err(Error::file(&lock))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => return Err(Error::InUse { path: data }),
            Err(fs::TryLockError::Error(error)) => return Err(Error::File { path: lock, error }),
        }
        for (folder, other) in [(&data, "log."), (&log, "snapshot.")] {
            if data != log {
                has_none(folder, other)?;
            }
        }
        Ok(Folder { data, log, open: BTreeMap::new(), force_sync, _lock: file })
    }

    /// Where snapshots and epochs are, and where the log is.
    pub fn places(&self) -> [PathBuf; 2] {
        [self.data.clone(), self.log.clone()]
    }

    /// Executes one operation. The error says which file it was about.
    pub fn perform(&mut self, op: &DiskOp) -> Result<(), Error> {
        let (name, done) = match op {
            DiskOp::Write { file, offset, bytes, .. } => {
                (file, self.file(file).and_then(|it| it.write_all_at(bytes, *offset)))
            }
            DiskOp::Reserve { file, len } => (file, self.reserve(file, *len)),
            DiskOp::Truncate { file, len } => (file, self.truncate(file, *len)),
            DiskOp::Remove { file } => (file, self.remove(file)),
            DiskOp::Rename { from, to } => (to, self.rename(from, to)),
            DiskOp::Sync { file } if !self.force_sync && is_log(file) => (file, Ok(())),
            DiskOp::Sync { file } => (file, self.file(file).and_then(|it| it.sync_data())),
            DiskOp::SyncDir => return self.sync_folders(),
            DiskOp::Barrier { .. } => return Ok(()),
        };
        done.map_err(|error| Error::File { path: self.path(name), error })
    }

    /// What a server that starts has to know of them.
    pub fn gather(&self) -> Result<Image, Error> {
        Image::gather(self)
    }

    /// Whether a file of this name belongs to the log, and syncing it means something.
    pub fn syncs_log(&self, name: &str) -> bool {
        is_log(name) && self.force_sync
    }

    fn path(&self, name: &str) -> PathBuf {
        match name {
            INITIALIZE => self.data.with_file_name(name),
            name if is_log(name) => self.log.join(name),
            name => self.data.join(name),
        }
    }

    fn file(&mut self, name: &str) -> io::Result<&File> {
        if !self.open.contains_key(name) {
            if self.open.len() >= OPEN_MAX {
                self.open.clear();
            }
            let mut options = OpenOptions::new();
            let file = options.create(true).truncate(false).read(true).write(true);
            self.open.insert(name.to_owned(), file.open(self.path(name))?);
        }
        Ok(&self.open[name])
    }

    /// Where the file system cannot keep room, the length alone is better than nothing.
    fn reserve(&mut self, name: &str, len: u64) -> io::Result<()> {
        let file = self.file(name)?;
        if file.metadata()?.len() >= len {
            return Ok(());
        }
        let length = libc::off_t::try_from(len).map_err(io::Error::other)?;
        // SAFETY: the descriptor is open as long as `file` is.
        match unsafe { libc::posix_fallocate(file.as_raw_fd(), 0, length) } {
            0 => Ok(()),
            libc::EOPNOTSUPP | libc::EINVAL => file.set_len(len),
            error => Err(io::Error::from_raw_os_error(error)),
        }
    }

    fn truncate(&mut self, name: &str, len: u64) -> io::Result<()> {
        if !self.path(name).exists() {
            return Ok(());
        }
        self.file(name)?.set_len(len)
    }

    fn remove(&mut self, name: &str) -> io::Result<()> {
        self.open.remove(name);
        match fs::remove_file(self.path(name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            done => done,
        }
    }

    fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        self.open.remove(from);
        self.open.remove(to);
        fs::rename(self.path(from), self.path(to))
    }

    fn sync_folders(&self) -> Result<(), Error> {
        let sync = |folder: &Path| {
            File::open(folder).and_then(|it| it.sync_all()).map_err(Error::file(folder))
        };
        sync(&self.data)?;
        if self.log == self.data { Ok(()) } else { sync(&self.log) }
    }
}

impl Files for Folder {
    type Error = Error;

    fn names(&self) -> Result<Vec<String>, Error> {
        let marked = self.path(INITIALIZE).exists();
        let mut names: Vec<String> = marked.then(|| INITIALIZE.to_owned()).into_iter().collect();
        for folder in [&self.data, &self.log] {
            for entry in fs::read_dir(folder).map_err(Error::file(folder))? {
                let path = entry.map_err(Error::file(folder))?.path();
                let name = path.file_name().and_then(|it| it.to_str());
                let ours = name
                    .filter(|name| self.path(name) == path && !names.contains(&(*name).to_owned()));
                names.extend(ours.map(str::to_owned));
            }
        }
        Ok(names)
    }

    fn read(&self, name: &str) -> Result<Vec<u8>, Error> {
        let path = self.path(name);
        fs::read(&path).map_err(Error::file(&path))
    }
}

/// That no file in a folder has a name that begins so.
fn has_none(folder: &Path, prefix: &str) -> Result<(), Error> {
    for entry in fs::read_dir(folder).map_err(Error::file(folder))? {
        let path = entry.map_err(Error::file(folder))?.path();
        let name = path.file_name().and_then(|it| it.to_str());
        if name.is_some_and(|name| name.starts_with(prefix)) {
            return Err(Error::Misplaced { path });
        }
    }
    Ok(())
}

fn is_log(name: &str) -> bool {
    name.starts_with("log.")
}
