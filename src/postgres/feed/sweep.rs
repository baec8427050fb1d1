//! Removes events that are older than the feed is kept, oldest first, and says in the same statement from where on the
//! feed is kept.

use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::tenant::TenantId;

/// Tenants with something to remove.
///
/// One look for all tenants: on Citus it goes to every shard, and locks nothing.
#[tracing::instrument(name = "feed.overdue", skip_all)]
pub(super) async fn overdue(
    connection: &mut PgConnection,
    kept_days: i32,
) -> Result<Vec<TenantId>, sqlx::Error> {
    let tenants: Vec<Uuid> = sqlx::query_scalar!(
        r#"
        select feed.tenant_id
        from customer_feeds as feed
        where exists (
            select
            from customer_events as event
            where event.tenant_id = feed.tenant_id
              and event.position = feed.kept_from + 1
              and event.occurred_at < now() - make_interval(days => $1)
        )
        or exists (
            select
            from customer_events as event
            where event.tenant_id = feed.tenant_id
              and event.position <= feed.kept_from
              and event.occurred_at < now() - interval '13 months'
        )
        "#,
        kept_days,
    )
    .fetch_all(connection)
    .await?;
    Ok(tenants.into_iter().map(TenantId).collect())
}

/// Looks at the `batch` oldest events. Those before the first that is to be kept leave the feed, and are removed but for
/// erasures of the last 13 months. Returns how many left the feed.
#[tracing::instrument(name = "feed.sweep", skip_all)]
pub(super) async fn sweep(
    connection: &mut PgConnection,
    tenant: TenantId,
    kept_days: i32,
    batch: i64,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        with feed as materialized (
            select kept_from
            from customer_feeds
            where tenant_id = $1
        ),
        oldest as (
            select
                position,
                bool_and(occurred_at < now() - make_interval(days => $2)) over (order by position) as is_over
            from (
                select position, occurred_at
                from customer_events
                where tenant_id = $1
                  and position > (select kept_from from feed)
                order by position
                limit $3
            ) as first
        ),
        raised as (
            update customer_feeds
            set kept_from = edge.position
            from (select max(position) as position from oldest where is_over) as edge
            where tenant_id = $1
              and kept_from < edge.position
            returning kept_from
        ),
        removed as (
            delete from customer_events
            using raised
            where tenant_id = $1
              and position <= raised.kept_from
              and (kind <> 'erased' or occurred_at < now() - interval '13 months')
        )
        select coalesce((select kept_from from raised) - (select kept_from from feed), 0) as "left!"
        "#,
        tenant.0,
        kept_days,
        batch,
    )
    .fetch_one(connection)
    .await
}

/// Erasures that were kept longer than the feed.
#[tracing::instrument(name = "feed.sweep_erasures", skip_all)]
pub(super) async fn sweep_erasures(
    connection: &mut PgConnection,
    tenant: TenantId,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        r#"
        delete from customer_events
        where tenant_id = $1
          and position <= (select kept_from from customer_feeds where tenant_id = $1)
          and occurred_at < now() - interval '13 months'
        "#,
        tenant.0,
    )
    .execute(connection)
    .await?;
    Ok(())
}
