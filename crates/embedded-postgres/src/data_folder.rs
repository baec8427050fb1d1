//! The data folder: who owns it, and the name of each file in it.
//!
//! It belongs to the database's user and is closed to all others, because the database has no passwords.

use std::fs::{self, DirBuilder, File, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use crate::database_user::{DatabaseUser, are_root};
use crate::error::{EmbeddedPostgresError, cannot};
use crate::{folder_files, socket};

#[derive(Debug)]
pub(crate) struct DataFolder {
    path: PathBuf,
    log: PathBuf,
    sockets: PathBuf,
    user: DatabaseUser,
}

impl DataFolder {
    /// Creates the folder when missing and makes it the database user's.
    pub fn prepare(path: &Path) -> Result<Self, EmbeddedPostgresError> {
        create(path).map_err(cannot("create the data folder", path))?;
        let path = path.canonicalize().map_err(cannot("find the data folder", path))?;
        // Asked before the owner: a process that claims the folder changes the owner before it writes a file.
        let empty = is_empty(&path).map_err(|cause| refused(&path, &path, cause))?;
        let user = DatabaseUser::for_folder(&path)?;
        if empty {
            claim(&path, &user)?;
        } else if is_roots_own(&path, &user) {
            return Err(EmbeddedPostgresError::Occupied { folder: path });
        }
        Ok(Self { log: path.join("postgres.log"), sockets: socket::folder_for(&path), path, user })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn user(&self) -> &DatabaseUser {
        &self.user
    }

    pub fn log(&self) -> &Path {
        &self.log
    }

    /// The cluster itself.
    pub fn cluster(&self) -> PathBuf {
        self.path.join("postgres")
    }

    /// A cluster that is not finished.
    pub fn unfinished_cluster(&self) -> PathBuf {
        self.path.join("postgres.new")
    }

    /// The FIFO that every holder of the cluster keeps open.
    pub fn alive(&self) -> PathBuf {
        self.path.join("alive")
    }

    /// Gets one line for each holder that the supervisor has seen.
    pub fn noticed(&self) -> PathBuf {
        self.path.join("alive.noticed")
    }

    /// Locked while a process decides whether to start the cluster, and starts it.
    pub fn start_lock(&self) -> PathBuf {
        self.path.join("start.lock")
    }

    /// Locked by the one server.
    pub fn server_lock(&self) -> PathBuf {
        self.path.join("server.lock")
    }

    /// The folder of the socket.
    pub fn sockets(&self) -> &Path {
        &self.sockets
    }

    /// Creates the folder of the socket when it is not this one.
    pub fn prepare_sockets(&self) -> Result<(), EmbeddedPostgresError> {
        let sockets = &self.sockets;
        if *sockets == self.path {
            return Ok(());
        }
        match DirBuilder::new().mode(0o700).create(sockets) {
            Ok(()) => self.user.give_path(sockets).map_err(cannot("give away", sockets)),
            Err(_) if is_private(sockets, &self.user) => Ok(()),
            Err(_) => Err(EmbeddedPostgresError::SocketFolderTaken { path: sockets.clone() }),
        }
    }

    /// Opens one of the files above, or another of this folder; a new one belongs to the database's user.
    pub fn open(&self, path: &Path, how: OFlags) -> Result<File, EmbeddedPostgresError> {
        let file = folder_files::open(&self.path, path, how);
        let file = file.map_err(|cause| refused(&self.path, path, cause))?;
        self.give(&file).map_err(cannot("give away", path))?;
        Ok(file)
    }

    /// As [`Self::open`], for a file that is there and stays whose it is.
    pub fn open_existing(&self, path: &Path, how: OFlags) -> io::Result<File> {
        folder_files::open(&self.path, path, how)
    }

    pub fn read(&self, path: &Path) -> io::Result<String> {
        folder_files::read(&self.path, path)
    }

    pub fn remove(&self, path: &Path) -> io::Result<()> {
        folder_files::remove(&self.path, path)
    }

    pub fn link(&self, path: &Path, new: &Path) -> io::Result<()> {
        folder_files::link(&self.path, path, new)
    }

    fn give(&self, file: &File) -> io::Result<()> {
        if !folder_files::is_only_here(file)? {
            return Err(io::Error::other("it is also somewhere else, or no ordinary file"));
        }
        self.user.give_file(file)
    }
}

fn create(path: &Path) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        create_parents(parent)?;
    }
    match DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// Created by root, they are open to the database's user, whatever the umask.
fn create_parents(parent: &Path) -> io::Result<()> {
    if parent.as_os_str().is_empty() || parent.exists() {
        return Ok(());
    }
    if let Some(above) = parent.parent() {
        create_parents(above)?;
    }
    match fs::create_dir(parent) {
        Ok(()) if are_root() => fs::set_permissions(parent, Permissions::from_mode(0o755)),
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

fn is_empty(folder: &Path) -> io::Result<bool> {
    Ok(fs::read_dir(folder)?.next().is_none())
}

fn claim(folder: &Path, user: &DatabaseUser) -> Result<(), EmbeddedPostgresError> {
    user.give_path(folder).map_err(cannot("give away", folder))?;
    if fs::metadata(folder).is_ok_and(|found| found.uid() == user.uid()) {
        fs::set_permissions(folder, Permissions::from_mode(0o700)).map_err(cannot("close", folder))?;
    }
    if user.can_enter(folder) {
        return Ok(());
    }
    Err(EmbeddedPostgresError::Unreachable { folder: folder.to_owned(), user: user.name().to_owned() })
}

/// A folder such as /etc: changing its owner would break the machine.
fn is_roots_own(folder: &Path, user: &DatabaseUser) -> bool {
    matches!(user, DatabaseUser::Other { .. }) && fs::metadata(folder).is_ok_and(|found| found.uid() == 0)
}

fn is_private(folder: &Path, user: &DatabaseUser) -> bool {
    fs::symlink_metadata(folder)
        .is_ok_and(|found| found.is_dir() && found.uid() == user.uid() && found.mode() & 0o077 == 0)
}

fn refused(folder: &Path, path: &Path, cause: io::Error) -> EmbeddedPostgresError {
    match cause.kind() {
        io::ErrorKind::PermissionDenied => EmbeddedPostgresError::Closed { folder: folder.to_owned() },
        _ => cannot("open", path)(cause),
    }
}
