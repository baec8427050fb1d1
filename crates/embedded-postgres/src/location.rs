//! Which data folder to use. Started by root, the database runs as another user, who cannot enter a closed home.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::database_user::DatabaseUser;
use crate::error::{EmbeddedPostgresError, cannot};

/// The folders to use where none is configured.
#[derive(Debug, Clone, Copy)]
pub struct DefaultFolders<'a> {
    /// Relative to the working folder.
    pub usual: &'a str,
    /// Absolute. Holds a folder for each working folder that the database's user cannot enter.
    pub for_root: &'a str,
}

/// The folder to use, absolute: `configured`, or a default. Creates nothing.
///
/// When the database's user cannot enter it, the default moves below `for_root`, always to the same folder for this
/// working folder. A configured folder is an error then.
pub fn data_folder(
    configured: Option<&Path>,
    default: DefaultFolders<'_>,
) -> Result<PathBuf, EmbeddedPostgresError> {
    let wanted = configured.unwrap_or(Path::new(default.usual));
    let wanted = std::path::absolute(wanted).map_err(cannot("find", wanted))?;
    let user = DatabaseUser::for_folder(&wanted)?;
    if user.can_enter(existing_parent(&wanted)) {
        return Ok(wanted);
    }
    match configured {
        Some(_) => Err(EmbeddedPostgresError::Unreachable { folder: wanted, user: user.name().to_owned() }),
        None => Ok(Path::new(default.for_root).join(short_name(&wanted))),
    }
}

/// A short name that every process and every release derives from the same path.
pub(crate) fn short_name(path: &Path) -> String {
    let hash = path.as_os_str().as_bytes().iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3) // FNV-1a
    });
    format!("{hash:016x}")
}

fn existing_parent(path: &Path) -> &Path {
    path.ancestors().skip(1).find(|parent| parent.exists()).unwrap_or(Path::new("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEFAULT: DefaultFolders<'_> = DefaultFolders { usual: ".data", for_root: "/var/lib/example" };

    #[test]
    fn a_configured_folder_is_used_as_it_is() {
        let folder = data_folder(Some(Path::new("/tmp/some/data")), DEFAULT).unwrap();

        assert_eq!(folder, Path::new("/tmp/some/data"));
    }

    #[test]
    fn the_default_is_absolute_and_always_the_same() {
        let folder = data_folder(None, DEFAULT).unwrap();

        assert!(folder.is_absolute(), "{}", folder.display());
        assert_eq!(data_folder(None, DEFAULT).unwrap(), folder);
    }

    #[test]
    fn a_short_name_stays_the_same_across_releases() {
        assert_eq!(short_name(Path::new("")), "cbf29ce484222325");
        assert_eq!(short_name(Path::new("a")), "af63dc4c8601ec8c");
    }
}
