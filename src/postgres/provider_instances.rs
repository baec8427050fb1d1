//! A tenant's accounts at providers, as operators manage them.

use sqlx::PgPool;
use uuid::Uuid;

use crate::domain::{partner::ProviderInstanceId, tenant::TenantId};

#[derive(Clone, Debug)]
pub struct ProviderInstance {
    pub id: Uuid,
    pub name: String,
}

/// Renames it if it exists, and restores it if it was removed.
pub async fn add(
    pool: &PgPool,
    tenant: TenantId,
    id: ProviderInstanceId,
    name: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        r#"
        with instance as (
            insert into provider_instances (tenant_id, id, name)
            values ($1, $2, $3)
            on conflict (tenant_id, id) do update set name = excluded.name, removed_at = null
            returning tenant_id, id
        )
        insert into admin_events (tenant_id, id, kind, subject)
        select tenant_id, $4, 'provider_instance.added', id::text
        from instance
        "#,
        tenant.0,
        id.0,
        name,
        Uuid::now_v7(),
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Its customers keep it; new customers cannot name it. `false`: there is no instance with this id.
pub async fn remove(pool: &PgPool, tenant: TenantId, id: ProviderInstanceId) -> Result<bool, sqlx::Error> {
    let removed = sqlx::query!(
        r#"
        with removed as (
            update provider_instances
            set removed_at = now()
            where tenant_id = $1
              and id = $2
              and removed_at is null
            returning tenant_id, id
        )
        insert into admin_events (tenant_id, id, kind, subject)
        select tenant_id, $3, 'provider_instance.removed', id::text
        from removed
        "#,
        tenant.0,
        id.0,
        Uuid::now_v7(),
    )
    .execute(pool)
    .await?;
    Ok(removed.rows_affected() == 1)
}

pub async fn list(pool: &PgPool, tenant: TenantId) -> Result<Vec<ProviderInstance>, sqlx::Error> {
    sqlx::query_as!(
        ProviderInstance,
        r#"
        select id, name
        from provider_instances
        where tenant_id = $1
          and removed_at is null
        order by name, id
        "#,
        tenant.0,
    )
    .fetch_all(pool)
    .await
}
