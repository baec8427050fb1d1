//! Beside the database, by the services of the server.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use tokio::time::sleep;
use uuid::Uuid;

use super::here::{Changes, Here, Trouble};
use crate::cli::tenant::find;
use crate::config::Config;
use crate::database::{Database, pool_limits};
use crate::domain::{
    caller::{Actor, Caller, Subject},
    compare::{By, Claim, Compared, Listed, Span},
    correlation_id::CorrelationId,
    feed::Cursor,
    quota::TenantQuota,
    tenant::{JwtPolicy, Tenant, TenantId},
};
use crate::postgres::{
    compare::PgCompare, customers::PgCustomers, feed::PgFeed, migrations::migrate, pool::Pool,
};
use crate::service::{
    compare::CompareService,
    feed::{EventsQuery, FeedError, FeedService, Start},
    news::NewsBoard,
    storage_error::StorageError,
};

/// Events that are read at once.
const PAGE: i64 = 1000;
const PAUSE: Duration = Duration::from_secs(1);

pub struct ByDatabase {
    compare: PgCompare,
    feed: PgFeed,
    caller: Caller,
    /// Keeps an embedded database running.
    _database: Database,
}

impl ByDatabase {
    pub async fn open(config: &Config, tenant: &str) -> anyhow::Result<Self> {
        let database = Database::open(config).await?;
        migrate(&database.options).await?;
        let tenant = TenantId(find(&database.pool, tenant).await?.id);
        let pool = Pool::new(&database.options, &pool_limits(config).for_commands());
        let news = NewsBoard::default();
        // No customer is made.
        let customers = PgCustomers::new(pool.clone(), config.cell, || 1);
        Ok(Self {
            compare: PgCompare::new(&customers, news.clone()),
            feed: PgFeed::new(pool, &customers, news),
            caller: operator(tenant),
            _database: database,
        })
    }

    async fn events(&self, start: Start, limit: i64) -> Result<Changes, Trouble> {
        let query = EventsQuery { start, limit, with_customers: false };
        let page = match self.feed.events(&self.caller, &query).await {
            Err(FeedError::Storage(error)) => answered(Err(error)).await,
            page => page.map_err(|error| Trouble::Failed(error.into())),
        }?;
        let urns = page.events.iter().map(|event| event.urn).collect();
        Ok(Changes { urns, cursor: page.cursor, has_more: page.has_more })
    }
}

#[async_trait]
impl Here for ByDatabase {
    async fn are_equal(&self, by: By, claims: Vec<Claim>) -> Result<Vec<bool>, Trouble> {
        let spans = claims.iter().map(|claim| claim.span.clone()).collect();
        let ranges = answered(self.compare.ranges(&self.caller, by, spans).await).await?;
        Ok(ranges.iter().zip(claims).map(|(range, claim)| range.equals(claim.tally)).collect())
    }

    async fn compare(&self, by: By, span: Span, listed: Vec<Listed>) -> Result<Compared, Trouble> {
        answered(self.compare.items(&self.caller, by, span, listed).await).await
    }

    async fn latest(&self) -> Result<Changes, Trouble> {
        self.events(Start::Latest, 0).await
    }

    async fn changes(&self, after: Cursor) -> Result<Changes, Trouble> {
        self.events(Start::After(after), PAGE).await
    }
}

/// Waits, where it is to be asked again.
async fn answered<T>(answer: Result<T, StorageError>) -> Result<T, Trouble> {
    match answer {
        Err(StorageError::Unavailable) => {
            sleep(PAUSE).await;
            Err(Trouble::Busy)
        }
        answer => answer.map_err(|error| Trouble::Failed(error.into())),
    }
}

/// Of a tenant, to read: nothing else of it is asked.
fn operator(tenant: TenantId) -> Caller {
    let tenant = Tenant {
        id: tenant,
        suspended: false,
        jwt: JwtPolicy::Optional,
        required: Vec::new(),
        channels: Vec::new(),
        quota: TenantQuota { per_second: None, burst: None },
    };
    Caller {
        actor: Actor::Subject(Subject::Id(Uuid::nil())),
        tenant: Arc::new(tenant),
        scopes: Vec::new(),
        correlation_id: CorrelationId(Uuid::now_v7()),
    }
}
