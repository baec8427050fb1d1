//! Finds an installed PostgreSQL. A cluster runs only under the major version that created it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::data_folder::DataFolder;
use crate::error::EmbeddedPostgresError;

/// Folders that hold one folder for each version, and the prefix of its name.
const INSTALLED: [(&str, &str); 6] = [
    ("/usr/lib/postgresql", ""),
    ("/usr/lib", "postgresql"),
    ("/usr", "pgsql-"),
    ("/opt/homebrew/opt", "postgresql@"),
    ("/usr/local/opt", "postgresql@"),
    ("/Applications/Postgres.app/Contents/Versions", ""),
];

/// The folder of `initdb` and `postgres` for the cluster in `folder`, or for a new one.
pub(crate) fn find(folder: &DataFolder) -> Result<PathBuf, EmbeddedPostgresError> {
    let cluster = folder.cluster();
    let wanted = folder.read(&cluster.join("PG_VERSION")).ok().and_then(|version| major(&version));
    let version = |binaries: &PathBuf| {
        if binaries.join("initdb").is_file() { version_of(binaries, folder) } else { None }
    };
    let fits = |found: u32| wanted.is_none_or(|wanted| wanted == found);
    let mut candidates: Box<dyn Iterator<Item = PathBuf>> = match named() {
        Some(named) if version(&named).is_none() => {
            return Err(EmbeddedPostgresError::BinDir { folder: named });
        }
        Some(named) => Box::new(std::iter::once(named)),
        None => Box::new(found()),
    };
    candidates.find(|binaries| version(binaries).is_some_and(fits)).ok_or(match wanted {
        Some(major) => EmbeddedPostgresError::OtherMajor { cluster, major },
        None => EmbeddedPostgresError::NoBinaries,
    })
}

/// The folder that somebody chose: if it does not work, another is not what they want.
fn named() -> Option<PathBuf> {
    let folder = std::env::var_os("PG_BINDIR").filter(|folder| !folder.is_empty())?;
    std::path::absolute(folder).ok()
}

/// Best first.
fn found() -> impl Iterator<Item = PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path: Vec<_> = std::env::split_paths(&path).filter_map(|entry| home_of(&entry)).collect();
    let configured = std::iter::once_with(from_pg_config).flatten();
    let installed = INSTALLED.iter().flat_map(|(parent, prefix)| newest_first(Path::new(parent), prefix));
    on_path.into_iter().chain(configured).chain(installed)
}

/// With links resolved: the programs look for their other files next to themselves.
fn home_of(path_entry: &Path) -> Option<PathBuf> {
    let program = path_entry.join("postgres").canonicalize().ok()?;
    program.parent().map(Path::to_owned)
}

fn from_pg_config() -> Option<PathBuf> {
    let answer = Command::new("pg_config").arg("--bindir").stderr(Stdio::null()).output().ok()?;
    String::from_utf8(answer.stdout).ok().map(|folder| PathBuf::from(folder.trim()))
}

fn newest_first(parent: &Path, prefix: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    let mut versions: Vec<_> = entries
        .filter_map(|entry| Some((major(entry.file_name().to_str()?.strip_prefix(prefix)?)?, entry.path())))
        .collect();
    versions.sort_by(|one, other| other.cmp(one));
    versions.into_iter().map(|(_, path)| path.join("bin")).collect()
}

/// Runs as the database's user, who may not have the right to run every program found.
fn version_of(binaries: &Path, folder: &DataFolder) -> Option<u32> {
    let mut postgres = folder.user().command(binaries.join("postgres"), folder.path());
    let answer = postgres.arg("-V").stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    let answer = String::from_utf8(answer.stdout).ok()?; // postgres (PostgreSQL) 15.4 (Debian 15.4-1)
    answer.split_whitespace().nth(2).and_then(major)
}

fn major(version: &str) -> Option<u32> {
    version.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read_from_files_folders_and_programs() {
        for (version, expected) in
            [("15\n", Some(15)), ("16.4", Some(16)), ("18beta1", Some(18)), ("devel", None)]
        {
            assert_eq!(major(version), expected, "{version}");
        }
    }
}
