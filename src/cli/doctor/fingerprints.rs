//! Whether replies to an `Idempotency-Key` can be told apart: by a secret that every server of the database shares.

use super::finding::Outcome;
use crate::config::Config;
use crate::fingerprints;

pub fn check(config: &Config) -> Outcome {
    match fingerprints::check(config) {
        Ok(()) => Outcome::fine("there is a secret for them"),
        Err(error) => Outcome::wrong("fingerprints_secret", error.to_string()),
    }
}
