//! Why a server cannot start, or go on.

use crate::server::BadZooCfg;
use std::io;
use std::path::{Path, PathBuf};

/// What ends the process.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The configuration makes no sense.
    #[error(transparent)]
    ZooCfg(#[from] BadZooCfg),
    /// A port cannot be listened on.
    #[error("cannot listen on {address} ({port}): {error}")]
    Bind {
        /// The key of the configuration that says so.
        port: &'static str,
        /// Where.
        address: String,
        /// What the system said.
        error: io::Error,
    },
    /// A folder or a file of the data cannot be used.
    #[error("{}: {error}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// Files are where the configuration says they are not. To start without them would be to
    /// forget them.
    #[error("{}: this file does not belong there; are dataDir and dataLogDir right?", path.display())]
    Misplaced {
        /// Which.
        path: PathBuf,
    },
    /// Another process has the folder.
    #[error("{}: another server uses this data folder", path.display())]
    InUse {
        /// Which.
        path: PathBuf,
    },
    /// The system gives no event loop.
    #[error("no event loop: {0}")]
    Runtime(io::Error),
    /// The system does not tell of signals.
    #[error("no signals: {0}")]
    Signal(io::Error),
    /// The server gave up: its data cannot be read, or its disk cannot be relied upon.
    #[error("{0}")]
    Failed(String),
}

impl Error {
    /// For `map_err`.
    pub(super) fn file(path: &Path) -> impl FnOnce(io::Error) -> Error {
        let path = path.to_owned();
        move |error| Error::File { path, error }
    }
}
