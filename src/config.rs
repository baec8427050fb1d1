//! Every setting of the program, as flag and as environment variable, with its default and its limits.
//!
//! The database URL holds a password and the data of every tenant hangs on it: it is never printed.

use std::{net::SocketAddr, num::NonZeroU32, ops::RangeInclusive, path::PathBuf, time::Duration};

use clap::{
    Args,
    builder::{StringValueParser, TypedValueParser},
};
use secrecy::SecretString;

use crate::domain::{
    customer_urn::Cell,
    environment::Environment,
    quota::{self, Quota, TenantQuota},
};
use crate::http::auth::jwt_keys::MIN_SECRET_BYTES;
use crate::postgres::connect::PoolLimits;

/// Settings of every command.
#[derive(Args, Clone, Debug)]
pub struct Config {
    /// PostgreSQL to use, postgres://USER:PASSWORD@HOST/DATABASE; without it, an embedded one (sandbox only)
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, global = true, value_name = "URL",
        value_parser = takes("a URL such as postgres://user:password@host/database", SecretUrl::parse))]
    pub database_url: Option<SecretUrl>,

    /// Which keys open the door, and whether there is a sandbox tenant: sandbox or live
    #[arg(long, env = "AZOTTE_ENVIRONMENT", global = true, default_value = "sandbox", value_name = "NAME",
        value_parser = takes("sandbox or live", |text| Environment::parse(text).ok()))]
    pub environment: Environment,

    /// Folder of the embedded PostgreSQL [default: ./.azotte]
    #[arg(long, env = "AZOTTE_DATA_DIR", global = true, value_name = "FOLDER")]
    pub data_dir: Option<PathBuf>,

    /// Deployment cell in customer URNs: the 00 of cu.00.482
    #[arg(long, env = "AZOTTE_CELL", global = true, default_value = "00", value_name = "NN",
        value_parser = takes("two digits such as 00", |text| Cell::parse(text).ok()))]
    pub cell: Cell,

    /// Who issues tokens: their `iss` [default in the sandbox: azotte-sandbox]
    #[arg(long, env = "AZOTTE_JWT_ISSUER", global = true, value_name = "NAME",
        value_parser = takes("a name without white space", word))]
    pub jwt_issuer: Option<String>,

    /// Whom tokens are for: one of their `aud`
    #[arg(long, env = "AZOTTE_JWT_AUDIENCE", global = true, default_value = "azotte-customers", value_name = "NAME",
        value_parser = takes("a name without white space", word))]
    pub jwt_audience: String,

    /// Secret that signs and verifies tokens (HS256) [default in the sandbox: one made once, in the data folder]
    #[arg(long, env = "AZOTTE_JWT_SECRET", hide_env_values = true, global = true, value_name = "SECRET",
        conflicts_with = "jwt_keys_file", value_parser = takes("at least 32 bytes", SecretText::parse))]
    pub jwt_secret: Option<SecretText>,

    /// Keys that verify tokens: a JWKS, or PEM with public keys (RS256, ES256, EdDSA); read again on SIGHUP
    #[arg(long, env = "AZOTTE_JWT_KEYS_FILE", global = true, value_name = "FILE")]
    pub jwt_keys_file: Option<PathBuf>,

    /// How log lines look; they go to standard error
    #[arg(long, env = "AZOTTE_LOG_FORMAT", global = true, default_value = "pretty", value_name = "FORMAT",
        value_parser = takes("pretty or json", LogFormat::parse))]
    pub log_format: LogFormat,

    /// Database connections of one server
    #[arg(long, env = "AZOTTE_DB_CONNECTIONS", global = true, default_value = "8", value_name = "N",
        value_parser = whole_number(1..=1000))]
    pub db_connections: u64,

    /// Longest wait for a database connection, in milliseconds
    #[arg(long, env = "AZOTTE_DB_ACQUIRE_TIMEOUT_MS", global = true, default_value = "250", value_name = "MS",
        value_parser = whole_number(1..=60_000))]
    pub db_acquire_timeout_ms: u64,

    /// Longest wait for a row lock, in milliseconds
    #[arg(long, env = "AZOTTE_DB_LOCK_TIMEOUT_MS", global = true, default_value = "500", value_name = "MS",
        value_parser = whole_number(1..=60_000))]
    pub db_lock_timeout_ms: u64,

    /// Longest run of one statement, in milliseconds
    #[arg(long, env = "AZOTTE_DB_STATEMENT_TIMEOUT_MS", global = true, default_value = "2000", value_name = "MS",
        value_parser = whole_number(1..=600_000))]
    pub db_statement_timeout_ms: u64,
}

