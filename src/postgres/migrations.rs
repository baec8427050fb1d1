//! The migrations this program was built with, applied and compared.

use std::time::Duration;

use sqlx::{
    Connection, PgConnection,
    migrate::{MigrateError, Migrator},
    postgres::PgConnectOptions,
};

use super::{
    connect::connect,
    distribution,
    migration_steps::apply_missing,
    ownership::{self, NotOurs},
    pooler::{self, Unsuitable},
    unreachable::Unreachable,
};

/// Unknown migrations are ignored: while a new version rolls out, the old one runs on the new schema.
pub static MIGRATOR: Migrator = Migrator { ignore_missing: true, ..sqlx::migrate!() };

/// Applies what is missing, under an advisory lock: any number of servers may start at once. If nothing is missing,
/// nothing is changed, and a role without the right to create tables is enough.
///
/// A statement waits at most half a second for a lock, so that a migration behind a long reader gives up
/// instead of making every later query queue behind it; it is then tried again, ten times in all. An index that is
/// built concurrently makes no query wait, and has no such limit.
///
/// Where the customers are distributed over a Citus cluster, new tables are distributed beside them.
///
/// Returns the number of migrations that were missing, whichever program applied them.
///
/// # Errors
///
/// [`MigrationError::NotOurs`] for a database of something else, and [`MigrationError::Unsuitable`] for a way to it on which
/// locks do not hold. Both are left as they are.
pub async fn migrate(options: &PgConnectOptions) -> Result<usize, MigrationError> {
    const ATTEMPTS: u32 = 10;
    let mut attempt = 1;
    loop {
        match migrate_once(options).await {
            Err(MigrationError::Migration(error)) if attempt < ATTEMPTS && has_given_way(&error) => {
                attempt += 1;
                tokio::time::sleep(Duration::from_millis(200 * u64::from(attempt))).await;
            }
            outcome => return outcome,
        }
    }
}

async fn migrate_once(options: &PgConnectOptions) -> Result<usize, MigrationError> {
    let mut connection = connect(options).await?;
    let missing = missing(&mut connection).await.unwrap_or_else(|_| MIGRATOR.iter().count());
    if missing > 0 || distribution::is_unfinished(&mut connection).await.map_err(MigrateError::from)? {
        pooler::check_sessions(&mut connection, options).await?;
        ownership::check(&mut connection).await?;
        apply_missing(&mut connection).await?;
    }
    connection.close().await.ok();
    Ok(missing)
}

/// An error of the database where it has no table of migrations.
pub async fn is_complete(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    missing(connection).await.map(|missing| missing == 0)
}

/// How many of the migrations of this program are not applied.
async fn missing(connection: &mut PgConnection) -> Result<usize, sqlx::Error> {
    let applied: Vec<i64> =
        sqlx::query_scalar("select version from _sqlx_migrations where success order by version")
            .fetch_all(connection)
            .await?;
    Ok(MIGRATOR.iter().filter(|migration| !applied.contains(&migration.version)).count())
}

#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    #[error(transparent)]
    Unreachable(#[from] Unreachable),
    #[error(transparent)]
    NotOurs(#[from] NotOurs),
    #[error(transparent)]
    Unsuitable(#[from] Unsuitable),
    #[error("a migration failed")]
    Migration(#[from] MigrateError),
}

fn has_given_way(error: &MigrateError) -> bool {
    match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => error
            .as_database_error()
            .and_then(|refusal| refusal.code())
            .as_deref()
            .is_some_and(|code| ["55P03", "40P01"].contains(&code)),
        _ => false,
    }
}
