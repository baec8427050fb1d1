//! Gives feeds new names, so that every cursor of before is answered that it has expired.

use sqlx::PgPool;
use uuid::Uuid;

use crate::domain::{feed::FeedId, tenant::TenantId};

/// One transaction a tenant, with its `admin_events` row.
pub async fn renew(pool: &PgPool, tenant: TenantId, feed: FeedId) -> Result<(), sqlx::Error> {
    let mut transaction = pool.begin().await?;
    sqlx::query!(
        r#"
        insert into customer_feeds (tenant_id, feed_id)
        values ($1, $2)
        on conflict (tenant_id) do update
        set feed_id = excluded.feed_id
        "#,
        tenant.0,
        feed.0,
    )
    .execute(&mut *transaction)
    .await?;
    sqlx::query!(
        r#"
        insert into admin_events (tenant_id, id, kind, subject)
        values ($1, $2, 'feed.renewed', $3)
        "#,
        tenant.0,
        Uuid::now_v7(),
        tenant.to_string(),
    )
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await
}
