//! Where a tenant's feed is.

use sqlx::PgConnection;
use uuid::Uuid;

use super::open::open;
use crate::domain::{
    feed::{Cursor, FeedId},
    tenant::TenantId,
};
use crate::postgres::error::is_read_only;

pub(in crate::postgres) struct Head {
    pub feed_id: Uuid,
    /// The last that was given.
    pub position: i64,
    /// Events up to here may be gone.
    pub kept_from: i64,
    /// Events without a position.
    pub has_waiting: bool,
}

impl Head {
    pub fn cursor(&self) -> Cursor {
        cursor(self.feed_id, self.position)
    }

    /// Whether the feed goes on from `cursor`: its events are the ones the cursor was made with, and those beyond it are
    /// all there.
    pub fn continues(&self, cursor: Cursor) -> bool {
        cursor.feed == self.cursor().feed && (self.kept_from..=self.position).contains(&cursor.position)
    }
}

pub(super) fn cursor(feed_id: Uuid, position: i64) -> Cursor {
    Cursor { feed: FeedId(feed_id).tag(), position }
}

/// A tenant that was made by an older program has no feed yet: it gets one.
pub(in crate::postgres) async fn head(
    connection: &mut PgConnection,
    tenant: TenantId,
) -> Result<Head, sqlx::Error> {
    if let Some(head) = find(connection, tenant).await? {
        return Ok(head);
    }
    match open(connection, tenant, FeedId::generate()).await {
        Err(error) if is_read_only(&error) => {}
        opened => opened?,
    }
    find(connection, tenant).await?.ok_or(sqlx::Error::RowNotFound)
}

#[tracing::instrument(name = "feed.head", skip_all)]
async fn find(connection: &mut PgConnection, tenant: TenantId) -> Result<Option<Head>, sqlx::Error> {
    sqlx::query_as!(
        Head,
        r#"
        select
            feed_id,
            position,
            kept_from,
            exists (
                select
                from customer_events
                where tenant_id = $1
                  and position is null
            ) as "has_waiting!"
        from customer_feeds
        where tenant_id = $1
        "#,
        tenant.0,
    )
    .fetch_optional(connection)
    .await
}
