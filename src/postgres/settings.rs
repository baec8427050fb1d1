//! What the database server reports about itself.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgExecutor};

use super::distribution::{self, Told};

pub struct ServerSettings {
    pub version: String,
    pub now: DateTime<Utc>,
    /// Of `fsync`, `full_page_writes` and `synchronous_commit`, those that are off: a crash may then lose
    /// what was acknowledged.
    pub unsafe_settings: Vec<String>,
    /// A standby, or a database or role whose transactions are read-only.
    pub is_read_only: bool,
    /// In milliseconds.
    statement_timeout: i64,
}

impl ServerSettings {
    /// Of the session that asks; zero is no limit.
    pub fn statement_timeout(&self) -> Duration {
        Duration::from_millis(self.statement_timeout.unsigned_abs())
    }
}

pub async fn read(executor: impl PgExecutor<'_>) -> Result<ServerSettings, sqlx::Error> {
    sqlx::query_as!(
        ServerSettings,
        r#"
        select
            current_setting('server_version') as "version!",
            clock_timestamp() as "now!",
            array(
                select name::text
                from pg_catalog.pg_settings
                where name in ('fsync', 'full_page_writes', 'synchronous_commit')
                  and setting = 'off'
                order by name
            ) as "unsafe_settings!",
            pg_is_in_recovery() or current_setting('transaction_read_only') = 'on' as "is_read_only!",
            (
                select setting::bigint from pg_catalog.pg_settings where name = 'statement_timeout'
            ) as "statement_timeout!"
        "#
    )
    .fetch_one(executor)
    .await
}

/// The workers of a Citus cluster where a crash may lose what was acknowledged, each with the settings that are off there.
pub async fn unsafe_workers(connection: &mut PgConnection) -> Result<Vec<Told>, sqlx::Error> {
    let off = "
        select coalesce(string_agg(name, ', ' order by name), '')
        from pg_catalog.pg_settings
        where name in ('fsync', 'full_page_writes', 'synchronous_commit') and setting = 'off'";
    distribution::ask_workers(connection, off).await
}
