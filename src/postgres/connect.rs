//! How the database is reached: time limits, and the settings of every connection.

use std::{pin::pin, time::Duration};

use sqlx::{
    AssertSqlSafe, Connection, FromRow, PgConnection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use tokio::time::{Instant, timeout};

use super::{
    backend::{self, Backend},
    idle::Connected,
    unreachable::Unreachable,
};

/// A transaction that is idle for longer has lost its client.
const IDLE_IN_TRANSACTION_TIMEOUT: Duration = Duration::from_secs(5);

/// Limits of the pool and of each statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolLimits {
    pub connections: u32,
    pub acquire_timeout: Duration,
    pub lock_timeout: Duration,
    pub statement_timeout: Duration,
}

impl PoolLimits {
    /// Time for an error of the database itself to arrive; see [`super::deadline`].
    const MARGIN: Duration = Duration::from_millis(200);

    /// Of a whole call. The limits in the database run out first, if the database can be reached.
    pub fn call(&self) -> Duration {
        self.acquire_timeout + self.statement_timeout + Self::MARGIN
    }

    /// Of the look-up of a key before it. With the defaults, both together end within 3 seconds.
    pub fn look_up(&self) -> Duration {
        self.acquire_timeout + Self::MARGIN
    }

    /// Of readiness: it asks several questions, each for the first time once the connection is new.
    pub fn health(&self) -> Duration {
        self.acquire_timeout + Duration::from_secs(1)
    }

    /// For commands: one makes its connection first, beside whatever else the machine does.
    pub fn for_commands(self) -> Self {
        const LEAST: Duration = Duration::from_secs(2);
        Self { acquire_timeout: self.acquire_timeout.max(LEAST), ..self }
    }

    /// A connection with these limits. The database applies them itself: a statement that only the client gave up would
    /// go on.
    pub(super) async fn connect(&self, options: &PgConnectOptions) -> Result<Connected, sqlx::Error> {
        let mut connection = PgConnection::connect_with(&named(options)).await?;
        let statements = format!("{}; {}", self.statements(), backend::OWN);
        let own = sqlx::raw_sql(AssertSqlSafe(statements)).fetch_one(&mut connection).await?;
        let backend = Backend::from_row(&own)?;
        Ok(Connected { connection, backend, since: Instant::now(), was_used: false })
    }

    /// Gives the session these limits.
    pub async fn set(&self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        sqlx::raw_sql(AssertSqlSafe(self.statements())).execute(connection).await.map(drop)
    }

    /// Statements, because poolers refuse options of the start, or drop them.
    fn statements(&self) -> String {
        format!(
            "set lock_timeout = {};
             set statement_timeout = {};
             set idle_in_transaction_session_timeout = {};
             -- A retry after a lost race must read what the winner committed; a stricter level would hide it.
             set default_transaction_isolation = 'read committed'",
            self.lock_timeout.as_millis(),
            self.statement_timeout.as_millis(),
            IDLE_IN_TRANSACTION_TIMEOUT.as_millis(),
        )
    }
}

fn named(options: &PgConnectOptions) -> PgConnectOptions {
    options.clone().application_name("azotte-customers")
}

/// One connection, within ten seconds: a database that accepts and says nothing must not hold up a command. After two it
/// is said what is waited for.
pub async fn connect(options: &PgConnectOptions) -> Result<PgConnection, Unreachable> {
    const UNTOLD: Duration = Duration::from_secs(2);
    const TOLD: Duration = Duration::from_secs(8);
    let mut attempt = pin!(PgConnection::connect_with(options));
    let connected = match timeout(UNTOLD, &mut attempt).await {
        Ok(connected) => connected,
        Err(_) => {
            tracing::warn!("waiting for the database, which does not answer");
            timeout(TOLD, attempt).await.map_err(|_| Unreachable::Silent)?
        }
    };
    connected.map_err(|error| Unreachable::from_error(&error))
}

/// For commands, which run few statements, one at a time. The server uses a [`super::pool::Pool`].
pub fn pool_for_commands(options: &PgConnectOptions, limits: PoolLimits) -> PgPool {
    PgPoolOptions::new()
        .max_connections(2)
        .acquire_timeout(limits.for_commands().acquire_timeout)
        .after_connect(move |connection, _| Box::pin(async move { limits.set(connection).await }))
        .connect_lazy_with(named(options))
}
