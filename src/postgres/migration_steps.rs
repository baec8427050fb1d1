//! The missing migrations, one after the other, by one program at a time.
//!
//! An index that is built concurrently waits for every older snapshot in the database. A program that waits for the
//! advisory lock inside a statement holds one, and the two would wait for each other: so the lock is asked for again
//! and again, with nothing held in between.

use std::time::Duration;

use sqlx::{AssertSqlSafe, PgConnection, migrate::MigrateError};

use super::{distribution, migrations::MIGRATOR, migrations_on_citus};

/// Of this database, among the programs that migrate it. sqlx's own lock is taken under it.
const LOCK: i64 = 0x617a_6f74_7465_6d67;
const POLL: Duration = Duration::from_millis(200);

/// Waits for as long as another program migrates, then applies what is still missing.
///
/// A statement in a transaction waits at most half a second for a lock, because everything behind it waits too. One
/// outside of a transaction builds an index, makes nobody wait, and may wait for a long reader itself.
pub(super) async fn apply_missing(connection: &mut PgConnection) -> Result<(), MigrateError> {
    lock(connection).await?;
    let on_citus =
        distribution::is_by_tenant(connection).await?.then(|| migrations_on_citus::migrator(&MIGRATOR));
    if on_citus.is_some() {
        distribution::keep_new_tables_plain(connection).await?;
    }
    let migrator = on_citus.as_ref().unwrap_or(&MIGRATOR);
    for migration in migrator.iter() {
        if migration.no_tx {
            drop_unfinished_indexes(connection, migration.sql.as_str()).await?;
        }
        let limit = if migration.no_tx { "set lock_timeout = 0" } else { "set lock_timeout = '500ms'" };
        sqlx::query(limit).execute(&mut *connection).await?;
        migrator.run_to(migration.version, &mut *connection).await?;
    }
    if distribution::is_unfinished(connection).await? {
        distribution::finish(connection).await?;
    }
    sqlx::query("select pg_advisory_unlock($1)").bind(LOCK).execute(connection).await?;
    Ok(())
}

async fn lock(connection: &mut PgConnection) -> Result<(), MigrateError> {
    let mut is_told = false;
    while !try_lock(connection).await? {
        if !std::mem::replace(&mut is_told, true) {
            tracing::info!("waiting for another program that migrates this database");
        }
        tokio::time::sleep(POLL).await;
    }
    Ok(())
}

async fn try_lock(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("select pg_try_advisory_lock($1)").bind(LOCK).fetch_one(connection).await
}

/// What is left of an index whose building was interrupted has its name and is of no use.
async fn drop_unfinished_indexes(connection: &mut PgConnection, migration: &str) -> Result<(), MigrateError> {
    let unfinished: Vec<String> = sqlx::query_scalar(
        "select indexrelid::regclass::text from pg_index
        join pg_class on pg_class.oid = indexrelid
        where not indisvalid and pg_table_is_visible(indrelid)
          and position('concurrently ' || relname || ' ' in translate($1, E'\\n', ' ')) > 0",
    )
    .bind(migration)
    .fetch_all(&mut *connection)
    .await?;
    for index in unfinished {
        let statement = AssertSqlSafe(format!("drop index concurrently {index}"));
        sqlx::query(statement).execute(&mut *connection).await?;
    }
    Ok(())
}
