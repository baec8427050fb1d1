//! Every setting of the program: as a flag and as an environment variable, with its default and its limits.
//!
//! The help texts are shown by `--help`. `DATABASE_URL` holds a password: it is never printed.

pub mod env_file;
mod unsaid;
mod values;

use std::{
    net::SocketAddr,
    num::{NonZeroU32, NonZeroUsize},
    path::PathBuf,
    thread::available_parallelism,
    time::Duration,
};

use clap::Args;

use crate::domain::{
    customer_urn::Cell,
    environment::Environment,
    origin::Origin,
    quota::{Quota, TenantQuota},
    token_type::TokenType,
};
use crate::telemetry::LogFormat;
pub use unsaid::{EnvironmentUnsaid, demand_environment};
pub use values::{SecretText, SecretUrl};
use values::{collector_url, must_be, quota_number, truth, whole_number, word};

/// Settings of every command.
#[derive(Args, Clone, Debug)]
pub struct Config {
    /// URL of the PostgreSQL database, postgres://USER:PASSWORD@HOST/DATABASE [default: an embedded PostgreSQL, in the sandbox only]
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, global = true, value_name = "URL",
        value_parser = SecretUrl::parser())]
    pub database_url: Option<SecretUrl>,

    /// URL of the same database past its pooler, with the same user: for migrations, and for what needs a connection of its own
    /// [default: DATABASE_URL]
    #[arg(long, env = "AZOTTE_DATABASE_DIRECT_URL", hide_env_values = true, global = true, value_name = "URL",
        requires = "database_url", value_parser = SecretUrl::parser())]
    pub database_direct_url: Option<SecretUrl>,

    /// sandbox or live: which API keys are accepted (sk_dev_ or sk_live_), and whether the sample tenant exists.
    /// Required with DATABASE_URL, and where AZOTTE_LISTEN is not a loopback address
    #[arg(long, env = "AZOTTE_ENVIRONMENT", global = true, default_value = "sandbox", value_name = "NAME",
        value_parser = must_be("sandbox or live", |text| Environment::parse(text).ok()))]
    pub environment: Environment,

    /// Data folder of the embedded PostgreSQL [default: ./.azotte]
    #[arg(long, env = "AZOTTE_DATA_DIR", global = true, value_name = "FOLDER")]
    pub data_dir: Option<PathBuf>,

    /// Number of this deployment in customer URNs, two digits: the 00 of cu.00.482
    #[arg(long, env = "AZOTTE_CELL", global = true, default_value = "00", value_name = "NN",
        value_parser = must_be("two digits such as 00", |text| Cell::parse(text).ok()))]
    pub cell: Cell,

    /// Issuer of tokens: their `iss` [default in the sandbox: azotte-sandbox]
    #[arg(long, env = "AZOTTE_JWT_ISSUER", help_heading = "Tokens", global = true, value_name = "NAME",
        value_parser = must_be("a name without white space", word))]
    pub jwt_issuer: Option<String>,

    /// Audience of tokens for the C2A API: one of their `aud`
    #[arg(long, env = "AZOTTE_JWT_AUDIENCE", help_heading = "Tokens", global = true, default_value = "azotte-customers", value_name = "NAME",
        value_parser = must_be("a name without white space", word))]
    pub jwt_audience: String,

    /// Audience of tokens for the partner API: one of their `aud`
    #[arg(long, env = "AZOTTE_JWT_PARTNER_AUDIENCE", help_heading = "Tokens", global = true, default_value = "azotte-customers-partner",
        value_name = "NAME", value_parser = must_be("a name without white space", word))]
    pub jwt_partner_audience: String,

    /// Allow both audiences to be the same: then a token for one API is one for the other
    #[arg(long, env = "AZOTTE_JWT_SHARED_AUDIENCE", help_heading = "Tokens", global = true, value_parser = must_be("true or false", truth))]
    pub jwt_shared_audience: bool,

    /// Maximum lifetime of tokens (`exp` - `iat`), in seconds
    #[arg(long, env = "AZOTTE_JWT_MAX_LIFETIME_S", help_heading = "Tokens", global = true, default_value = "7200", value_name = "S",
        value_parser = whole_number(1..=86_400))]
    pub jwt_max_lifetime_s: u64,

    /// The only `typ` of tokens that is accepted, JWT or at+jwt [default: either, or none]
    #[arg(long, env = "AZOTTE_JWT_TYPE", help_heading = "Tokens", global = true, value_name = "TYPE",
        value_parser = must_be("JWT or at+jwt", TokenType::parse))]
    pub jwt_type: Option<TokenType>,

    /// Secret that signs and verifies tokens (HS256), at least 32 bytes [default in the sandbox: one that is kept in the data folder]
    #[arg(long, env = "AZOTTE_JWT_SECRET", help_heading = "Tokens", hide_env_values = true, global = true, value_name = "SECRET",
        conflicts_with = "jwt_keys_file", value_parser = must_be("at least 32 bytes long, without white space at its ends", SecretText::parse))]
    pub jwt_secret: Option<SecretText>,

    /// File with the keys that verify tokens: a JWKS, or public keys in PEM (RS256, ES256, EdDSA). SIGHUP reloads it
    #[arg(long, env = "AZOTTE_JWT_KEYS_FILE", help_heading = "Tokens", global = true, value_name = "FILE")]
    pub jwt_keys_file: Option<PathBuf>,

    /// Secret that keys the fingerprints of requests with an Idempotency-Key, at least 32 bytes; the same for all servers of a database [default in the sandbox: one that is kept in the data folder]
    #[arg(long, env = "AZOTTE_FINGERPRINT_SECRET", help_heading = "Server", hide_env_values = true, global = true, value_name = "SECRET",
        value_parser = must_be("at least 32 bytes long, without white space at its ends", SecretText::parse))]
    pub fingerprint_secret: Option<SecretText>,

    /// Further secret by which fingerprints are recognised, while AZOTTE_FINGERPRINT_SECRET is being replaced
    #[arg(long, env = "AZOTTE_PREVIOUS_FINGERPRINT_SECRET", help_heading = "Server", hide_env_values = true, global = true, value_name = "SECRET",
        value_parser = must_be("at least 32 bytes long, without white space at its ends", SecretText::parse))]
    pub previous_fingerprint_secret: Option<SecretText>,

    /// Format of log lines, which go to standard error: pretty or json
    #[arg(long, env = "AZOTTE_LOG_FORMAT", global = true, default_value = "pretty", value_name = "FORMAT",
        value_parser = must_be("pretty or json", LogFormat::parse))]
    pub log_format: LogFormat,

    /// Size of the server's database connection pool
    #[arg(long, env = "AZOTTE_DB_CONNECTIONS", help_heading = "Database limits", global = true, default_value = "8", value_name = "N",
        value_parser = whole_number(1..=1000))]
    pub db_connections: u64,

    /// Maximum wait for a database connection, in milliseconds
    #[arg(long, env = "AZOTTE_DB_ACQUIRE_TIMEOUT_MS", help_heading = "Database limits", global = true, default_value = "250", value_name = "MS",
        value_parser = whole_number(1..=60_000))]
    pub db_acquire_timeout_ms: u64,

    /// Maximum wait for a database lock, in milliseconds
    #[arg(long, env = "AZOTTE_DB_LOCK_TIMEOUT_MS", help_heading = "Database limits", global = true, default_value = "500", value_name = "MS",
        value_parser = whole_number(1..=60_000))]
    pub db_lock_timeout_ms: u64,

    /// Maximum run time of one database statement, in milliseconds
    #[arg(long, env = "AZOTTE_DB_STATEMENT_TIMEOUT_MS", help_heading = "Database limits", global = true, default_value = "2000", value_name = "MS",
        value_parser = whole_number(1..=600_000))]
    pub db_statement_timeout_ms: u64,
}

