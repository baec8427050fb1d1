//! The feed of a tenant: its events in an order that never changes once it was read.

mod events;
mod export;
mod head;
pub mod open;
pub mod place;
pub mod renew;
mod sweep;

use std::time::Instant;

use async_trait::async_trait;
use sqlx::PgConnection;
use tracing::{instrument::WithSubscriber, subscriber::NoSubscriber};

use self::head::{Head, head};
use super::{customers::PgCustomers, error::is_read_only, pool::Pool, session::Session};
use crate::domain::{caller::Caller, customer_urn::Cell, feed::ExportCursor, tenant::TenantId};
use crate::service::{
    feed::{EventsPage, EventsQuery, ExportPage, FeedError, FeedService},
    news::{Look, News, NewsBoard},
    storage_error::StorageError,
};
use crate::telemetry::metrics;

pub struct PgFeed {
    session: Session,
    /// For work in the background, which is no tenant's.
    pool: Pool,
    cell: Cell,
    news: NewsBoard,
}

impl PgFeed {
    /// Of the changes that `customers` writes to the database of `pool` and announces to `news`.
    pub fn new(pool: Pool, customers: &PgCustomers, news: NewsBoard) -> Self {
        Self { session: customers.session().clone(), pool, cell: customers.numbering().cell, news }
    }
}

#[async_trait]
impl FeedService for PgFeed {
    async fn events(&self, caller: &Caller, query: &EventsQuery) -> Result<EventsPage, FeedError> {
        let tenant = caller.tenant_id();
        let read = self.session.run(tenant, async |connection| {
            events::events(connection, &self.news, tenant, self.cell, query).await
        });
        read.await
    }

    fn news(&self, tenant: TenantId) -> News {
        self.news.subscribe(tenant)
    }

    async fn begin_export(
        &self,
        caller: &Caller,
        cursor: Option<ExportCursor>,
    ) -> Result<ExportCursor, FeedError> {
        let tenant = caller.tenant_id();
        let begun = self.session.run(tenant, async |connection| {
            let head = head(connection, tenant).await?;
            match cursor {
                Some(cursor) if head.continues(cursor.began_at) => Ok(cursor),
                Some(_) => Err(FeedError::CursorExpired),
                None => Ok(ExportCursor { began_at: head.cursor(), after: 0 }),
            }
        });
        begun.await
    }

    async fn export_page(&self, caller: &Caller, after: i64, limit: i64) -> Result<ExportPage, StorageError> {
        let tenant = caller.tenant_id();
        let read = self.session.run(tenant, async |connection| {
            Ok(export::export_page(connection, tenant, self.cell, after, limit).await?)
        });
        read.await
    }

    /// Without spans, as no request asked. Who waits learns of a failure when it reads.
    async fn look(&self) {
        for tenant in self.news.tenants() {
            let looked = self
                .session
                .run::<_, StorageError>(tenant, async |connection| Ok(head(connection, tenant).await?));
            if let Ok(head) = looked.with_subscriber(NoSubscriber::new()).await {
                self.news.show(tenant, Look { head: head.cursor(), has_waiting: head.has_waiting });
            }
        }
    }

    async fn sweep(&self, kept_days: i32) -> Result<(), StorageError> {
        const BATCH: i64 = 1000;
        let overdue: Result<_, StorageError> =
            self.pool.lend(async |connection| Ok(sweep::overdue(connection, kept_days).await?)).await;
        for tenant in overdue? {
            let swept: Result<_, StorageError> = self
                .pool
                .lend(async |connection| {
                    while sweep::sweep(connection, tenant, kept_days, BATCH).await? == BATCH {}
                    Ok(sweep::sweep_erasures(connection, tenant).await?)
                })
                .await;
            swept?;
        }
        Ok(())
    }
}

/// Where the feed is behind the events of before; of very many that wait, behind the first of them.
pub(super) async fn latest(
    connection: &mut PgConnection,
    news: &NewsBoard,
    tenant: TenantId,
) -> Result<Head, sqlx::Error> {
    const ROUNDS: usize = 20;
    let before = head(connection, tenant).await?;
    if !before.has_waiting {
        return Ok(before);
    }
    place_waiting(connection, news, tenant, ROUNDS).await?;
    head(connection, tenant).await
}

/// Places up to `rounds` batches, and tells `news`. Returns whether there may be more.
async fn place_waiting(
    connection: &mut PgConnection,
    news: &NewsBoard,
    tenant: TenantId,
    rounds: usize,
) -> Result<bool, sqlx::Error> {
    for _ in 0..rounds {
        let started = Instant::now();
        match place::place(connection, tenant, place::BATCH).await {
            Ok(Some(placed)) => {
                metrics::placed(placed.unsigned_abs(), started.elapsed());
                news.announce(tenant);
                if placed < place::BATCH {
                    return Ok(false);
                }
            }
            Ok(None) => return Ok(false),
            // A standby shows what is placed.
            Err(error) if is_read_only(&error) => return Ok(false),
            Err(error) => return Err(error),
        }
    }
    Ok(true)
}
