//! `key`: issue, list, rotate, revoke. A key is shown when it is made, and never again.

use anyhow::Context;
use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

use super::{
    arguments::uuid,
    lifetime::Lifetime,
    output::{Output, time},
    tenant,
};
use crate::config::Config;
use crate::database::Database;
use crate::domain::{
    api_key::ApiKey, caller::KeyId, environment::Environment, scope::Scope, tenant::TenantId,
};
use crate::postgres::{
    api_keys::{self, KeyRecord, NewKey},
    migrations::migrate,
};

#[derive(Subcommand)]
pub enum KeyCommand {
    /// Issue a key; it is shown once
    Issue(Issue),
    /// List a tenant's keys, newest first
    List(tenant::Which),
    /// Issue a successor and let the old key live on for the overlap
    Rotate(Rotate),
    /// Refuse a key from now on
    Revoke(Which),
}

#[derive(Args)]
pub struct Issue {
    #[command(flatten)]
    which: tenant::Which,
    /// What the key is for, 1-100 characters
    #[arg(long)]
    name: String,
    /// Scopes of customer.read, customer.write, customer.delete and customer.list [default: all of them]
    #[arg(long, value_delimiter = ',')]
    scopes: Option<Vec<Scope>>,
    /// Time after which it stops working
    #[arg(long, default_value = "365d")]
    expires_in: Lifetime,
}

#[derive(Args)]
pub struct Rotate {
    #[command(flatten)]
    which: Which,
    /// How long the old key still works, 0s to 7d
    #[arg(long, default_value = "24h")]
    overlap: Lifetime,
}

#[derive(Args)]
pub struct Which {
    /// Id of the key, as `key list` shows it
    #[arg(long, value_name = "KEYID", value_parser = uuid)]
    key: Uuid,
}

pub async fn run(config: &Config, output: Output, command: KeyCommand) -> anyhow::Result<()> {
    let database = Database::open(config).await?;
    migrate(&database.direct).await?;
    let pool = &database.pool;
    match command {
        KeyCommand::Issue(arguments) => issue(pool, output, config.environment, arguments).await,
        KeyCommand::List(which) => list(pool, output, &which).await,
        KeyCommand::Rotate(arguments) => rotate(pool, output, config.environment, &arguments).await,
        KeyCommand::Revoke(which) => revoke(pool, output, &which).await,
    }
}

async fn issue(
    pool: &PgPool,
    output: Output,
    environment: Environment,
    arguments: Issue,
) -> anyhow::Result<()> {
    anyhow::ensure!(
        (1..=100).contains(&arguments.name.chars().count()),
        "--name must be 1 to 100 characters long"
    );
    let tenant = tenant::find(pool, &arguments.which.tenant).await?;
    let key = ApiKey::generate(environment);
    let new = NewKey {
        tenant: TenantId(tenant.id),
        id: KeyId(Uuid::now_v7()),
        key: &key,
        name: &arguments.name,
        scopes: arguments.scopes.unwrap_or_else(|| Scope::ALL.to_vec()),
        expires_at: Some(after(arguments.expires_in)?),
    };
    api_keys::issue(pool, &new).await?;
    show_once(&new, output)
}

async fn rotate(
    pool: &PgPool,
    output: Output,
    environment: Environment,
    arguments: &Rotate,
) -> anyhow::Result<()> {
    const LONGEST_OVERLAP_DAYS: u64 = 7;
    let overlap = arguments.overlap;
    anyhow::ensure!(
        overlap.0.as_secs() <= LONGEST_OVERLAP_DAYS * 86_400,
        "--overlap must be between 0s and 7d"
    );
    let old = find(pool, &arguments.which).await?;
    anyhow::ensure!(old.revoked_at.is_none(), "this key is revoked; issue a new one");
    let key = ApiKey::generate(environment);
    let new = NewKey {
        tenant: TenantId(old.tenant_id),
        id: KeyId(Uuid::now_v7()),
        key: &key,
        name: &old.name,
        scopes: old.scopes.iter().filter_map(|scope| scope.parse().ok()).collect(),
        // As long as the old one was good for when it was made.
        expires_at: old.expires_at.map(|expiry| Utc::now() + (expiry - old.created_at)),
    };
    api_keys::rotate(pool, KeyId(old.id), after(overlap)?, &new).await?;
    show_once(&new, output)
}

async fn revoke(pool: &PgPool, output: Output, which: &Which) -> anyhow::Result<()> {
    let key = find(pool, which).await?;
    api_keys::revoke(pool, TenantId(key.tenant_id), KeyId(key.id)).await?;
    let sentence = format!("Key {} ({}) is revoked.", key.id, key.name);
    output.one(&json!({ "keyId": key.id, "revoked": true }), &sentence)?;
    Ok(())
}

async fn list(pool: &PgPool, output: Output, which: &tenant::Which) -> anyhow::Result<()> {
    let tenant = tenant::find(pool, &which.tenant).await?;
    let keys = api_keys::list(pool, TenantId(tenant.id)).await?;
    let columns = [
        ("Key", "keyId"),
        ("Name", "name"),
        ("Looks like", "looksLike"),
        ("Scopes", "scopes"),
        ("Status", "status"),
        ("Expires", "expiresAt"),
        ("Last used", "lastUsedAt"),
    ];
    output.list(&keys.iter().map(json_of).collect::<Vec<_>>(), &columns)?;
    Ok(())
}

async fn find(pool: &PgPool, which: &Which) -> anyhow::Result<KeyRecord> {
    let found = api_keys::find(pool, KeyId(which.key)).await?;
    found.context("there is no such key; `key list --tenant …` shows a tenant's keys")
}

fn show_once(new: &NewKey<'_>, output: Output) -> anyhow::Result<()> {
    let expires = new.expires_at.map(time);
    let value = json!({
        "keyId": new.id.0,
        "apiKey": new.key.reveal(),
        "tenantId": new.tenant.0,
        "name": new.name,
        "scopes": new.scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>(),
        "expiresAt": expires,
    });
    let sentence = format!(
        "{}\n\nThis key is shown once. Its id is {}; it expires {}.",
        new.key.reveal(),
        new.id,
        expires.as_deref().unwrap_or("never"),
    );
    output.one(&value, &sentence)
}

fn json_of(key: &KeyRecord) -> Value {
    let status = match key {
        KeyRecord { revoked_at: Some(_), .. } => "revoked",
        KeyRecord { expires_at: Some(expiry), .. } if *expiry <= Utc::now() => "expired",
        _ => "active",
    };
    json!({
        "keyId": key.id,
        "tenantId": key.tenant_id,
        "name": key.name,
        "looksLike": format!("{}…{}", key.prefix, key.last_four),
        "scopes": key.scopes,
        "status": status,
        "createdAt": time(key.created_at),
        "expiresAt": key.expires_at.map(time),
        "revokedAt": key.revoked_at.map(time),
        "lastUsedAt": key.last_used_at.map(time),
    })
}

fn after(lifetime: Lifetime) -> anyhow::Result<DateTime<Utc>> {
    let span = chrono::TimeDelta::from_std(lifetime.0).ok();
    span.and_then(|span| Utc::now().checked_add_signed(span)).context("that is too far in the future")
}
