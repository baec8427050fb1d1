//! Secrets that are not configured: each is made once and kept in a file of the data folder.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use rand::{RngExt, distr::Alphanumeric};
use secrecy::SecretString;

/// 64 base62 characters: 381 bits.
const CHARACTERS: usize = 64;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeptSecret {
    /// Signs and verifies tokens.
    Tokens,
    /// Keys the fingerprints of requests.
    Fingerprints,
}

impl KeptSecret {
    fn file(self) -> &'static str {
        match self {
            Self::Tokens => "jwt-secret",
            Self::Fingerprints => "fingerprint-secret",
        }
    }

    /// The folder's secret. Of several processes that find none, one makes it and all get the same.
    pub fn in_folder(self, folder: &Path) -> io::Result<SecretString> {
        let path = folder.join(self.file());
        if !path.exists() {
            self.create(folder, &path)?;
        }
        Ok(fs::read_to_string(&path)?.trim().into())
    }

    /// Written to a draft and linked into place: a process that sees the file sees all of it. The draft has a random
    /// name and must be new, so that no link of another user can stand in its place.
    fn create(self, folder: &Path, path: &Path) -> io::Result<()> {
        let draft = folder.join(format!("{}.{}", self.file(), random(16)));
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
        file.write_all(random(CHARACTERS).as_bytes())?;
        file.sync_all()?;
        let linked = fs::hard_link(&draft, path);
        fs::remove_file(&draft)?;
        match linked {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => Ok(()),
        }
    }
}

fn random(characters: usize) -> String {
    rand::rng().sample_iter(Alphanumeric).take(characters).map(char::from).collect()
}
