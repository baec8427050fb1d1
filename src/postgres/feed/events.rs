//! A page of events: one snapshot of the feed and what it holds, so that no event can go missing between the two.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    head::{Head, cursor, head},
    latest, place_waiting,
};
use crate::domain::{
    correlation_id::CorrelationId,
    customer_event::{CustomerEvent, CustomerNow, EventId, EventKind},
    customer_urn::{Cell, CustomerUrn},
    tenant::TenantId,
};
use crate::postgres::customers::living::living;
use crate::service::{
    feed::{EventsPage, EventsQuery, FeedError, Start},
    news::NewsBoard,
};

/// Customers are up to 24 KB each, and an answer is made in memory.
const MOST_WITH_CUSTOMERS: i64 = 200;

pub(super) async fn events(
    connection: &mut PgConnection,
    news: &NewsBoard,
    tenant: TenantId,
    cell: Cell,
    query: &EventsQuery,
) -> Result<EventsPage, FeedError> {
    let EventsQuery { start, limit, with_customers } = *query;
    let limit = if with_customers { limit.min(MOST_WITH_CUSTOMERS) } else { limit };
    let (after, before) = match start {
        Start::Latest => return Ok(empty(&latest(connection, news, tenant).await?)),
        Start::After(cursor) => (Some(cursor), head(connection, tenant).await?),
        Start::Oldest => (None, head(connection, tenant).await?),
    };
    if after.is_some_and(|cursor| !before.continues(cursor)) {
        return Err(FeedError::CursorExpired);
    }
    let after = after.map(|cursor| cursor.position);
    // Where the page is full without them, those that wait can go on waiting.
    let is_full = before.position - after.unwrap_or(before.kept_from) > limit;
    let has_waiting = before.has_waiting && (is_full || place_waiting(connection, news, tenant, 1).await?);
    let rows = page(connection, tenant, after, limit).await?;
    let Some(first) = rows.first() else { return Err(sqlx::Error::RowNotFound.into()) };
    let now = Head { feed_id: first.feed_id, position: first.head, kept_from: first.kept_from, has_waiting };
    if let Start::After(cursor) = start
        && !now.continues(cursor)
    {
        return Err(FeedError::CursorExpired);
    }
    let mut events: Vec<CustomerEvent> = rows.into_iter().filter_map(|row| row.into_event(cell)).collect();
    if with_customers {
        add_customers(connection, tenant, cell, &mut events).await?;
    }
    let position = events.last().map_or(after.unwrap_or(now.kept_from), |event| event.position);
    let behind = now.position - position;
    Ok(EventsPage {
        events,
        cursor: cursor(now.feed_id, position),
        has_more: behind > 0 || has_waiting,
        behind,
    })
}

fn empty(head: &Head) -> EventsPage {
    EventsPage { events: Vec::new(), cursor: head.cursor(), has_more: head.has_waiting, behind: 0 }
}

/// A customer that is not found any more was erased a moment ago.
async fn add_customers(
    connection: &mut PgConnection,
    tenant: TenantId,
    cell: Cell,
    events: &mut [CustomerEvent],
) -> Result<(), sqlx::Error> {
    let is_living = |event: &&CustomerEvent| !matches!(event.customer, CustomerNow::Erased);
    let mut numbers: Vec<i64> =
        events.iter().filter(is_living).filter_map(|event| event.urn.stored_number()).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let customers = living(connection, tenant, cell, &numbers).await?;
    let by_urn: HashMap<CustomerUrn, _> =
        customers.into_iter().map(|customer| (customer.urn, customer)).collect();
    for event in events {
        let customer = by_urn.get(&event.urn).cloned();
        event.customer =
            customer.map_or(CustomerNow::Erased, |customer| CustomerNow::Whole(Box::new(customer)));
    }
    Ok(())
}

/// The feed, and beside it one event or none.
struct Row {
    feed_id: Uuid,
    head: i64,
    kept_from: i64,
    id: Option<Uuid>,
    kind: Option<String>,
    position: Option<i64>,
    customer_number: Option<i64>,
    version: Option<i64>,
    actor: Option<String>,
    correlation_id: Option<Uuid>,
    changed_fields: Option<Vec<String>>,
    occurred_at: Option<DateTime<Utc>>,
    is_erased: bool,
}

impl Row {
    fn into_event(self, cell: Cell) -> Option<CustomerEvent> {
        Some(CustomerEvent {
            id: EventId(self.id?),
            kind: self.kind?.parse::<EventKind>().ok()?,
            position: self.position?,
            urn: CustomerUrn::from_stored(cell, self.customer_number?),
            version: self.version?,
            changed_fields: self.changed_fields?,
            occurred_at: self.occurred_at?,
            correlation_id: CorrelationId(self.correlation_id?),
            actor: self.actor?,
            customer: if self.is_erased { CustomerNow::Erased } else { CustomerNow::Living },
        })
    }
}

/// Behind `after`, or from the oldest event that is kept. At least one row, for the feed.
#[tracing::instrument(name = "feed.events", skip_all)]
async fn page(
    connection: &mut PgConnection,
    tenant: TenantId,
    after: Option<i64>,
    limit: i64,
) -> Result<Vec<Row>, sqlx::Error> {
    sqlx::query_as!(
        Row,
        r#"
        select
            feed.feed_id,
            feed.position as head,
            feed.kept_from,
            event.id as "id?",
            event.kind as "kind?",
            event.position as "position?",
            event.customer_number as "customer_number?",
            event.version as "version?",
            event.actor as "actor?",
            event.correlation_id as "correlation_id?",
            event.changed_fields as "changed_fields?",
            event.occurred_at as "occurred_at?",
            exists (
                select
                from customers
                where tenant_id = $1
                  and number = event.customer_number
                  and erased_at is not null
            ) as "is_erased!"
        from customer_feeds as feed
        left join lateral (
            select
                id, kind, position, customer_number, version,
                actor, correlation_id, changed_fields, occurred_at
            from customer_events
            where tenant_id = $1
              and position > coalesce($2, feed.kept_from)
            order by position
            limit $3
        ) as event on true
        where feed.tenant_id = $1
        order by event.position
        "#,
        tenant.0,
        after,
        limit,
    )
    .fetch_all(connection)
    .await
}
