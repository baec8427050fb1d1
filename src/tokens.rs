//! Which keys tokens are verified with, by the settings: a secret, a file of keys, or the sandbox's own secret.

use anyhow::{Context, ensure};

use crate::config::Config;
use crate::database::Database;
use crate::domain::environment::Environment;
use crate::http::auth::{
    jwt_keys::KeySource,
    jwt_settings::{Audiences, JwtSettings},
};
use crate::sandbox::kept_secret::KeptSecret;

const SANDBOX_ISSUER: &str = "azotte-sandbox";

/// `None`: no keys, and every token is refused.
pub async fn settings(config: &Config, database: &Database) -> anyhow::Result<Option<JwtSettings>> {
    match configured_keys(config) {
        Some(keys) => with_issuer(config, keys).map(Some),
        None if config.environment == Environment::Live => Ok(None),
        None => with_issuer(config, sandbox_keys(config, database).await?).map(Some),
    }
}

/// Of the settings alone: `None` where they name no keys.
pub fn configured(config: &Config) -> anyhow::Result<Option<JwtSettings>> {
    configured_keys(config).map(|keys| with_issuer(config, keys)).transpose()
}

/// What becomes of tokens where the settings name no keys.
pub fn without_keys(environment: Environment) -> &'static str {
    match environment {
        Environment::Sandbox => "the sandbox's own secret signs and verifies them",
        Environment::Live => "there are no keys: every token is refused",
    }
}

fn with_issuer(config: &Config, keys: KeySource) -> anyhow::Result<JwtSettings> {
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
    Ok(JwtSettings {
        issuer,
        audiences,
        max_lifetime_s: config.jwt_max_lifetime_s,
        token_type: config.jwt_type,
        keys,
    })
}

fn configured_keys(config: &Config) -> Option<KeySource> {
    let secret = config.jwt_secret.as_ref().map(|secret| KeySource::Secret(secret.0.clone()));
    secret.or_else(|| config.jwt_keys_file.clone().map(KeySource::File))
}

async fn sandbox_keys(config: &Config, database: &Database) -> anyhow::Result<KeySource> {
    let folder = database.folder(config).await?;
    let secret = tokio::task::spawn_blocking(move || KeptSecret::Tokens.in_folder(&folder)).await?;
    let secret = secret.context("the sandbox's secret for tokens cannot be kept in the data folder")?;
    Ok(KeySource::Secret(secret))
}
