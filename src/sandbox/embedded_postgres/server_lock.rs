//! One server a data folder. The database itself is shared, so it would not stop a second one.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

use super::data_folder::DataFolder;
use super::error::{EmbeddedPostgresError, cannot};

/// The exclusive right to be the server on a data folder, for the life of this value.
#[derive(Debug)]
pub struct ServerLock {
    _held: File,
}

impl ServerLock {
    /// Creates the folder when missing; fails at once when another server has the right.
    pub fn acquire(folder: &Path) -> Result<Self, EmbeddedPostgresError> {
        let folder = DataFolder::prepare(folder)?;
        let path = folder.server_lock();
        let file = folder.open(&path, OpenOptions::new().create(true).append(true))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _held: file }),
            Err(TryLockError::WouldBlock) => {
                Err(EmbeddedPostgresError::ServerAlreadyRuns { folder: folder.path().to_owned() })
            }
            Err(TryLockError::Error(cause)) => Err(cannot("lock", &path)(cause)),
        }
    }
}
