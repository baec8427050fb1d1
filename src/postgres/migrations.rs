//! The migrations this program was built with, applied and compared.

use std::time::Duration;

use async_trait::async_trait;
use sqlx::{Connection, PgConnection, PgExecutor, PgPool, migrate::Migrator, postgres::PgConnectOptions};

use crate::postgres::settings;
use crate::service::health::{Health, NotReady};

/// Migrations it does not know do not stop it: while a new version rolls out, the old one runs on the new schema.
pub static MIGRATOR: Migrator = Migrator { ignore_missing: true, ..sqlx::migrate!() };

/// Applies what is missing, under sqlx's advisory lock: any number of servers may start at once. Where nothing
/// is missing nothing is touched, so a role without the right to create tables will do.
///
/// A statement waits at most half a second for a lock, so that a migration behind a long reader gives up
/// instead of making every later query queue behind it; it is then tried again, ten times in all.
pub async fn migrate(options: &PgConnectOptions) -> Result<(), MigrationError> {
    const ATTEMPTS: u32 = 10;
    let mut attempt = 1;
    loop {
        match migrate_once(options).await {
            Err(MigrationError::Migration(error)) if attempt < ATTEMPTS && is_lock_timeout(&error) => {
                attempt += 1;
                tokio::time::sleep(Duration::from_millis(200 * u64::from(attempt))).await;
            }
            outcome => return outcome,
        }
    }
}

async fn migrate_once(options: &PgConnectOptions) -> Result<(), MigrationError> {
    let mut connection = PgConnection::connect_with(options).await?;
    if !matches!(is_complete(&mut connection).await, Ok(true)) {
        sqlx::query("set lock_timeout = '500ms'").execute(&mut connection).await?;
        MIGRATOR.run(&mut connection).await?;
    }
    connection.close().await.ok();
    Ok(())
}

/// An error of the database where it has no table of migrations.
async fn is_complete(executor: impl PgExecutor<'_>) -> Result<bool, sqlx::Error> {
    let applied: Vec<i64> =
        sqlx::query_scalar("select version from _sqlx_migrations where success order by version")
            .fetch_all(executor)
            .await?;
    Ok(MIGRATOR.iter().all(|migration| applied.contains(&migration.version)))
}

/// Each is followed by its source where it is shown.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    #[error(
        "the database does not answer; check DATABASE_URL, and that PostgreSQL runs and lets this user in"
    )]
    Database(#[from] sqlx::Error),
    #[error("a migration failed")]
    Migration(#[from] sqlx::migrate::MigrateError),
}

fn is_lock_timeout(error: &sqlx::migrate::MigrateError) -> bool {
    use sqlx::migrate::MigrateError;
    match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
            error.as_database_error().and_then(|refusal| refusal.code()).as_deref() == Some("55P03")
        }
        _ => false,
    }
}

/// Readiness by the database's own account of its migrations and settings.
pub struct PgHealth {
    pool: PgPool,
    must_be_safe: bool,
}

impl PgHealth {
    pub fn new(pool: PgPool) -> Self {
        Self { pool, must_be_safe: false }
    }

    /// Not ready either where a crash may lose what was acknowledged.
    pub fn demanding_safety(self, must_be_safe: bool) -> Self {
        Self { must_be_safe, ..self }
    }
}

#[async_trait]
impl Health for PgHealth {
    async fn check(&self) -> Result<(), NotReady> {
        match is_complete(&self.pool).await {
            Ok(true) => {}
            Ok(false) | Err(sqlx::Error::Database(_)) => return Err(NotReady::Migrations),
            Err(_) => return Err(NotReady::Database),
        }
        if self.must_be_safe {
            let server = settings::read(&self.pool).await.map_err(|_| NotReady::Database)?;
            if !server.unsafe_settings.is_empty() {
                return Err(NotReady::Unsafe);
            }
        }
        Ok(())
    }
}