/// Settings of the server only. They are `global`, so that flags may be given before or after `serve`.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Server")]
pub struct ServeConfig {
    /// Address and port to listen on. Port 0 picks a free port
    #[arg(long, env = "AZOTTE_LISTEN", global = true, default_value = "127.0.0.1:8080", value_name = "ADDRESS",
        value_parser = must_be("an address with a port such as 127.0.0.1:8080", |text| text.parse::<SocketAddr>().ok()))]
    pub listen: SocketAddr,

    /// Address and port for operators: metrics, and readiness with its reason [default: 127.0.0.1:8081, or a free port]
    #[arg(long, env = "AZOTTE_OPS_LISTEN", global = true, value_name = "ADDRESS",
        value_parser = must_be("an address with a port such as 127.0.0.1:8081", |text| text.parse::<SocketAddr>().ok()))]
    pub ops_listen: Option<SocketAddr>,

    /// Start without applying migrations
    #[arg(long, env = "AZOTTE_NO_MIGRATE", global = true,
        value_parser = must_be("true or false", truth))]
    pub no_migrate: bool,

    /// Serve although a crash of the database may lose acknowledged writes. For tests only, so `--help` hides it
    #[arg(long, env = "AZOTTE_ALLOW_UNSAFE_DATABASE", global = true, hide = true,
        value_parser = must_be("true or false", truth))]
    pub allow_unsafe_database: bool,

    /// Maximum time to receive the first bytes of a connection, and the head of each request, in seconds
    #[arg(long, env = "AZOTTE_HEADER_TIMEOUT_S", global = true, default_value = "10", value_name = "S",
        value_parser = whole_number(1..=300))]
    pub header_timeout_s: u64,

    /// Maximum time to receive the body of a request, and for a client to take the next part of an answer, in seconds
    #[arg(long, env = "AZOTTE_BODY_TIMEOUT_S", global = true, default_value = "15", value_name = "S",
        value_parser = whole_number(1..=300))]
    pub body_timeout_s: u64,

    /// Maximum time between two requests on a connection, in seconds
    #[arg(long, env = "AZOTTE_IDLE_TIMEOUT_S", global = true, default_value = "75", value_name = "S",
        value_parser = whole_number(1..=3600))]
    pub idle_timeout_s: u64,

    /// Requests per second of a tenant without a rate of its own [default: 1000, in the sandbox 20000]
    #[arg(long, env = "AZOTTE_RATE_LIMIT", global = true, value_name = "N",
        value_parser = must_be("a whole number from 1 to 100000", quota_number))]
    pub rate_limit: Option<NonZeroU32>,

    /// Burst of requests of a tenant without a burst of its own [default: twice the rate]
    #[arg(long, env = "AZOTTE_RATE_BURST", global = true, value_name = "N",
        value_parser = must_be("a whole number from 1 to 100000", quota_number))]
    pub rate_burst: Option<NonZeroU32>,

    /// Maximum number of requests in flight; above it, requests are answered 503 with Retry-After
    #[arg(long, env = "AZOTTE_MAX_IN_FLIGHT", global = true, default_value = "512", value_name = "N",
        value_parser = whole_number(1..=100_000))]
    pub max_in_flight: u64,

    /// Maximum number of client connections; above it, new ones are closed
    #[arg(long, env = "AZOTTE_MAX_CONNECTIONS", global = true, default_value = "16384", value_name = "N",
        value_parser = whole_number(1..=1_000_000))]
    pub max_connections: u64,

    /// Origins of web pages that may call the partner API, such as https://portal.example.com, separated by commas [default: none]
    #[arg(long, env = "AZOTTE_CORS_ORIGINS", global = true, value_name = "ORIGINS", value_delimiter = ',',
        value_parser = must_be("origins such as https://portal.example.com, separated by commas", |text| Origin::parse(text.trim())))]
    pub cors_origins: Vec<Origin>,

    /// Number of threads that serve clients [default: half of the processors, at least 1]
    #[arg(long, env = "AZOTTE_THREADS", global = true, value_name = "N",
        value_parser = whole_number(1..=1024))]
    pub threads: Option<u64>,

    /// Maximum number of requests that wait for events; above it, they are answered at once
    #[arg(long, env = "AZOTTE_EVENTS_WAITING_READERS", global = true, default_value = "512", value_name = "N",
        value_parser = whole_number(0..=100_000))]
    pub events_waiting_readers: u64,

    /// Maximum number of bulk requests at a time, of which a tenant gets a quarter
    #[arg(long, env = "AZOTTE_BULK_AT_ONCE", global = true, default_value = "8", value_name = "N",
        value_parser = whole_number(1..=64))]
    pub bulk_at_once: u64,

    /// Time that a bulk request may keep the server waiting for its body or its quota, in seconds
    #[arg(long, env = "AZOTTE_BULK_TIMEOUT_S", global = true, default_value = "300", value_name = "S",
        value_parser = whole_number(1..=3600))]
    pub bulk_timeout_s: u64,

    /// Days that events are kept, at least 30 [default: for ever]
    #[arg(long, env = "AZOTTE_EVENTS_KEPT_DAYS", global = true, value_name = "N",
        value_parser = whole_number(30..=36_500))]
    pub events_kept_days: Option<u64>,

    /// Base URL of the OpenTelemetry collector for traces, which are sent by OTLP over HTTP [default: no traces]
    #[arg(long, env = "AZOTTE_OTLP_ENDPOINT", global = true, value_name = "URL",
        value_parser = must_be("a URL such as http://127.0.0.1:4318", collector_url))]
    pub otlp_endpoint: Option<String>,

    /// Time after SIGTERM or SIGINT in which the server is not ready and still takes requests, in seconds
    #[arg(long, env = "AZOTTE_SHUTDOWN_DELAY_S", global = true, default_value = "0", value_name = "S",
        value_parser = whole_number(0..=600))]
    pub shutdown_delay_s: u64,

    /// Time that running requests have to finish after that, in seconds
    #[arg(long, env = "AZOTTE_SHUTDOWN_TIMEOUT_S", global = true, default_value = "20", value_name = "S",
        value_parser = whole_number(0..=600))]
    pub shutdown_timeout_s: u64,
}

