//! The folder's owner may plant links in it. Root, who works there as well, follows none.
//!
//! Only where the tests run as root: for all others a link leads nowhere that they may not go anyway.

use std::{
    fs::{self, Permissions},
    os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink},
    path::{Path, PathBuf},
    process::Command,
};

use embedded_postgres::{Durability, EmbeddedPostgres, ServerLock, kept_text};
use tempfile::TempDir;

const CONTENT: &str = "important";

#[test]
fn a_linked_file_is_neither_read_nor_written_nor_given_away() {
    let Some((folder, elsewhere)) = of_nobody() else { return };
    let file = elsewhere.path().join("file");
    for (name, attempt) in [
        ("secret", keep as fn(&Path) -> Option<String>),
        ("server.lock", lock),
        ("start.lock", start),
        ("alive", start),
    ] {
        for target in [file.clone(), elsewhere.path().join("new")] {
            fs::write(&file, CONTENT).unwrap();
            let link = folder.path().join(name);
            symlink(&target, &link).unwrap();

            let refused = attempt(folder.path()).unwrap_or_else(|| panic!("{name} was followed"));

            assert!(refused.contains(name), "{refused}");
            assert_eq!(fs::read_to_string(&file).unwrap(), CONTENT, "{name}");
            assert_eq!(fs::metadata(&file).unwrap().uid(), 0, "{name}");
            assert!(!elsewhere.path().join("new").exists(), "{name}");
            fs::remove_file(link).unwrap();
        }
    }
}

#[test]
fn a_file_with_a_further_name_is_not_given_away() {
    let Some((folder, elsewhere)) = of_nobody() else { return };
    let file = elsewhere.path().join("file");
    fs::write(&file, CONTENT).unwrap();
    fs::hard_link(&file, folder.path().join("server.lock")).unwrap();

    assert!(lock(folder.path()).is_some());

    assert_eq!(fs::metadata(&file).unwrap().uid(), 0);
}

#[test]
fn what_root_keeps_belongs_to_the_folders_owner() {
    let Some((folder, _)) = of_nobody() else { return };

    assert_eq!(keep(folder.path()), None);

    let kept = fs::metadata(folder.path().join("secret")).unwrap();
    assert_eq!((kept.uid(), kept.mode() & 0o777), (nobody(), 0o600));
    assert_eq!(kept_text(folder.path(), "secret", || "another".to_owned()).unwrap(), "a secret");
    let names: Vec<PathBuf> =
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(names, [folder.path().join("secret")], "no draft is left");
}

fn keep(folder: &Path) -> Option<String> {
    kept_text(folder, "secret", || "a secret".to_owned()).err().map(|error| error.to_string())
}

fn lock(folder: &Path) -> Option<String> {
    ServerLock::acquire(folder).err().map(|error| error.to_string())
}

fn start(folder: &Path) -> Option<String> {
    EmbeddedPostgres::ensure(folder, Durability::Throwaway).err().map(|error| error.to_string())
}

/// A data folder of `nobody`, and a folder of root.
fn of_nobody() -> Option<(TempDir, TempDir)> {
    let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    if fs::metadata(folder.path()).unwrap().uid() != 0 {
        return None;
    }
    fs::set_permissions(elsewhere.path(), Permissions::from_mode(0o755)).unwrap();
    chown(folder.path(), Some(nobody()), None).unwrap();
    Some((folder, elsewhere))
}

fn nobody() -> u32 {
    let answer = Command::new("id").args(["-u", "nobody"]).output().unwrap();
    String::from_utf8(answer.stdout).unwrap().trim().parse().expect("a user `nobody`")
}
