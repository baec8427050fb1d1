//! C2A without a server: what a command asks beside the database is answered by the handlers that serve clients, so that
//! both have the same rules. The caller is the operator, whom no key and no quota keeps out.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use hyper::{Request, Response, body::Bytes};
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::app::next_number;
use crate::config::Config;
use crate::database::{self, Database};
use crate::domain::{
    caller::{Actor, Caller},
    clock::SystemClock,
    correlation_id::CorrelationId,
    quota::{self, Quota},
    scope::Scope,
    tenant::Tenant,
};
use crate::http::{
    self, DirectBody,
    auth::{Authenticator, jwt::TokenVerifier},
    body::BodyTimeout,
    frame::cors::Cors,
    limits::{ImportLimits, Limits, places::Places},
    long_poll::Readers,
    readiness,
    state::{App, SharedApp},
};
use crate::postgres::{
    compare::PgCompare,
    credentials::PgCredentials,
    customers::PgCustomers,
    feed::PgFeed,
    health::PgHealth,
    idempotency::{FingerprintSecrets, PgIdempotency},
    partner::PgPartners,
    pool::{Occupancy, Pool},
};
use crate::service::news::NewsBoard;
use crate::telemetry::metrics::{self, Metrics, Present};

/// Of a request: nobody else waits.
const PATIENCE: Duration = Duration::from_secs(600);

pub struct DirectC2a {
    app: SharedApp,
    caller: Caller,
    pool: Pool,
    /// An embedded one runs as long as this is held.
    _database: Database,
}

impl DirectC2a {
    /// Everything that is asked has one correlation id.
    pub async fn open(config: &Config, database: Database, tenant: Tenant) -> anyhow::Result<Self> {
        database.pool.close().await;
        let limits = database::pool_limits(config).for_commands();
        let pool = Pool::behind_pooler(&database.options, &database.direct, &limits);
        let news = NewsBoard::default();
        let customers = PgCustomers::announcing(news.clone(), pool.clone(), config.cell, next_number);
        let clock = SystemClock::shared();
        // No request here has an Idempotency-Key, a token or a key of its own.
        let secrets = FingerprintSecrets { current: Uuid::new_v4().to_string().into(), previous: None };
        let (changes, _) = broadcast::channel(1);
        let credentials = Arc::new(PgCredentials::new(pool.clone(), changes));
        let tokens = TokenVerifier::new(None, clock.clone())?;
        let most = NonZeroU32::new(quota::MAX).unwrap_or(NonZeroU32::MIN);
        let places = 1;
        let app = App {
            feed: Arc::new(PgFeed::new(pool.clone(), &customers, news.clone())),
            readers: Readers::new(places, CancellationToken::new()),
            compare: Arc::new(PgCompare::new(&customers, news)),
            compares: Places::new(places, places, Present::compare),
            exports: Places::new(places, places, Present::export),
            imports: ImportLimits::new(places, PATIENCE),
            partners: Arc::new(PgPartners::new(customers.clone())),
            idempotency: Arc::new(PgIdempotency::new(pool.clone(), customers.clone(), secrets)),
            customers: Arc::new(customers),
            authenticator: Arc::new(Authenticator::new(
                config.environment,
                credentials,
                tokens,
                clock.clone(),
            )),
            readiness: readiness::observe(Arc::new(PgHealth::new(pool.clone())), CancellationToken::new())
                .await
                .0,
            body_timeout: BodyTimeout(PATIENCE),
            limits: Arc::new(Limits::new(Quota { per_second: most, burst: most }, 1, clock)),
            cors: Arc::new(Cors::new(&[])),
            metrics: Arc::new(Metrics::new(occupancy(pool.clone()))),
        };
        let caller = Caller {
            tenant: Arc::new(tenant),
            actor: Actor::Operator,
            scopes: Scope::ALL.to_vec(),
            correlation_id: CorrelationId::mint(),
        };
        Ok(Self { app: Arc::new(app), caller, pool, _database: database })
    }

    /// `request`: its path below `…/customer`.
    pub async fn answer(&self, request: Request<Bytes>) -> Response<DirectBody> {
        http::answer_c2a(self.app.clone(), self.caller.clone(), request).await
    }

    /// Waits for what is under way.
    pub async fn close(self) {
        self.pool.detached().finish().await;
        self.pool.close().await;
    }
}

fn occupancy(pool: Pool) -> impl Fn() -> metrics::Occupancy {
    move || {
        let Occupancy { in_use, idle, max_connections } = pool.occupancy();
        metrics::Occupancy { in_use, idle, max: max_connections }
    }
}
