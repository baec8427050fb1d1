//! The user that the database's processes run as. PostgreSQL refuses root, so root starts them as another user.
//!
//! A data folder keeps its owner, so that `sudo` and an ordinary start share one cluster.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{MetadataExt, fchown, lchown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::error::EmbeddedPostgresError;

#[derive(Debug, Clone)]
pub(crate) enum DatabaseUser {
    Ourselves,
    Other { name: String, uid: u32, gid: u32 },
}

impl DatabaseUser {
    /// The user for the cluster in `folder`, which need not exist.
    pub fn for_folder(folder: &Path) -> Result<Self, EmbeddedPostgresError> {
        if !are_root() {
            return Ok(Self::Ourselves);
        }
        match fs::metadata(folder) {
            Ok(found) if found.uid() != 0 => Ok(Self::Other {
                name: format!("its owner (uid {})", found.uid()),
                uid: found.uid(),
                gid: found.gid(),
            }),
            _ => ["postgres", "nobody"]
                .into_iter()
                .find_map(named)
                .ok_or(EmbeddedPostgresError::NoDatabaseUser),
        }
    }

    pub fn name(&self) -> &str {
        match self {
            Self::Ourselves => "this user",
            Self::Other { name, .. } => name,
        }
    }

    pub fn uid(&self) -> u32 {
        match self {
            Self::Ourselves => effective_uid(),
            Self::Other { uid, .. } => *uid,
        }
    }

    /// A command that runs as this user in `folder`.
    pub fn command(&self, program: impl AsRef<Path>, folder: &Path) -> Command {
        let mut command = Command::new(program.as_ref());
        // The environment may hold secrets, and variables such as PGPORT would change the server.
        command.env_clear().env("LC_ALL", "C").current_dir(folder);
        for kept in ["PATH", "LD_LIBRARY_PATH"] {
            if let Some(value) = std::env::var_os(kept) {
                command.env(kept, value);
            }
        }
        if let Self::Other { uid, gid, .. } = self {
            command.uid(*uid).gid(*gid);
        }
        command
    }

    /// `initdb` refuses a user whose number has no name.
    pub fn demand_name(&self) -> Result<(), EmbeddedPostgresError> {
        let uid = self.uid();
        let answer = Command::new("id").args(["-un", &uid.to_string()]).stderr(Stdio::null()).output();
        match answer {
            Ok(answer) if !answer.status.success() => Err(EmbeddedPostgresError::Nameless { uid }),
            _ => Ok(()),
        }
    }

    /// Whether this user may enter `folder`. Always true for this process's own user, who gets an error later.
    pub fn can_enter(&self, folder: &Path) -> bool {
        if matches!(self, Self::Ourselves) {
            return true;
        }
        let mut test = self.command("/bin/sh", Path::new("/"));
        test.args(["-c", r#"test -x "$1""#, "sh"]).arg(folder).stdin(Stdio::null());
        test.status().is_ok_and(|status| status.success())
    }

    pub fn give_path(&self, path: &Path) -> io::Result<()> {
        match self {
            Self::Ourselves => Ok(()),
            Self::Other { uid, gid, .. } => lchown(path, Some(*uid), Some(*gid)),
        }
    }

    pub fn give_file(&self, file: &File) -> io::Result<()> {
        match self {
            Self::Ourselves => Ok(()),
            Self::Other { uid, gid, .. } => fchown(file, Some(*uid), Some(*gid)),
        }
    }
}

pub(crate) fn are_root() -> bool {
    effective_uid() == 0
}

fn effective_uid() -> u32 {
    // SAFETY: takes no arguments, touches no memory and cannot fail.
    unsafe { libc::geteuid() }
}

fn named(name: &str) -> Option<DatabaseUser> {
    Some(DatabaseUser::Other { name: format!("the user {name}"), uid: id("-u", name)?, gid: id("-g", name)? })
}

/// By the program `id`, which knows more sources of users than /etc/passwd.
fn id(which: &str, name: &str) -> Option<u32> {
    let ask = |program| Command::new(program).args([which, name]).stderr(Stdio::null()).output().ok();
    let answer = ask("id").or_else(|| ask("/usr/bin/id"))?;
    String::from_utf8(answer.stdout).ok()?.trim().parse().ok()
}
