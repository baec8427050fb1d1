//! API keys, as operators manage them. Every write adds an `admin_events` row and notifies the servers.

use chrono::{DateTime, Utc};
use sqlx::{PgExecutor, PgPool};
use uuid::Uuid;

use crate::domain::{api_key::ApiKey, caller::KeyId, scope::Scope, tenant::TenantId};
use crate::postgres::{notify, tenants::names};

/// A key as stored: everything but the key.
#[derive(Clone, Debug)]
pub struct KeyRecord {
    pub tenant_id: Uuid,
    pub id: Uuid,
    pub name: String,
    pub prefix: String,
    pub last_four: String,
    pub scopes: Vec<String>,
    pub created_at: DateTime<Utc>,
    pub expires_at: Option<DateTime<Utc>>,
    pub revoked_at: Option<DateTime<Utc>>,
    pub last_used_at: Option<DateTime<Utc>>,
}

/// A key to be stored.
#[derive(Debug)]
pub struct NewKey<'a> {
    pub tenant: TenantId,
    pub id: KeyId,
    pub key: &'a ApiKey,
    pub name: &'a str,
    pub scopes: Vec<Scope>,
    pub expires_at: Option<DateTime<Utc>>,
}

pub async fn issue(pool: &PgPool, new: &NewKey<'_>) -> Result<(), sqlx::Error> {
    let mut transaction = pool.begin().await?;
    insert(&mut *transaction, new).await?;
    notify::credentials_changed(&mut *transaction).await?;
    transaction.commit().await
}

/// Stores the successor. The old key stays valid until `overlap_ends`, or until its own expiry if that is sooner.
pub async fn rotate(
    pool: &PgPool,
    old: KeyId,
    overlap_ends: DateTime<Utc>,
    successor: &NewKey<'_>,
) -> Result<(), sqlx::Error> {
    let mut transaction = pool.begin().await?;
    sqlx::query!(
        r#"
        with rotated as (
            update api_keys
            set expires_at = least(expires_at, $3)
            where tenant_id = $1
              and id = $2
            returning tenant_id, id
        )
        insert into admin_events (tenant_id, id, kind, subject, details)
        select tenant_id, $4, 'key.rotated', id::text, array[$5::uuid::text]
        from rotated
        "#,
        successor.tenant.0,
        old.0,
        overlap_ends,
        Uuid::now_v7(),
        successor.id.0,
    )
    .execute(&mut *transaction)
    .await?;
    insert(&mut *transaction, successor).await?;
    notify::credentials_changed(&mut *transaction).await?;
    transaction.commit().await
}

/// Revoking a revoked key changes nothing and writes no event.
pub async fn revoke(pool: &PgPool, tenant: TenantId, key: KeyId) -> Result<(), sqlx::Error> {
    let mut transaction = pool.begin().await?;
    sqlx::query!(
        r#"
        with revoked as (
            update api_keys
            set revoked_at = now()
            where tenant_id = $1
              and id = $2
              and revoked_at is null
            returning tenant_id, id
        )
        insert into admin_events (tenant_id, id, kind, subject)
        select tenant_id, $3, 'key.revoked', id::text
        from revoked
        "#,
        tenant.0,
        key.0,
        Uuid::now_v7(),
    )
    .execute(&mut *transaction)
    .await?;
    notify::credentials_changed(&mut *transaction).await?;
    transaction.commit().await
}

/// The key of this id, of any tenant: operators name keys by id alone.
pub async fn find(pool: &PgPool, key: KeyId) -> Result<Option<KeyRecord>, sqlx::Error> {
    sqlx::query_as!(
        KeyRecord,
        r#"
        select
            tenant_id, id, name, prefix, last_four, scopes, created_at, expires_at, revoked_at, last_used_at
        from api_keys
        where id = $1
        "#,
        key.0,
    )
    .fetch_optional(pool)
    .await
}

/// Newest first.
pub async fn list(pool: &PgPool, tenant: TenantId) -> Result<Vec<KeyRecord>, sqlx::Error> {
    sqlx::query_as!(
        KeyRecord,
        r#"
        select
            tenant_id, id, name, prefix, last_four, scopes, created_at, expires_at, revoked_at, last_used_at
        from api_keys
        where tenant_id = $1
        order by created_at desc, id
        "#,
        tenant.0,
    )
    .fetch_all(pool)
    .await
}

/// An existing key stays as it is: the sandbox seeds its key at every start.
async fn insert(executor: impl PgExecutor<'_>, new: &NewKey<'_>) -> Result<(), sqlx::Error> {
    let fingerprint = new.key.fingerprint();
    sqlx::query!(
        r#"
        with issued as (
            insert into api_keys (tenant_id, id, name, fingerprint, prefix, last_four, scopes, expires_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8)
            on conflict (tenant_id, fingerprint) do nothing
            returning tenant_id, id
        )
        insert into admin_events (tenant_id, id, kind, subject, details)
        select tenant_id, $9, 'key.issued', id::text, $7
        from issued
        "#,
        new.tenant.0,
        new.id.0,
        new.name,
        fingerprint.as_bytes(),
        new.key.prefix(),
        new.key.last_four(),
        &names(&new.scopes),
        new.expires_at,
        Uuid::now_v7(),
    )
    .execute(executor)
    .await?;
    Ok(())
}
