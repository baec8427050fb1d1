//! Small texts that are made once and kept in the data folder, such as secrets.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::io::{self, Write};
use std::path::Path;

use rustix::fs::OFlags;

use crate::data_folder::DataFolder;
use crate::error::{EmbeddedPostgresError, cannot};

/// The text in the folder's file `name`; where there is none, what `make` returns is kept there. Of several processes that
/// find none, all get the same. Creates the folder when it is missing. The file is for the folder's owner alone.
pub fn kept_text(
    folder: &Path,
    name: &str,
    make: impl FnOnce() -> String,
) -> Result<String, EmbeddedPostgresError> {
    let folder = DataFolder::prepare(folder)?;
    let path = folder.path().join(name);
    match folder.read(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            keep(&folder, &path, &make())?;
            folder.read(&path).map_err(cannot("read", &path))
        }
        found => found.map_err(cannot("read", &path)),
    }
}

/// Written to a draft and linked into place: a process that sees the file sees all of it.
fn keep(folder: &DataFolder, path: &Path, text: &str) -> Result<(), EmbeddedPostgresError> {
    let draft = path.with_added_extension(format!("{:016x}", RandomState::new().build_hasher().finish()));
    let mut file = folder.open(&draft, OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    let linked = written.and_then(|()| folder.link(&draft, path));
    folder.remove(&draft).map_err(cannot("remove", &draft))?;
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(cannot("write", path)(error)),
        _ => Ok(()),
    }
}
