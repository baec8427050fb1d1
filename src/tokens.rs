//! Which keys tokens are verified with, by the settings: a secret, a file of keys, or the sandbox's own secret.

use anyhow::{Context, ensure};

use crate::config::Config;
use crate::database::Database;
use crate::domain::environment::Environment;
use crate::http::auth::{
    jwt_keys::KeySource,
    jwt_settings::{Audiences, JwtSettings},
};
use crate::sandbox::jwt_secret;

const SANDBOX_ISSUER: &str = "azotte-sandbox";

/// `None`: no keys, and every token is refused.
pub async fn settings(config: &Config, database: &Database) -> anyhow::Result<Option<JwtSettings>> {
    let Some(keys) = key_source(config, database).await? else { return Ok(None) };
    let is_sandbox = config.environment == Environment::Sandbox;
    let default_issuer = is_sandbox.then(|| SANDBOX_ISSUER.to_owned());
    let issuer = config.jwt_issuer.clone().or(default_issuer);
    ensure!(
        issuer.is_some(),
        "AZOTTE_JWT_ISSUER must be set where AZOTTE_ENVIRONMENT is live and tokens have keys."
    );
    let issuer = issuer.unwrap_or_default();
    let audiences =
        Audiences { c2a: config.jwt_audience.clone(), partner: config.jwt_partner_audience.clone() };
    ensure!(
        config.jwt_shared_audience || audiences.c2a != audiences.partner,
        "AZOTTE_JWT_AUDIENCE and AZOTTE_JWT_PARTNER_AUDIENCE must differ, unless AZOTTE_JWT_SHARED_AUDIENCE is true."
    );
    Ok(Some(JwtSettings {
        issuer,
        audiences,
        max_lifetime_s: config.jwt_max_lifetime_s,
        token_type: config.jwt_type,
        keys,
    }))
}

async fn key_source(config: &Config, database: &Database) -> anyhow::Result<Option<KeySource>> {
    if let Some(secret) = &config.jwt_secret {
        return Ok(Some(KeySource::Secret(secret.0.clone())));
    }
    if let Some(file) = &config.jwt_keys_file {
        return Ok(Some(KeySource::File(file.clone())));
    }
    if config.environment == Environment::Live {
        return Ok(None);
    }
    let folder = database.folder(config).await?;
    let secret = tokio::task::spawn_blocking(move || jwt_secret::in_folder(&folder)).await?;
    let secret = secret.context("the sandbox's secret for tokens cannot be kept in the data folder")?;
    Ok(Some(KeySource::Secret(secret)))
}
