//! Resellers, as operators manage them.

use sqlx::PgPool;
use uuid::Uuid;

use crate::domain::{partner::ResellerId, tenant::TenantId};

#[derive(Clone, Debug)]
pub struct Reseller {
    pub id: Uuid,
    pub name: String,
}

/// Renames it if it exists.
pub async fn add(pool: &PgPool, tenant: TenantId, id: ResellerId, name: &str) -> Result<(), sqlx::Error> {
    sqlx::query!(
        r#"
        with reseller as (
            insert into resellers (tenant_id, id, name)
            values ($1, $2, $3)
            on conflict (tenant_id, id) do update set name = excluded.name
            returning tenant_id, id
        )
        insert into admin_events (tenant_id, id, kind, subject)
        select tenant_id, $4, 'reseller.added', id::text
        from reseller
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

pub async fn list(pool: &PgPool, tenant: TenantId) -> Result<Vec<Reseller>, sqlx::Error> {
    sqlx::query_as!(
        Reseller,
        r#"
        select id, name
        from resellers
        where tenant_id = $1
        order by name, id
        "#,
        tenant.0,
    )
    .fetch_all(pool)
    .await
}
