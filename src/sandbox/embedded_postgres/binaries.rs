//! Finds an installed PostgreSQL. A cluster only runs under the major version which made it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::data_folder::DataFolder;
use super::error::EmbeddedPostgresError;

/// Folders of versions, and what comes before the version in the name.
const INSTALLED: [(&str, &str); 6] = [
    ("/usr/lib/postgresql", ""),
    ("/usr/lib", "postgresql"),
    ("/usr", "pgsql-"),
    ("/opt/homebrew/opt", "postgresql@"),
    ("/usr/local/opt", "postgresql@"),
    ("/Applications/Postgres.app/Contents/Versions", ""),
];

/// The folder of `initdb` and `postgres` for the cluster in `folder`, or for a new one.
pub(super) fn find(folder: &DataFolder) -> Result<PathBuf, EmbeddedPostgresError> {
    let cluster = folder.cluster();
    let wanted = fs::read_to_string(cluster.join("PG_VERSION")).ok().and_then(|version| major(&version));
    let mut usable = candidates().filter(|binaries| {
        binaries.join("initdb").is_file()
            && version_of(binaries, folder).is_some_and(|found| wanted.is_none_or(|wanted| wanted == found))
    });
    usable.next().ok_or(match wanted {
        Some(major) => EmbeddedPostgresError::OtherMajor { cluster, major },
        None => EmbeddedPostgresError::NoBinaries,
    })
}

/// Best first.
fn candidates() -> impl Iterator<Item = PathBuf> {
    let named = std::env::var_os("PG_BINDIR").and_then(|folder| std::path::absolute(folder).ok());
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path: Vec<_> = std::env::split_paths(&path).filter_map(|entry| home_of(&entry)).collect();
    let told = std::iter::once_with(told_by_pg_config).flatten();
    let installed = INSTALLED.iter().flat_map(|(parent, prefix)| newest_first(Path::new(parent), prefix));
    named.into_iter().chain(on_path).chain(told).chain(installed)
}

/// The programs find their other files from where they really are, not from a link to them.
fn home_of(path_entry: &Path) -> Option<PathBuf> {
    let program = path_entry.join("postgres").canonicalize().ok()?;
    program.parent().map(Path::to_owned)
}

fn told_by_pg_config() -> Option<PathBuf> {
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

/// Asked as the database's user, who may not be allowed to run every program we see.
fn version_of(binaries: &Path, folder: &DataFolder) -> Option<u32> {
    let mut postgres = folder.user().command(binaries.join("postgres"), folder.path());
    let answer = postgres.arg("-V").stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    let answer = String::from_utf8(answer.stdout).ok()?; // postgres (PostgreSQL) 15.4 (Debian 15.4-1)
    answer.split_whitespace().nth(2).and_then(major)
}

fn major(version: &str) -> Option<u32> {
    version.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}
