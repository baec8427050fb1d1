//! Why the embedded PostgreSQL cannot run: each in one sentence that says what to do.

use std::io;
use std::path::{Path, PathBuf};

#[derive(Debug, thiserror::Error)]
pub enum EmbeddedPostgresError {
    #[error(
        "no PostgreSQL found: set DATABASE_URL to a running server, install one (for example `apt-get install \
         postgresql` or `brew install postgresql`), or set PG_BINDIR to the folder with `initdb` and `postgres`"
    )]
    NoBinaries,
    #[error(
        "the database in {} was made by PostgreSQL {major}, which is not installed: install that version, or set \
         PG_BINDIR to its folder with `initdb` and `postgres`", cluster.display()
    )]
    OtherMajor { cluster: PathBuf, major: u32 },
    #[error(
        "PostgreSQL does not run as root, and there is no user `postgres` or `nobody` to run it as: create one, or \
         start as an ordinary user"
    )]
    NoDatabaseUser,
    #[error(
        "PostgreSQL does not run as root, and {user} cannot reach {}: choose a data folder whose parents are open to \
         it, such as one in /var/lib", folder.display()
    )]
    Unreachable { folder: PathBuf, user: String },
    #[error("{} has other files of root in it: choose a new or an empty data folder", folder.display())]
    Occupied { folder: PathBuf },
    #[error("{} is closed to us: run as the user who owns it, or choose another data folder", folder.display())]
    Closed { folder: PathBuf },
    #[error("{} is in the way of the database's socket: remove it, or choose a shorter data folder", path.display())]
    SocketFolderTaken { path: PathBuf },
    #[error("a server already runs on {}: stop it, or choose another data folder for this one", folder.display())]
    ServerAlreadyRuns { folder: PathBuf },
    #[error(
        "PostgreSQL does not run as a user without a name, and uid {uid} has none: add it to /etc/passwd, or set \
         DATABASE_URL"
    )]
    Nameless { uid: u32 },
    #[error("PG_BINDIR is set to {}, which has no usable `initdb` and `postgres`: correct it, or unset it", folder.display())]
    BinDir { folder: PathBuf },
    #[error("PostgreSQL could not create its files: the reason is at the end of {}", log.display())]
    CreateFailed { log: PathBuf },
    #[error("PostgreSQL did not start: the reason is at the end of {}", log.display())]
    StartFailed { log: PathBuf },
    #[error(
        "the PostgreSQL of {} neither accepts connections nor ends: stop its processes; its log is {}",
        folder.display(), log.display()
    )]
    Stuck { folder: PathBuf, log: PathBuf },
    #[error("cannot {action} {}: {cause}", path.display())]
    Io { action: &'static str, path: PathBuf, cause: io::Error },
}

/// For `map_err`: the action that failed, and its path.
pub(crate) fn cannot(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> EmbeddedPostgresError {
    move |cause| EmbeddedPostgresError::Io { action, path: path.to_owned(), cause }
}
