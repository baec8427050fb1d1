//! The composition root: builds the parts, runs the server, stops everything in order.

use std::{
    future::{Future, IntoFuture},
    net::{SocketAddr, TcpListener},
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use axum::Router;
use tokio::sync::broadcast;
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use crate::config::{Config, ServeConfig};
use crate::database::{self, Database};
use crate::domain::{
    api_key::SAMPLE_KEY, clock::SharedClock, customer_urn::CustomerNumber, environment::Environment,
};
use crate::fingerprints;
use crate::http::{
    self,
    auth::{Authenticator, jwt::TokenVerifier},
    body::BodyTimeout,
    connection::{Connections, TimeLimits},
    docs::Prefill,
    frame::{Frame, cors::Cors},
    limits::{ImportLimits, Limits, places::Places},
    long_poll::Readers,
    readiness,
    state::App,
    threads::Threads,
};
use crate::listen;
use crate::postgres::{
    compare::PgCompare,
    connect::PoolLimits,
    credentials::{self, PgCredentials},
    customers::{Batches, PgCustomers},
    feed::PgFeed,
    health::PgHealth,
    idempotency::PgIdempotency,
    partner::PgPartners,
    pool::{self, Pool},
};
use crate::sandbox::seed;
use crate::service::{feed::FeedService, idempotency::Idempotency, news::NewsBoard};
use crate::startup;
use crate::telemetry::metrics::{Metrics, Occupancy, Present};
use crate::tokens;
use crate::workers::{Kept, Workers};

/// Exports at a time, of all tenants and of one.
const EXPORTS: [usize; 2] = [8, 2];
/// Drift checks at a time, of all tenants and of one. Each may hold a body of many times the usual size.
const COMPARES: [usize; 2] = [4, 2];

/// A server that is bound to its port and ready to run.
pub struct Application {
    listener: TcpListener,
    address: SocketAddr,
    /// Of a thread, by its number.
    frame: Box<dyn Fn(usize) -> Frame + Send + Sync>,
    ops_listener: TcpListener,
    ops_address: SocketAddr,
    ops_router: Router,
    /// Not ready any more; requests are still taken.
    stopping: CancellationToken,
    /// Nobody waits any longer for what may come.
    closing: CancellationToken,
    authenticator: Arc<Authenticator>,
    pool: Pool,
    batches: Vec<Batches>,
    look_ups: Pool,
    workers: Workers,
    serve: ServeConfig,
    max_clients: u64,
}

impl Application {
    /// Reserves the addresses, prepares the database, listens. Requests are answered once [`Self::run`] is called.
    ///
    /// The addresses first: a server that cannot have them must not have migrated the database.
    pub async fn build(
        config: &Config,
        serve: &ServeConfig,
        database: Database,
        clock: SharedClock,
    ) -> anyhow::Result<Self> {
        let max_clients = max_clients(serve.max_connections, config.db_connections)?;
        let secrets = fingerprints::secrets(config, &database).await?;
        let socket = listen::reserve(serve.listen)?;
        let ops_socket = listen::reserve_for_operators(serve.ops_listen)?;
        startup::prepare(config, serve, &database).await?;
        // What follows has a pool of its own.
        database.pool.close().await;
        let limits = database::pool_limits(config);
        let pool = Pool::behind_pooler(&database.options, &database.direct, &limits);
        let (changes, _) = broadcast::channel(16);
        let look_ups = pool.beside(&PoolLimits { connections: credentials::CONNECTIONS, ..limits });
        let credentials = PgCredentials::new(look_ups.clone(), changes.clone());
        let news = NewsBoard::default();
        let customers = PgCustomers::announcing(news.clone(), pool.clone(), config.cell, next_number);
        let feed: Arc<dyn FeedService> = Arc::new(PgFeed::new(pool.clone(), &customers, news.clone()));
        let partners = PgPartners::new(customers.clone());
        let pg_idempotency = PgIdempotency::new(pool.clone(), customers.clone(), secrets);
        let idempotency: Arc<dyn Idempotency> = Arc::new(pg_idempotency.clone());
        // On a connection of its own: a busy pool is no reason to be taken out of service.
        let health = PgHealth::new(pool.beside(&PoolLimits { connections: 1, ..limits }));
        let health = Arc::new(health.demanding_safety(!serve.allow_unsafe_database));
        let stopping = CancellationToken::new();
        let (readiness, observing) = readiness::observe(health, stopping.clone()).await;
        let tokens = TokenVerifier::new(tokens::settings(config, &database).await?, clock.clone())?;
        let authenticator =
            Arc::new(Authenticator::new(config.environment, Arc::new(credentials), tokens, clock.clone()));

        let closing = CancellationToken::new();
        let waiting = usize::try_from(serve.events_waiting_readers).unwrap_or(usize::MAX);
        let app = App {
            feed: feed.clone(),
            readers: Readers::new(waiting, closing.clone()),
            exports: Places::new(EXPORTS[0], EXPORTS[1], Present::export),
            compare: Arc::new(PgCompare::new(&customers, news)),
            compares: Places::new(COMPARES[0], COMPARES[1], Present::compare),
            imports: ImportLimits::new(serve.bulk_at_once(), serve.bulk_timeout()),
            customers: Arc::new(customers.clone()),
            partners: Arc::new(partners),
            idempotency: idempotency.clone(),
            authenticator: authenticator.clone(),
            readiness,
            body_timeout: BodyTimeout(serve.body_timeout()),
            limits: Arc::new(Limits::new(serve.quota(config.environment), serve.max_in_flight, clock)),
            cors: Arc::new(Cors::new(&serve.cors_origins)),
            metrics: Arc::new(Metrics::new(occupancy(pool.clone()))),
        };
        let prefill = (config.environment == Environment::Sandbox).then(prefill);
        let for_operators = Arc::new(app.clone());
        // What is asked on a thread travels with what else is asked there.
        let batches: Vec<_> = (0..serve.threads()).map(|_| Batches::beside(&pool)).collect();
        let customers: Vec<_> =
            batches.iter().map(|batches| customers.clone().with_batches(batches.clone())).collect();
        let told_to_stop = stopping.clone();
        let frame = move |thread: usize| {
            let customers = customers[thread].clone();
            let idempotency = Arc::new(pg_idempotency.with_batches(customers.clone()));
            let app = App { customers: Arc::new(customers), idempotency, ..app.clone() };
            http::frame(Arc::new(app), prefill.clone(), told_to_stop.clone())
        };
        let listener = listen::listen(socket, serve.listen)?;
        let ops_listener = listen::listen_for_operators(ops_socket, serve.ops_listen)?;
        let ops_address = ops_listener.local_addr()?;
        Ok(Self {
            address: listener.local_addr()?,
            ops_address,
            listener,
            ops_listener,
            frame: Box::new(frame),
            ops_router: http::ops_router(for_operators, ops_address),
            stopping,
            closing,
            workers: Workers::start(
                database,
                changes,
                &authenticator,
                Kept { idempotency, feed, events_kept: serve.events_kept() },
                observing,
            ),
            authenticator,
            pool,
            batches,
            look_ups,
            serve: serve.clone(),
            max_clients,
        })
    }

    /// The address it listens on, with the port that was chosen for port 0.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where operators ask.
    pub fn ops_address(&self) -> SocketAddr {
        self.ops_address
    }

    /// The database connections, to see how many are in use.
    pub fn pool(&self) -> &Pool {
        &self.pool
    }

    /// Answers requests until `stop` completes. Then it is not ready for a while, so that clients go elsewhere; and then it
    /// accepts no new ones and waits for the running ones.
    pub async fn run(self, stop: impl Future<Output = ()>) -> anyhow::Result<()> {
        let grace = self.serve.shutdown_timeout();
        let limits = TimeLimits {
            head: self.serve.header_timeout(),
            stall: self.serve.body_timeout(),
            idle: self.serve.idle_timeout(),
        };
        let connections = Connections::new(self.max_clients, limits);
        let ops = axum::serve(tokio::net::TcpListener::from_std(self.ops_listener)?, self.ops_router);
        let _ops = AbortOnDropHandle::new(tokio::spawn(ops.into_future()));
        let threads = Threads::start(self.serve.threads(), connections, grace, self.frame)?;
        let stopped = async {
            stop.await;
            self.stopping.cancel();
            tokio::time::sleep(self.serve.shutdown_delay()).await;
            self.closing.cancel();
        };
        let drained = threads.serve(self.listener, stopped).await?;
        // A request whose client has gone has no connection. What it began is waited for here.
        tokio::time::timeout(grace, self.pool.detached().finish()).await.ok();
        self.authenticator.write_last_used().await;
        for batches in &self.batches {
            batches.close().await;
        }
        self.pool.close().await;
        self.look_ups.close().await;
        drop((drained, self.workers));
        Ok(())
    }
}

/// The maximum of client connections. Each needs a file descriptor, and so do the database and the log.
fn max_clients(clients: u64, database_connections: u64) -> anyhow::Result<u64> {
    /// Fewer are no service: a proxy alone keeps as many.
    const LEAST: u64 = 64;
    let others = 64 + database_connections;
    let descriptors = rlimit::increase_nofile_limit(clients + others).unwrap_or(u64::MAX);
    let room = clients.min(descriptors.saturating_sub(others));
    anyhow::ensure!(
        room >= LEAST.min(clients),
        "too few files may be open ({descriptors}): raise `ulimit -n` (LimitNOFILE) to {} or more",
        clients + others
    );
    if room < clients {
        tracing::warn!(room, "fewer client connections than AZOTTE_MAX_CONNECTIONS: see ulimit -n");
    }
    Ok(room)
}

/// For the metrics, which do not know the pool.
fn occupancy(pool: Pool) -> impl Fn() -> Occupancy {
    move || {
        let pool::Occupancy { in_use, idle, max_connections } = pool.occupancy();
        Occupancy { in_use, idle, max: max_connections }
    }
}

/// The sandbox tenant and its key, filled in on the documentation page.
fn prefill() -> Prefill {
    Prefill {
        api_key: SAMPLE_KEY.to_owned(),
        tenant: seed::TENANT_ID,
        domain: seed::TENANT_DOMAIN.to_owned(),
    }
}

/// For a new customer.
pub fn next_number() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    CustomerNumber::next(i64::try_from(now.as_millis()).unwrap_or(i64::MAX), rand::random()).get()
}
