//! Readiness, by the migrations and settings that the database reports, and by a commit where one is in doubt.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use async_trait::async_trait;
use sqlx::{PgConnection, PgPool};
use tokio::time::timeout;
use tracing::{Instrument, info_span};

use super::{
    connect::PoolLimits,
    deadline::within,
    migrations,
    pool::{Failure, Pool},
    privileges, settings,
};
use crate::service::{
    health::{Health, NotReady},
    storage_error::StorageError,
};

// SQLSTATEs.
const UNDEFINED_TABLE: &str = "42P01";
const INSUFFICIENT_PRIVILEGE: &str = "42501";

/// Longest time for a commit of nothing.
const COMMIT: Duration = Duration::from_millis(500);

pub struct PgHealth {
    pool: Pool,
    must_be_safe: bool,
    /// Of the connections that were given up, those after which a commit succeeded.
    overcome: AtomicU64,
}

impl PgHealth {
    pub fn new(pool: Pool) -> Self {
        Self { pool, must_be_safe: false, overcome: AtomicU64::new(0) }
    }

    /// Also not ready where a crash may lose acknowledged writes.
    pub fn demanding_safety(self, must_be_safe: bool) -> Self {
        Self { must_be_safe, ..self }
    }

    /// Only after a call that did not end: a standby or storage may be what it waited for. In WAL, and nowhere else.
    async fn commits(&self, connection: &mut PgConnection) -> Result<(), NotReady> {
        let given_up = self.pool.given_up();
        if given_up == self.overcome.load(Ordering::Relaxed) {
            return Ok(());
        }
        let message = "select pg_logical_emit_message(true, 'azotte-customers', '')";
        let committed = timeout(COMMIT, sqlx::raw_sql(message).execute(connection)).await;
        committed.map_err(|_| NotReady::Commit)??;
        self.overcome.store(given_up, Ordering::Relaxed);
        Ok(())
    }
}

#[async_trait]
impl Health for PgHealth {
    async fn check(&self) -> Result<(), NotReady> {
        let looked = self.pool.lend(async |connection| {
            has_migrations(connection).instrument(info_span!("health.migrations")).await?;
            has_settings(connection, self.pool.limits(), self.must_be_safe).await?;
            self.commits(connection).instrument(info_span!("health.commit")).await?;
            has_privileges(connection).instrument(info_span!("health.privileges")).await
        });
        within(self.pool.limits().health(), looked).await.map_err(|_| NotReady::Database)?
    }
}

/// Not logged: the answer says it, and probes ask often.
impl From<sqlx::Error> for NotReady {
    fn from(_: sqlx::Error) -> Self {
        Self::Database
    }
}

impl Failure for NotReady {
    fn storage_error(&self) -> Option<StorageError> {
        Some(StorageError::Unavailable)
    }
}

/// As [`has_migrations`], for commands and a server that starts.
pub async fn has_migrations_behind(pool: &PgPool) -> Result<(), NotReady> {
    let mut connection = pool.acquire().await.map_err(|_| NotReady::Database)?;
    has_migrations(&mut connection).await
}

pub async fn has_migrations(connection: &mut PgConnection) -> Result<(), NotReady> {
    match migrations::is_complete(connection).await {
        Ok(true) => Ok(()),
        Ok(false) => Err(NotReady::Migrations),
        Err(error) => Err(match error.as_database_error().and_then(|refusal| refusal.code()).as_deref() {
            Some(UNDEFINED_TABLE) => NotReady::Migrations,
            Some(INSUFFICIENT_PRIVILEGE) => NotReady::Privileges,
            _ => NotReady::Database,
        }),
    }
}

#[tracing::instrument(name = "health.settings", skip_all)]
async fn has_settings(
    connection: &mut PgConnection,
    limits: &PoolLimits,
    must_be_safe: bool,
) -> Result<(), NotReady> {
    let server = settings::read(connection).await?;
    if server.is_read_only {
        return Err(NotReady::ReadOnly);
    }
    if server.statement_timeout() != limits.statement_timeout {
        return Err(NotReady::Limits);
    }
    if must_be_safe && !server.unsafe_settings.is_empty() {
        return Err(NotReady::Unsafe);
    }
    Ok(())
}

async fn has_privileges(connection: &mut PgConnection) -> Result<(), NotReady> {
    if privileges::missing(connection).await?.is_empty() { Ok(()) } else { Err(NotReady::Privileges) }
}
