//! One server for each data folder. The cluster is shared, so it would not stop a second server.

use std::fs::{File, TryLockError};
use std::path::Path;

use rustix::fs::OFlags;

use crate::data_folder::DataFolder;
use crate::error::{EmbeddedPostgresError, cannot};

/// The exclusive right to be the server on a data folder, until the value is dropped or the process ends.
#[derive(Debug)]
pub struct ServerLock {
    _held: File,
}

impl ServerLock {
    /// Creates the folder when it is missing. Fails at once when another process holds the lock.
    pub fn acquire(folder: &Path) -> Result<Self, EmbeddedPostgresError> {
        let folder = DataFolder::prepare(folder)?;
        let path = folder.server_lock();
        let file = folder.open(&path, OFlags::WRONLY | OFlags::CREATE | OFlags::APPEND)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _held: file }),
            Err(TryLockError::WouldBlock) => {
                Err(EmbeddedPostgresError::ServerAlreadyRuns { folder: folder.path().to_owned() })
            }
            Err(TryLockError::Error(cause)) => Err(cannot("lock", &path)(cause)),
        }
    }
}
