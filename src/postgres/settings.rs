//! What the database server reports about itself.

use chrono::{DateTime, Utc};
use sqlx::PgExecutor;

pub struct ServerSettings {
    pub version: String,
    pub now: DateTime<Utc>,
    /// Of `fsync`, `full_page_writes` and `synchronous_commit`, those that are off: a crash may then lose
    /// what was acknowledged.
    pub unsafe_settings: Vec<String>,
    /// A standby, or a database or role whose transactions are read-only.
    pub is_read_only: bool,
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
            pg_is_in_recovery() or current_setting('transaction_read_only') = 'on' as "is_read_only!"
        "#
    )
    .fetch_one(executor)
    .await
}
