//! Beside the database, by the services of the server.

use std::sync::Arc;

use async_trait::async_trait;
use uuid::Uuid;

use super::here::{Changes, Here};
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
    feed::{EventsQuery, FeedService, Start},
    news::NewsBoard,
};

/// Events that are read at once.
const PAGE: i64 = 1000;

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
        // No customer is made.
        let customers = PgCustomers::new(pool.clone(), config.cell, || 1);
        Ok(Self {
            compare: PgCompare::new(&customers),
            feed: PgFeed::new(pool, &customers, NewsBoard::default()),
            caller: operator(tenant),
            _database: database,
        })
    }

    async fn events(&self, start: Start, limit: i64) -> anyhow::Result<Changes> {
        let query = EventsQuery { start, limit, with_customers: false };
        let page = self.feed.events(&self.caller, &query).await?;
        let urns = page.events.iter().map(|event| event.urn).collect();
        Ok(Changes { urns, cursor: page.cursor, has_more: page.has_more })
    }
}

#[async_trait]
impl Here for ByDatabase {
    async fn are_equal(&self, by: By, claims: Vec<Claim>) -> anyhow::Result<Vec<bool>> {
        let spans = claims.iter().map(|claim| claim.span.clone()).collect();
        let ranges = self.compare.ranges(&self.caller, by, spans).await?;
        Ok(ranges.iter().zip(claims).map(|(range, claim)| range.equals(claim.tally)).collect())
    }

    async fn compare(&self, by: By, span: Span, listed: Vec<Listed>) -> anyhow::Result<Compared> {
        Ok(self.compare.items(&self.caller, by, span, listed).await?)
    }

    async fn latest(&self) -> anyhow::Result<Cursor> {
        Ok(self.events(Start::Latest, 0).await?.cursor)
    }

    async fn changes(&self, after: Cursor) -> anyhow::Result<Changes> {
        self.events(Start::After(after), PAGE).await
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
