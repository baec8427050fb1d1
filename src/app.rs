//! The composition root: puts the parts together, runs the server, takes it down in order.

use std::{
    future::Future,
    io,
    net::{SocketAddr, TcpListener},
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, bail};
use axum_server::Handle;
use embedded_postgres::EmbeddedPostgres;
use hyper_util::rt::TokioTimer;
use sqlx::PgPool;
use tokio::{
    net::TcpSocket,
    signal::unix::{SignalKind, signal},
    sync::broadcast,
};
use tokio_util::task::{AbortOnDropHandle, TaskTracker};

use crate::config::{Config, ServeConfig};
use crate::database::{self, Database};
use crate::domain::{
    api_key::SAMPLE_KEY, clock::SharedClock, customer_urn::CustomerNumber, environment::Environment, phone,
};
use crate::http::{
    self,
    auth::{Authenticator, jwt::TokenVerifier},
    body::BodyTimeout,
    connection::Connections,
    docs::Prefill,
    door::Door,
    limits::Limits,
    state::App,
};
use crate::postgres::{
    credentials::PgCredentials,
    customers::PgCustomers,
    deadline::Bounded,
    health::{self, PgHealth},
    idempotency::PgIdempotency,
    migrations, notify,
    partner::PgPartners,
    pool::{self, Pool},
    settings,
};
use crate::sandbox::seed;
use crate::service::{health::NotReady, idempotency::Idempotency};
use crate::telemetry::metrics::{self, Metrics, Occupancy};
use crate::tokens;

/// A server that is bound to its port and ready to run.
pub struct Application {
    listener: TcpListener,
    address: SocketAddr,
    router: axum::Router,
    running: TaskTracker,
    authenticator: Arc<Authenticator>,
    pool: Pool,
    workers: Vec<AbortOnDropHandle<()>>,
    serve: ServeConfig,
}

impl Application {
    /// Migrates, seeds the sandbox tenant, binds the port. Takes requests once [`Self::run`] is called.
    pub async fn build(
        config: &Config,
        serve: &ServeConfig,
        database: Database,
        clock: SharedClock,
    ) -> anyhow::Result<Self> {
        prepare(config, serve, &database).await?;
        // What follows has a pool of its own.
        database.pool.close().await;
        // The first number of a country would wait for its rules to be compiled.
        tokio::task::spawn_blocking(phone::warm_up);
        let (changes, _) = broadcast::channel(16);
        let limits = database::pool_limits(config);
        let pool = Pool::new(&database.options, &limits);
        let credentials = PgCredentials::new(pool.clone(), changes.clone());
        let credentials = Arc::new(Bounded::new(credentials, limits.look_up()));
        let tokens = TokenVerifier::new(tokens::settings(config, &database).await?, clock.clone())?;
        let authenticator =
            Arc::new(Authenticator::new(config.environment, credentials, tokens, clock.clone()));
        let customers = PgCustomers::new(pool.clone(), config.cell, next_number);
        let idempotency = PgIdempotency::new(pool.clone(), customers.clone());
        let idempotency: Arc<dyn Idempotency> = Arc::new(Bounded::new(idempotency, limits.call()));
        let partners = PgPartners::new(customers.clone());
        let health = PgHealth::new(pool.clone()).demanding_safety(!serve.allow_unsafe_database);
        let app = App {
            partners: Arc::new(Bounded::new(partners, limits.call())),
            idempotency: idempotency.clone(),
            customers: Arc::new(Bounded::new(customers, limits.call())),
            authenticator: authenticator.clone(),
            health: Arc::new(Bounded::new(health, limits.look_up())),
            body_timeout: BodyTimeout(serve.body_timeout()),
            limits: Arc::new(Limits::new(serve.quota(config.environment), serve.max_in_flight, clock)),
            metrics: Arc::new(Metrics::new(occupancy(pool.clone()))),
        };
        let prefill = (config.environment == Environment::Sandbox).then(prefill);
        let running = TaskTracker::new();
        let listener = bind(serve.listen)?;
        let mut workers = vec![
            worker(notify::listen(database.options.clone(), changes)),
            worker(authenticator.clone().keep_current()),
            worker(reload_keys(authenticator.clone())),
            worker(sweep(idempotency)),
            worker(metrics::upkeep()),
        ];
        workers.push(worker(hold(database)));
        Ok(Self {
            address: listener.local_addr()?,
            listener,
            router: http::router(app, prefill, running.clone()),
            running,
            authenticator,
            pool,
            workers,
            serve: serve.clone(),
        })
    }

    /// Where it listens; tells the port that port 0 picked.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How busy the way to the database is.
    pub fn pool(&self) -> &Pool {
        &self.pool
    }