impl ServeConfig {
    pub fn header_timeout(&self) -> Duration {
        Duration::from_secs(self.header_timeout_s)
    }

    pub fn body_timeout(&self) -> Duration {
        Duration::from_secs(self.body_timeout_s)
    }

    pub fn idle_timeout(&self) -> Duration {
        Duration::from_secs(self.idle_timeout_s)
    }

    pub fn bulk_at_once(&self) -> usize {
        usize::try_from(self.bulk_at_once).unwrap_or(usize::MAX)
    }

    pub fn bulk_timeout(&self) -> Duration {
        Duration::from_secs(self.bulk_timeout_s)
    }

    /// Half of the processors that this process may use, by default: the database has the others.
    pub fn threads(&self) -> usize {
        let processors = || available_parallelism().map_or(1, NonZeroUsize::get);
        let threads = self.threads.and_then(|threads| usize::try_from(threads).ok());
        threads.unwrap_or_else(|| (processors() / 2).max(1))
    }

    /// The quota of a tenant without one of its own.
    pub fn quota(&self, environment: Environment) -> Quota {
        TenantQuota { per_second: self.rate_limit, burst: self.rate_burst }.or(Quota::usual(environment))
    }

    /// How long events are kept; `None`: for ever.
    pub fn events_kept(&self) -> Option<i32> {
        self.events_kept_days.map(|days| i32::try_from(days).unwrap_or(i32::MAX))
    }

    pub fn shutdown_delay(&self) -> Duration {
        Duration::from_secs(self.shutdown_delay_s)
    }

    pub fn shutdown_timeout(&self) -> Duration {
        Duration::from_secs(self.shutdown_timeout_s)
    }
}
