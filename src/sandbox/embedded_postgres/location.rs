//! Which folder to keep the database in. Root cannot use a folder below a closed home: the database's user would not get there.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::database_user::DatabaseUser;
use super::error::{EmbeddedPostgresError, cannot};

const DEFAULT: &str = ".azotte";
const DEFAULT_OF_ROOT: &str = "/var/lib/azotte-customers";

/// The folder to use: `configured` made absolute, or `./.azotte`.
///
/// When the database's user cannot reach it, the default moves to one below /var/lib, always the same for this
/// working folder, and a configured one is an error. Creates nothing.
pub fn data_folder(configured: Option<&Path>) -> Result<PathBuf, EmbeddedPostgresError> {
    let wanted = configured.unwrap_or(Path::new(DEFAULT));
    let wanted = std::path::absolute(wanted).map_err(cannot("find", wanted))?;
    let user = DatabaseUser::of(&wanted)?;
    if user.can_enter(existing_parent(&wanted)) {
        return Ok(wanted);
    }
    match configured {
        Some(_) => Err(EmbeddedPostgresError::Unreachable { folder: wanted, user: user.name().to_owned() }),
        None => Ok(Path::new(DEFAULT_OF_ROOT).join(short_name(&wanted))),
    }
}

/// A short name which every process and every release makes of the same path.
pub(super) fn short_name(path: &Path) -> String {
    let hash = path.as_os_str().as_bytes().iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3) // FNV-1a
    });
    format!("{hash:016x}")
}

fn existing_parent(path: &Path) -> &Path {
    path.ancestors().skip(1).find(|parent| parent.exists()).unwrap_or(Path::new("/"))
}