    /// Answers requests until `stop` completes, then takes no new ones and lets running ones finish.
    pub async fn run(self, stop: impl Future<Output = ()> + Send + 'static) -> anyhow::Result<()> {
        let handle = Handle::new();
        let patience = self.serve.shutdown_timeout();
        let stopper = tokio::spawn({
            let handle = handle.clone();
            async move {
                stop.await;
                handle.graceful_shutdown(Some(patience));
            }
        });
        let connections = Connections::new(
            room_for(self.serve.max_connections, self.pool.most()),
            self.serve.header_timeout(),
            self.serve.idle_timeout(),
        );
        let mut server = axum_server::from_tcp(self.listener)?.acceptor(connections).handle(handle);
        server
            .http_builder()
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(self.serve.header_timeout());
        server.http_builder().http2().timer(TokioTimer::new()).max_concurrent_streams(100);
        let door = Door::open()?;
        door.spawn(server.serve(self.router.into_make_service())).await??;
        stopper.abort();
        self.running.close();
        // Requests whose client is gone have no connection that the server waited for.
        tokio::time::timeout(patience, self.running.wait()).await.ok();
        self.authenticator.write_last_used().await;
        self.pool.close().await;
        drop(self.workers);
        Ok(())
    }
}

/// What must be so before anything is served.
async fn prepare(config: &Config, serve: &ServeConfig, database: &Database) -> anyhow::Result<()> {
    if !serve.allow_unsafe_database {
        refuse_unsafe(&database.pool).await?;
    }
    if !serve.no_migrate {
        migrations::migrate(&database.options).await?;
    }
    if config.environment == Environment::Sandbox {
        if health::has_migrations_behind(&database.pool).await == Err(NotReady::Migrations) {
            bail!(
                "the database lacks migrations: run `azotte-customers migrate`, or start without --no-migrate"
            );
        }
        let seeded = seed::sandbox_tenant(&database.pool).await;
        seeded.context("the sandbox tenant could not be created")?;
    }
    Ok(())
}

/// A database that does not answer is let pass here: the server may be told to start before it, and is not ready
/// until it has looked.
async fn refuse_unsafe(pool: &PgPool) -> anyhow::Result<()> {
    if let Ok(server) = settings::read(pool).await
        && !server.unsafe_settings.is_empty()
    {
        bail!(
            "{} off on the database server: a crash of it may lose what was acknowledged; switch on",
            server.unsafe_settings.join(", ")
        );
    }
    Ok(())
}

/// How many clients there may be at once: each takes a file descriptor, and so does everything else.
fn room_for(clients: u64, database_connections: u32) -> u64 {
    let others = 64 + u64::from(database_connections);
    let descriptors = rlimit::increase_nofile_limit(clients + others).unwrap_or(u64::MAX);
    let room = clients.min(descriptors.saturating_sub(others));
    if room < clients {
        tracing::warn!(room, "fewer client connections than AZOTTE_MAX_CONNECTIONS: see ulimit -n");
    }
    room
}

fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    listen(address).with_context(|| {
        format!("AZOTTE_LISTEN: cannot listen on {address}; is a server running there already?")
    })
}

/// As the standard library listens, with more room for clients that all come at once.
fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    const BACKLOG: u32 = 4096;
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)?.into_std()
}

fn worker(work: impl Future<Output = ()> + Send + 'static) -> AbortOnDropHandle<()> {
    AbortOnDropHandle::new(tokio::spawn(work))
}

/// Removes expired replies, now and then.
async fn sweep(idempotency: Arc<dyn Idempotency>) {
    const PERIOD: Duration = Duration::from_secs(60);
    loop {
        tokio::time::sleep(PERIOD).await;
        // Logged where it failed, and tried again.
        idempotency.sweep().await.ok();
    }
}

/// Reads the keys of tokens again whenever the process gets SIGHUP.
async fn reload_keys(authenticator: Arc<Authenticator>) {
    let Ok(mut hangup) = signal(SignalKind::hangup()) else { return };
    while hangup.recv().await.is_some() {
        match authenticator.tokens.reload() {
            Ok(()) => tracing::info!("the keys of tokens were read again"),
            Err(error) => tracing::error!(%error, "the keys of tokens stay as they were"),
        }
    }
}

/// Holds the embedded database, and starts it again should it die.
async fn hold(database: Database) {
    const PERIOD: Duration = Duration::from_millis(500);
    let Database { mut embedded, server_lock: _lock, .. } = database;
    loop {
        tokio::time::sleep(PERIOD).await;
        let Some(cluster) = embedded.take() else { continue };
        match tokio::task::spawn_blocking(move || look_after(cluster)).await {
            Ok(cluster) => embedded = Some(cluster),
            Err(_) => return,
        }
    }
}

fn look_after(mut cluster: EmbeddedPostgres) -> EmbeddedPostgres {
    if !cluster.is_running() {
        match cluster.revive() {
            Ok(()) => tracing::warn!("the embedded database had died and runs again"),
            Err(error) => tracing::error!(%error, "the embedded database does not run"),
        }
    }
    cluster
}

/// For the metrics, which do not know the pool.
fn occupancy(pool: Pool) -> impl Fn() -> Occupancy {
    move || {
        let pool::Occupancy { in_use, idle, most } = pool.occupancy();
        Occupancy { in_use, idle, max: most }
    }
}

/// The sandbox tenant, for trying things out.
fn prefill() -> Prefill {
    Prefill {
        api_key: SAMPLE_KEY.to_owned(),
        tenant: seed::TENANT_ID,
        domain: seed::TENANT_DOMAIN.to_owned(),
    }
}

fn next_number() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    CustomerNumber::next(i64::try_from(now.as_millis()).unwrap_or(i64::MAX), rand::random()).get()
}