/// Settings of the server alone; `global`, so that they may stand before and after `serve`.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Server")]
pub struct ServeConfig {
    /// Address and port to listen on; port 0 picks a free one
    #[arg(long, env = "AZOTTE_LISTEN", global = true, default_value = "127.0.0.1:8080", value_name = "ADDRESS",
        value_parser = takes("an address with a port such as 127.0.0.1:8080", |text| text.parse::<SocketAddr>().ok()))]
    pub listen: SocketAddr,

    /// Start without applying migrations
    #[arg(long, env = "AZOTTE_NO_MIGRATE", global = true,
        value_parser = takes("true or false", truth))]
    pub no_migrate: bool,

    /// Serve on a database that may lose what it acknowledged; for tests only, so `--help` does not offer it
    #[arg(long, env = "AZOTTE_ALLOW_UNSAFE_DATABASE", global = true, hide = true,
        value_parser = takes("true or false", truth))]
    pub allow_unsafe_database: bool,

    /// Time a client has to send the head of a request, in seconds
    #[arg(long, env = "AZOTTE_HEADER_TIMEOUT_S", global = true, default_value = "10", value_name = "S",
        value_parser = whole_number(1..=300))]
    pub header_timeout_s: u64,

    /// Time a client has to send the body of a request, in seconds
    #[arg(long, env = "AZOTTE_BODY_TIMEOUT_S", global = true, default_value = "15", value_name = "S",
        value_parser = whole_number(1..=300))]
    pub body_timeout_s: u64,

    /// Time a connection may be silent before it is closed, in seconds
    #[arg(long, env = "AZOTTE_IDLE_TIMEOUT_S", global = true, default_value = "75", value_name = "S",
        value_parser = whole_number(1..=300))]
    pub idle_timeout_s: u64,

    /// Requests a second of one tenant, unless it has a rate of its own [default: 1000; in the sandbox 20000]
    #[arg(long, env = "AZOTTE_RATE_LIMIT", global = true, value_name = "N",
        value_parser = takes("a whole number from 1 to 100000", quota_number))]
    pub rate_limit: Option<NonZeroU32>,

    /// Requests at once of one tenant after a rest, unless it has a burst of its own [default: twice the rate]
    #[arg(long, env = "AZOTTE_RATE_BURST", global = true, value_name = "N",
        value_parser = takes("a whole number from 1 to 100000", quota_number))]
    pub rate_burst: Option<NonZeroU32>,

    /// Requests in work at once; one more is told to come back
    #[arg(long, env = "AZOTTE_MAX_IN_FLIGHT", global = true, default_value = "512", value_name = "N",
        value_parser = whole_number(1..=100_000))]
    pub max_in_flight: u64,

    /// Connections open at once; one more is closed
    #[arg(long, env = "AZOTTE_MAX_CONNECTIONS", global = true, default_value = "16384", value_name = "N",
        value_parser = whole_number(1..=1_000_000))]
    pub max_connections: u64,

    /// Where traces are sent: the base URL of an OpenTelemetry collector, by OTLP over HTTP [default: nowhere]
    #[arg(long, env = "AZOTTE_OTLP_ENDPOINT", global = true, value_name = "URL",
        value_parser = takes("a URL such as http://127.0.0.1:4318", collector))]
    pub otlp_endpoint: Option<String>,

    /// Time running requests get to finish when the server is told to stop, in seconds
    #[arg(long, env = "AZOTTE_SHUTDOWN_TIMEOUT_S", global = true, default_value = "20", value_name = "S",
        value_parser = whole_number(0..=600))]
    pub shutdown_timeout_s: u64,
}

