//! A running server with its database, and the tenants on it.

use std::{net::SocketAddr, num::NonZeroU32, sync::Arc, time::Duration};

use azotte_customers::{
    app::Application,
    config::{Config, ServeConfig},
    database::Database,
    domain::{
        api_key::{ApiKey, SAMPLE_KEY},
        attribute::Attribute,
        caller::KeyId,
        channel::Channel,
        clock::{SharedClock, SystemClock},
        environment::Environment,
        quota::{self, Quota, QuotaOverride},
        scope::Scope,
        tenant::{JwtPolicy, TenantId},
    },
    http::{
        limits::{ImportLimits, Limits, places::Places},
        long_poll::Readers,
    },
    postgres::{
        api_keys::{self, NewKey},
        customers::PgCustomers,
        feed::PgFeed,
        idempotency::FingerprintSecrets,
        pool::Pool,
        tenants::{self, NewTenant},
    },
    sandbox::seed,
    service::{feed::FeedService, news::NewsBoard},
    telemetry::metrics::Present,
};
use chrono::{DateTime, Utc};
use clap::Parser;
use sqlx::PgPool;
use tokio::{sync::oneshot, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{Client, database, eventually::eventually};

/// What the servers of the tests sign and verify tokens with.
pub const JWT_SECRET: &str = "a secret for tests, of more than 32 bytes";

/// What they key fingerprints with.
pub const FINGERPRINT_SECRET: &str = "another secret for tests, of more than 32 bytes";

/// Settings as the command line would give them.
#[derive(Parser)]
struct Settings {
    #[command(flatten)]
    config: Config,
    #[command(flatten)]
    serve: ServeConfig,
}

/// Tests share a machine: one that waits for a connection is to wait, not to be told 503.
const PATIENCE: [&str; 2] = ["--db-acquire-timeout-ms", "10000"];

/// Waits long enough for a crowd to pass on a slow machine: for tests that are about outcomes.
pub const PATIENT: [&str; 8] = [
    "--db-acquire-timeout-ms",
    "60000",
    "--db-lock-timeout-ms",
    "60000",
    "--db-statement-timeout-ms",
    "60000",
    // Half of them for one tenant.
    "--max-in-flight",
    "4096",
];

pub struct Server {
    pub address: SocketAddr,
    /// For operators: metrics, and readiness with its reason.
    pub ops: Client,
    /// The tests' own way to the server's database, for looking behind the answers.
    pub pool: PgPool,
    /// The server's.
    pub connections: Pool,
    pub database_url: String,
    /// A client of the sandbox tenant, with the documents' sample key.
    pub acme: Client,
    stop: oneshot::Sender<()>,
    running: JoinHandle<anyhow::Result<()>>,
}

/// Limits no test runs into, for routes without a whole server around them.
pub fn limits() -> Arc<Limits> {
    let most = NonZeroU32::new(quota::MAX).unwrap();
    let quota = Quota { per_second: most, burst: most };
    Arc::new(Limits::new(quota, u64::from(quota::MAX), SystemClock::shared()))
}

pub fn feed(pool: Pool, customers: &PgCustomers) -> Arc<dyn FeedService> {
    Arc::new(PgFeed::new(pool, customers, NewsBoard::default()))
}

pub fn readers() -> Readers {
    Readers::new(1, CancellationToken::new())
}

pub fn exports() -> Arc<Places> {
    Places::new(1, 1, Present::export)
}

pub fn compares() -> Arc<Places> {
    Places::new(1, 1, Present::compare)
}

pub fn imports() -> ImportLimits {
    ImportLimits::new(1, Duration::from_secs(5))
}

/// For services without a whole server around them.
pub fn fingerprint_secrets() -> FingerprintSecrets {
    FingerprintSecrets { current: FINGERPRINT_SECRET.into(), previous: None }
}

/// A tenant made for a test.
pub struct Tenant {
    pub id: Uuid,
    pub client: Client,
}

impl Server {
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// With flags of the command line, such as `["--body-timeout-s", "1"]`.
    pub async fn start_with(flags: &[&str]) -> Self {
        Self::start_on(database::create().await, flags).await
    }

    /// Listens for changes of keys, for then it forgets what it knew before.
    pub async fn start_listening(flags: &[&str]) -> Self {
        let server = Self::start_with(flags).await;
        eventually("the server listens", async || {
            let listens = "select exists (select from pg_stat_activity
                           where datname = current_database() and application_name = 'azotte-customers listener'
                             and state = 'idle' and query ~* '^(listen|select 1)')";
            sqlx::query_scalar(listens).fetch_one(&server.pool).await.unwrap()
        })
        .await;
        server
    }

    /// On a database that is there, migrated.
    pub async fn start_on(database_url: String, flags: &[&str]) -> Self {
        Self::start_at(SystemClock::shared(), database_url, flags).await
    }

    /// With a clock of the test's.
    pub async fn start_at(clock: SharedClock, database_url: String, flags: &[&str]) -> Self {
        let mut arguments = vec![
            "azotte-customers",
            "--database-url",
            &database_url,
            "--listen",
            "127.0.0.1:0",
            "--ops-listen",
            "127.0.0.1:0",
            "--no-migrate",
            // Fast is what the tests' database is.
            "--allow-unsafe-database",
        ];
        arguments.extend(flags);
        if !flags.contains(&"--jwt-issuer") {
            arguments.extend(["--jwt-issuer", "azotte-sandbox"]);
        }
        if !flags.contains(&"--jwt-keys-file") {
            arguments.extend(["--jwt-secret", JWT_SECRET]);
        }
        if !flags.contains(&"--fingerprint-secret") {
            arguments.extend(["--fingerprint-secret", FINGERPRINT_SECRET]);
        }
        if !flags.contains(&PATIENCE[0]) {
            arguments.extend(PATIENCE);
        }
        let Settings { config, serve } = Settings::parse_from(arguments);
        let database = Database::open(&config).await.unwrap();
        let pool = PgPool::connect_lazy(&database_url).unwrap();
        let application = Application::build(&config, &serve, database, clock).await.unwrap();
        let (address, connections) = (application.address(), application.pool().clone());
        let ops = Client::stranger(application.ops_address());
        let (stop, stopped) = oneshot::channel();
        let running = tokio::spawn(application.run(async {
            // A test that lets go of the server goes on using its clients.
            if stopped.await.is_err() {
                std::future::pending::<()>().await;
            }
        }));
        let acme = Client::new(address, &seed::TENANT_ID.to_string(), SAMPLE_KEY);
        Self { address, ops, pool, connections, database_url, acme, stop, running }
    }

    /// Stops as on SIGTERM: running requests end, what is held in memory is written.
    pub async fn stop(self) {
        self.stop.send(()).unwrap();
        self.running.await.unwrap().unwrap();
    }

    /// A second tenant with a key that may do everything.
    pub async fn tenant(&self, name: &str) -> Tenant {
        self.tenant_requiring(name, &[]).await
    }

    pub async fn tenant_requiring(&self, name: &str, required: &[Attribute]) -> Tenant {
        let id = TenantId(Uuid::new_v4());
        let new = NewTenant {
            id,
            name: name.to_owned(),
            domain: format!("{name}.example.com"),
            jwt: JwtPolicy::Optional,
            required: required.to_vec(),
            channels: vec!["CARD".parse::<Channel>().unwrap()],
            rate: QuotaOverride(None),
            burst: QuotaOverride(None),
        };
        tenants::create(&self.pool, &new).await.unwrap();
        let (_, client) = self.key(id.0, Scope::ALL).await;
        Tenant { id: id.0, client }
    }

    /// A further key of a tenant, and a client that uses it.
    pub async fn key(&self, tenant: Uuid, scopes: &[Scope]) -> (Uuid, Client) {
        self.key_until(tenant, scopes, None).await
    }

    /// A key that expires.
    pub async fn key_until(
        &self,
        tenant: Uuid,
        scopes: &[Scope],
        expires_at: Option<DateTime<Utc>>,
    ) -> (Uuid, Client) {
        let key = ApiKey::generate(Environment::Sandbox);
        let id = Uuid::now_v7();
        let new = NewKey {
            tenant: TenantId(tenant),
            id: KeyId(id),
            key: &key,
            name: "test",
            scopes: scopes.to_vec(),
            expires_at,
        };
        api_keys::issue(&self.pool, &new).await.unwrap();
        (id, Client::new(self.address, &tenant.to_string(), key.reveal()))
    }

    /// A digest of customers and of events, for "nothing was written".
    pub async fn contents(&self) -> (String, String) {
        let digest = |table| {
            format!("(select coalesce(md5(string_agg(t::text, '|' order by t::text)), '') from {table} t)")
        };
        let both = format!("select {}, {}", digest("customers"), digest("customer_events"));
        sqlx::query_as(sqlx::AssertSqlSafe(both)).fetch_one(&self.pool).await.unwrap()
    }

    /// Rows of customers and events, for "changes no row and writes no event".
    pub async fn counts(&self) -> (i64, i64) {
        let count = "select (select count(*) from customers), (select count(*) from customer_events)";
        sqlx::query_as(count).fetch_one(&self.pool).await.unwrap()
    }
}
