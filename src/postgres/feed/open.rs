//! The row that makes a tenant's feed.

use sqlx::PgConnection;

use crate::domain::{feed::FeedId, tenant::TenantId};

/// A feed that is there already stays as it is.
#[tracing::instrument(name = "feed.open", skip_all)]
pub async fn open(connection: &mut PgConnection, tenant: TenantId, feed: FeedId) -> Result<(), sqlx::Error> {
    sqlx::query!(
        r#"
        insert into customer_feeds (tenant_id, feed_id)
        values ($1, $2)
        on conflict do nothing
        "#,
        tenant.0,
        feed.0,
    )
    .execute(connection)
    .await?;
    Ok(())
}
