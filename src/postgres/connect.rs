//! How the database is reached: time limits, and the settings of every connection.

use std::time::Duration;

use sqlx::{
    AssertSqlSafe, Connection, PgConnection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use tokio::time::timeout;

use super::unreachable::Unreachable;

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

    /// For commands: one makes its connection first, beside whatever else the machine does.
    pub fn for_commands(self) -> Self {
        const LEAST: Duration = Duration::from_secs(2);
        Self { acquire_timeout: self.acquire_timeout.max(LEAST), ..self }
    }

    /// A connection with these limits. The database applies them itself: a statement that only the client gave up would
    /// go on.
    pub async fn connect(&self, options: &PgConnectOptions) -> Result<PgConnection, sqlx::Error> {
        let mut connection = PgConnection::connect_with(&named(options)).await?;
        self.set(&mut connection).await?;
        Ok(connection)
    }

    /// Gives the session these limits. By a statement: poolers refuse options of the start, or drop them.
    pub async fn set(&self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        let set = format!(
            "set lock_timeout = {};
             set statement_timeout = {};
             set idle_in_transaction_session_timeout = {};
             -- A retry after a lost race must read what the winner committed; a stricter level would hide it.
             set default_transaction_isolation = 'read committed'",
            self.lock_timeout.as_millis(),
            self.statement_timeout.as_millis(),
            IDLE_IN_TRANSACTION_TIMEOUT.as_millis(),
        );
        sqlx::raw_sql(AssertSqlSafe(set)).execute(connection).await.map(drop)
    }
}

fn named(options: &PgConnectOptions) -> PgConnectOptions {
    options.clone().application_name("azotte-customers")
}

/// One connection, within ten seconds: a database that accepts and says nothing must not hold up a command.
pub async fn connect(options: &PgConnectOptions) -> Result<PgConnection, Unreachable> {
    const PATIENCE: Duration = Duration::from_secs(10);
    match timeout(PATIENCE, PgConnection::connect_with(options)).await {
        Ok(connected) => connected.map_err(|error| Unreachable::from_error(&error)),
        Err(_) => Err(Unreachable::Silent),
    }
}

/// For commands, which run few statements, one at a time. The server uses a [`super::pool::Pool`].
pub fn pool_for_commands(options: &PgConnectOptions, limits: PoolLimits) -> PgPool {
    PgPoolOptions::new()
        .max_connections(2)
        .acquire_timeout(limits.for_commands().acquire_timeout)
        .after_connect(move |connection, _| Box::pin(async move { limits.set(connection).await }))
        .connect_lazy_with(named(options))
}
