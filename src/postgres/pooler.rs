//! Whether what leads to the database keeps what a server relies on.

use sqlx::{AssertSqlSafe, Connection, FromRow, PgConnection, postgres::PgConnectOptions};

use super::{
    backend::{self, Backend},
    connect::connect,
    unreachable::Unreachable,
};

#[derive(Debug, thiserror::Error)]
pub enum Unsuitable {
    #[error(
        "DATABASE_URL leads through a pooler that shares sessions among transactions: time limits, locks and LISTEN would be lost; \
         set its pool_mode to session"
    )]
    Shared,
    #[error(
        "AZOTTE_DATABASE_DIRECT_URL must lead to the server of DATABASE_URL, past its pooler, with the same user"
    )]
    Elsewhere,
    #[error(transparent)]
    Unreachable(#[from] Unreachable),
    #[error("the database stopped answering")]
    Silent(#[from] sqlx::Error),
}

impl Unsuitable {
    /// For programs, and never changed.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Shared => "database_pooler",
            Self::Elsewhere => "database_direct",
            Self::Unreachable(cause) => cause.code(),
            Self::Silent(_) => "database_silent",
        }
    }
}

/// `connection` is one of `options`.
pub async fn check(
    connection: &mut PgConnection,
    options: &PgConnectOptions,
    direct: &PgConnectOptions,
) -> Result<(), Unsuitable> {
    check_sessions(connection, options).await?;
    let mut direct = connect(direct).await?;
    let is_seen = sees(&mut direct, own_backend(connection).await?).await?;
    direct.close().await.ok();
    if is_seen { Ok(()) } else { Err(Unsuitable::Elsewhere) }
}

/// Refuses a pooler in transaction mode. `connection` is one of `options`.
pub async fn check_sessions(
    connection: &mut PgConnection,
    options: &PgConnectOptions,
) -> Result<(), Unsuitable> {
    let mut other = connect(options).await?;
    let is_shared = share_backends(connection, &mut other).await?;
    other.close().await.ok();
    if is_shared { Err(Unsuitable::Shared) } else { Ok(()) }
}

/// A session has a backend of its own for as long as it is open. A pooler in transaction mode lends the one that was free last.
async fn share_backends(one: &mut PgConnection, other: &mut PgConnection) -> Result<bool, sqlx::Error> {
    const ROUNDS: usize = 3;
    for _ in 0..ROUNDS {
        if own_backend(one).await? == own_backend(other).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn own_backend(connection: &mut PgConnection) -> Result<Backend, sqlx::Error> {
    Backend::from_row(&sqlx::raw_sql(backend::OWN).fetch_one(connection).await?)
}

/// The start of a backend is shown to its own user only.
async fn sees(connection: &mut PgConnection, backend: Backend) -> Result<bool, sqlx::Error> {
    let statement = format!(
        "select exists (select from pg_stat_activity where pid = {} and backend_start = '{}')",
        backend.pid,
        backend.started_at.to_rfc3339()
    );
    let row = sqlx::raw_sql(AssertSqlSafe(statement)).fetch_one(connection).await?;
    sqlx::Row::try_get(&row, 0)
}
