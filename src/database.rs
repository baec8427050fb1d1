//! Where the data is: the PostgreSQL that `DATABASE_URL` names, or an embedded one.

use std::{path::PathBuf, time::Duration};

use anyhow::{Context, bail, ensure};
use embedded_postgres::{
    DefaultFolders, Durability, EmbeddedPostgres, ServerLock, data_folder, prepare_folder,
};
use secrecy::ExposeSecret;
use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgSslMode},
};

use crate::config::Config;
use crate::domain::environment::Environment;
use crate::postgres::connect::{self, PoolLimits};

/// The data folder where `AZOTTE_DATA_DIR` names none.
const DEFAULT_FOLDERS: DefaultFolders<'_> =
    DefaultFolders { usual: ".azotte", for_root: "/var/lib/azotte-customers" };

/// A database to work with, held for as long as the value lives.
pub struct Database {
    pub options: PgConnectOptions,
    /// Past a pooler, where there is one: for migrations, `LISTEN`, and ending what hangs.
    pub direct: PgConnectOptions,
    /// For commands, and for what a server does before it serves.
    pub pool: PgPool,
    /// The embedded cluster, which stops when the last process that holds it lets go.
    pub embedded: Option<EmbeddedPostgres>,
    /// Being the one server of the embedded cluster.
    pub server_lock: Option<ServerLock>,
}

impl Database {
    /// For a command: works beside a running server and without one.
    pub async fn open(config: &Config) -> anyhow::Result<Self> {
        match &config.database_url {
            Some(url) => {
                let options: PgConnectOptions =
                    url.0.expose_secret().parse().context("DATABASE_URL cannot be read")?;
                let direct = match &config.database_direct_url {
                    Some(url) => {
                        url.0.expose_secret().parse().context("AZOTTE_DATABASE_DIRECT_URL cannot be read")?
                    }
                    None => options.clone(),
                };
                Ok(Self::of([options, direct], config, None, None))
            }
            None => Self::open_embedded(config, false).await,
        }
    }

    /// For a server: of those on one embedded database there is one.
    pub async fn open_for_server(config: &Config) -> anyhow::Result<Self> {
        match &config.database_url {
            Some(_) => Self::open(config).await,
            None => Self::open_embedded(config, true).await,
        }
    }

    /// The data folder, there to be written to. Beside a database of its own it may be empty but for our files.
    pub async fn folder(&self, config: &Config) -> anyhow::Result<PathBuf> {
        let configured = config.data_dir.clone();
        let prepare = move || {
            let folder = data_folder(configured.as_deref(), DEFAULT_FOLDERS)?;
            prepare_folder(&folder).map(|()| folder)
        };
        Ok(tokio::task::spawn_blocking(prepare).await??)
    }

    async fn open_embedded(config: &Config, as_server: bool) -> anyhow::Result<Self> {
        if config.environment == Environment::Live {
            bail!(
                "DATABASE_URL must be set where AZOTTE_ENVIRONMENT is live: the embedded database is for the sandbox."
            );
        }
        let configured = config.data_dir.clone();
        let (embedded, lock) = tokio::task::spawn_blocking(move || {
            let folder = data_folder(configured.as_deref(), DEFAULT_FOLDERS)?;
            let lock = as_server.then(|| ServerLock::acquire(&folder)).transpose()?;
            EmbeddedPostgres::ensure(&folder, Durability::Durable).map(|embedded| (embedded, lock))
        })
        .await??;
        let options: PgConnectOptions =
            embedded.url("postgres").parse().context("the embedded database's URL cannot be read")?;
        // Variables such as PGSSLMODE speak of another database. That one cannot be taken back.
        ensure!(
            std::env::var_os("PGOPTIONS").is_none_or(|value| value.is_empty()),
            "PGOPTIONS must not be set for the embedded database: its options are its own."
        );
        let options = options.ssl_mode(PgSslMode::Disable);
        Ok(Self::of([options.clone(), options], config, Some(embedded), lock))
    }

    fn of(
        urls: [PgConnectOptions; 2],
        config: &Config,
        embedded: Option<EmbeddedPostgres>,
        server_lock: Option<ServerLock>,
    ) -> Self {
        // The only parameter of the start that PgBouncer does not know. No floating-point number is kept.
        let [options, direct] = urls.map(|url| url.extra_float_digits(None));
        let pool = connect::pool_for_commands(&options, pool_limits(config));
        Self { options, direct, pool, embedded, server_lock }
    }
}

/// The limits that the settings ask for.
pub fn pool_limits(config: &Config) -> PoolLimits {
    PoolLimits {
        connections: u32::try_from(config.db_connections).unwrap_or(u32::MAX),
        acquire_timeout: Duration::from_millis(config.db_acquire_timeout_ms),
        lock_timeout: Duration::from_millis(config.db_lock_timeout_ms),
        statement_timeout: Duration::from_millis(config.db_statement_timeout_ms),
    }
}