impl Config {
    pub fn pool_limits(&self) -> PoolLimits {
        PoolLimits {
            connections: u32::try_from(self.db_connections).unwrap_or(u32::MAX),
            acquire_timeout: Duration::from_millis(self.db_acquire_timeout_ms),
            lock_timeout: Duration::from_millis(self.db_lock_timeout_ms),
            statement_timeout: Duration::from_millis(self.db_statement_timeout_ms),
            ..PoolLimits::default()
        }
    }
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

    /// Of a tenant without one of its own.
    pub fn quota(&self, environment: Environment) -> Quota {
        TenantQuota { per_second: self.rate_limit, burst: self.rate_burst }.or(Quota::usual(environment))
    }

    pub fn shutdown_timeout(&self) -> Duration {
        Duration::from_secs(self.shutdown_timeout_s)
    }
}

/// A `postgres://` URL; `Debug` hides it.
#[derive(Clone, Debug)]
pub struct SecretUrl(pub SecretString);

impl SecretUrl {
    fn parse(text: &str) -> Option<Self> {
        let is_postgres = text.starts_with("postgres://") || text.starts_with("postgresql://");
        let parses = text.parse::<sqlx::postgres::PgConnectOptions>().is_ok();
        (is_postgres && parses).then(|| Self(text.into()))
    }
}

/// A secret of at least 32 bytes; `Debug` hides it.
#[derive(Clone, Debug)]
pub struct SecretText(pub SecretString);

impl SecretText {
    fn parse(text: &str) -> Option<Self> {
        (text.len() >= MIN_SECRET_BYTES).then(|| Self(text.into()))
    }
}

fn word(text: &str) -> Option<String> {
    let is_word = !text.is_empty() && !text.chars().any(|c| c.is_whitespace() || c.is_control());
    is_word.then(|| text.to_owned())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    Pretty,
    Json,
}

impl LogFormat {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "pretty" => Some(Self::Pretty),
            "json" => Some(Self::Json),
            _ => None,
        }
    }
}

/// What went wrong is told by what would be right, never by the value.
fn takes<T: Clone + Send + Sync + 'static>(
    what: &'static str,
    parse: impl Fn(&str) -> Option<T> + Clone + Send + Sync + 'static,
) -> impl TypedValueParser<Value = T> {
    StringValueParser::new().try_map(move |text| parse(&text).ok_or_else(|| Takes(what.to_owned())))
}

fn truth(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "1" => Some(true),
        "false" | "no" | "off" | "0" => Some(false),
        _ => None,
    }
}

/// Without TLS: a collector stands on the same machine or network.
fn collector(text: &str) -> Option<String> {
    let host = text.strip_prefix("http://")?;
    word(host).map(|_| text.to_owned())
}

fn quota_number(text: &str) -> Option<NonZeroU32> {
    text.parse().ok().filter(|number: &NonZeroU32| number.get() <= quota::MAX)
}

fn whole_number(range: RangeInclusive<u64>) -> impl TypedValueParser<Value = u64> {
    StringValueParser::new().try_map(move |text| {
        let number = text.parse().ok().filter(|number| range.contains(number));
        number.ok_or_else(|| Takes(format!("a whole number from {} to {}", range.start(), range.end())))
    })
}

/// What a setting takes.
#[derive(Debug, thiserror::Error)]
#[error("takes {0}")]
struct Takes(String);

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct CommandLine {
        #[command(flatten)]
        config: Config,
    }

    #[test]
    fn the_limits_of_the_pool_are_those_of_the_code() {
        let config = CommandLine::parse_from(["azotte-customers"]).config;
        assert_eq!(config.pool_limits(), PoolLimits::default());
    }
}
