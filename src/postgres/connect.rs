//! How the database is reached: how long is waited for it, and what every connection promises.

use std::time::Duration;

use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
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
    /// Enough for what the server would say by itself; see [`super::deadline`].
    const MARGIN: Duration = Duration::from_millis(200);

    /// Of a whole call: its limits in the server run out first, if the server can be heard.
    pub fn call(&self) -> Duration {
        self.acquire_timeout + self.statement_timeout + Self::MARGIN
    }

    /// Of a look-up by key before it: together they are answered within 3 seconds, by the defaults.
    pub fn look_up(&self) -> Duration {
        self.acquire_timeout + Self::MARGIN
    }

    /// Options of connections with these limits. They live in the server: a statement given up on the client's
    /// side would go on there.
    pub(super) fn apply(&self, options: &PgConnectOptions) -> PgConnectOptions {
        let milliseconds = |limit: Duration| limit.as_millis().to_string();
        options.clone().application_name("azotte-customers").options([
            ("lock_timeout", milliseconds(self.lock_timeout)),
            ("statement_timeout", milliseconds(self.statement_timeout)),
            ("idle_in_transaction_session_timeout", milliseconds(IDLE_IN_TRANSACTION_TIMEOUT)),
            // The retries after a lost race read what the winner committed; a stricter level would hide it.
            ("default_transaction_isolation", "read committed".to_owned()),
        ])
    }
}

/// For commands, which ask now and then and one thing at a time. The server has a [`super::pool::Pool`].
pub fn pool_for_commands(options: &PgConnectOptions, limits: &PoolLimits) -> PgPool {
    PgPoolOptions::new()
        .max_connections(2)
        .acquire_timeout(limits.acquire_timeout)
        .connect_lazy_with(limits.apply(options))
}
