//! The secret that signs and verifies tokens where nobody configured one: made once, kept in the data folder.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use rand::{RngExt, distr::Alphanumeric};
use secrecy::SecretString;

const FILE: &str = "jwt-secret";
/// 64 base62 characters: 381 bits.
const CHARACTERS: usize = 64;

/// The folder's secret. Of several processes that find none, one makes it and all get the same.
pub fn in_folder(folder: &Path) -> io::Result<SecretString> {
    let path = folder.join(FILE);
    if !path.exists() {
        create(folder, &path)?;
    }
    Ok(fs::read_to_string(&path)?.trim().into())
}

/// Written beside and linked into place: whoever sees the file sees all of it.
fn create(folder: &Path, path: &Path) -> io::Result<()> {
    let draft = folder.join(format!("{FILE}.{}", std::process::id()));
    let secret: String = rand::rng().sample_iter(Alphanumeric).take(CHARACTERS).map(char::from).collect();
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    file.write_all(secret.as_bytes())?;
    file.sync_all()?;
    let linked = fs::hard_link(&draft, path);
    fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}
