//! Which secret keys the fingerprints of requests: a setting, or the sandbox's own secret.

use anyhow::{Context, ensure};

use crate::config::Config;
use crate::database::Database;
use crate::domain::environment::Environment;
use crate::postgres::idempotency::FingerprintSecrets;
use crate::sandbox::kept_secret::KeptSecret;

pub async fn secrets(config: &Config, database: &Database) -> anyhow::Result<FingerprintSecrets> {
    check(config)?;
    let current = match &config.fingerprint_secret {
        Some(secret) => secret.0.clone(),
        None => {
            let folder = database.folder(config).await?;
            let kept =
                tokio::task::spawn_blocking(move || KeptSecret::Fingerprints.in_folder(&folder)).await?;
            kept.context("the sandbox's secret for fingerprints cannot be kept in the data folder")?
        }
    };
    let previous = config.previous_fingerprint_secret.as_ref().map(|secret| secret.0.clone());
    Ok(FingerprintSecrets { current, previous })
}

/// A live server must be told its secret: servers of one database need the same.
pub fn check(config: &Config) -> anyhow::Result<()> {
    ensure!(
        config.environment == Environment::Sandbox || config.fingerprint_secret.is_some(),
        "AZOTTE_FINGERPRINT_SECRET must be set where AZOTTE_ENVIRONMENT is live."
    );
    Ok(())
}
