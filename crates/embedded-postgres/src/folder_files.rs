//! The one way to the files below a folder that another user may write to. Root works there too, so no link is followed:
//! not in the last part of a name, and not before it.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::path::{Component, Path};

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, fstat, linkat, openat, unlinkat};

/// What is read is far smaller.
const READ_BYTES: u64 = 16 * 1024 * 1024;

/// Opens `path`, which is below `folder`. A new file is for its owner alone.
pub(crate) fn open(folder: &Path, path: &Path, how: OFlags) -> io::Result<File> {
    let (parent, name) = parent_of(folder, path)?;
    Ok(openat(parent, name, how | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::RUSR | Mode::WUSR)?.into())
}

/// The text of an ordinary file, of which at most 16 MiB are read.
pub(crate) fn read(folder: &Path, path: &Path) -> io::Result<String> {
    // A FIFO would be waited for.
    let file = open(folder, path, OFlags::RDONLY | OFlags::NONBLOCK)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is no ordinary file"));
    }
    let mut bytes = Vec::new();
    file.take(READ_BYTES).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

pub(crate) fn remove(folder: &Path, path: &Path) -> io::Result<()> {
    let (parent, name) = parent_of(folder, path)?;
    Ok(unlinkat(parent, name, AtFlags::empty())?)
}

/// Gives a file a further name, where nothing has it.
pub(crate) fn link(folder: &Path, path: &Path, new: &Path) -> io::Result<()> {
    let (parent, name) = parent_of(folder, path)?;
    let (new_parent, new_name) = parent_of(folder, new)?;
    Ok(linkat(parent, name, new_parent, new_name, AtFlags::empty())?)
}

/// Makes the names in a folder durable.
pub(crate) fn sync(folder: &Path) -> io::Result<()> {
    File::from(open_folder(CWD, folder)?).sync_all()
}

/// Whether it is one of ours to give away: an ordinary file or a FIFO that has this name alone. A hard link would give
/// away a file of somebody else.
pub(crate) fn is_only_here(file: &File) -> io::Result<bool> {
    let found = fstat(file)?;
    let kind = FileType::from_raw_mode(found.st_mode);
    Ok(found.st_nlink == 1 && matches!(kind, FileType::RegularFile | FileType::Fifo))
}

/// The open folder that `path` is in, and its name there.
fn parent_of<'a>(folder: &Path, path: &'a Path) -> io::Result<(OwnedFd, &'a Path)> {
    let outside = || io::Error::other("it is not in its folder");
    let below = path.strip_prefix(folder).map_err(|_| outside())?;
    if !below.components().all(|part| matches!(part, Component::Normal(_))) {
        return Err(outside());
    }
    let name = Path::new(below.file_name().ok_or_else(outside)?);
    let mut parent = open_folder(CWD, folder)?;
    for part in below.parent().into_iter().flat_map(Path::components) {
        parent = open_folder(parent, Path::new(&part))?;
    }
    Ok((parent, name))
}

fn open_folder(at: impl std::os::fd::AsFd, path: &Path) -> io::Result<OwnedFd> {
    let how = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(openat(at, path, how, Mode::empty())?)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn no_link_is_followed_wherever_it_is() {
        let elsewhere = tempfile::tempdir().unwrap();
        fs::write(elsewhere.path().join("secret"), "of somebody else").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        symlink(elsewhere.path().join("secret"), path("link")).unwrap();
        symlink(elsewhere.path(), path("folder")).unwrap();

        for name in ["link", "folder/secret", "../secret", "folder/../link"] {
            let path = path(name);
            assert!(read(folder.path(), &path).is_err(), "{name}");
            let append = OFlags::WRONLY | OFlags::APPEND | OFlags::CREATE;
            assert!(open(folder.path(), &path, append).is_err(), "{name}");
        }
        assert!(remove(folder.path(), &path("folder/secret")).is_err());
        assert!(link(folder.path(), &path("folder/secret"), &path("new")).is_err());
        assert_eq!(fs::read_to_string(elsewhere.path().join("secret")).unwrap(), "of somebody else");
        assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_is_no_ordinary_file_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("folder")).unwrap();
        std::os::unix::net::UnixListener::bind(folder.path().join("socket")).unwrap();

        assert!(read(folder.path(), &folder.path().join("folder")).is_err());
        assert!(read(folder.path(), &folder.path().join("socket")).is_err());
    }

    #[test]
    fn a_file_with_two_names_is_not_only_here() {
        let folder = tempfile::tempdir().unwrap();
        let (one, two) = (folder.path().join("one"), folder.path().join("two"));
        fs::write(&one, "").unwrap();
        assert!(is_only_here(&open(folder.path(), &one, OFlags::RDONLY).unwrap()).unwrap());

        link(folder.path(), &one, &two).unwrap();

        assert!(!is_only_here(&open(folder.path(), &one, OFlags::RDONLY).unwrap()).unwrap());
    }
}
