//! Whether tokens can be verified with the settings.

use super::finding::Outcome;
use crate::config::Config;
use crate::http::auth::jwt_keys::KeySet;
use crate::tokens;

pub fn check(config: &Config) -> Outcome {
    let settings = match tokens::configured(config) {
        Ok(Some(settings)) => settings,
        Ok(None) => return Outcome::fine(tokens::without_keys(config.environment)),
        Err(error) => return Outcome::wrong("tokens_issuer", error.to_string()),
    };
    match KeySet::load(&settings.keys) {
        Ok(_) => Outcome::fine("their keys can be read"),
        Err(error) => Outcome::wrong("tokens_keys", error.to_string()),
    }
}
