//! Secrets that are not configured: each is made once and kept in a file of the data folder.

use std::path::Path;

use embedded_postgres::{EmbeddedPostgresError, kept_text};
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
    pub fn in_folder(self, folder: &Path) -> Result<SecretString, EmbeddedPostgresError> {
        Ok(kept_text(folder, self.file(), random)?.trim().into())
    }
}

fn random() -> String {
    rand::rng().sample_iter(Alphanumeric).take(CHARACTERS).map(char::from).collect()
}
