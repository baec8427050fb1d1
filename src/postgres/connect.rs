//! The pool: how long it waits, and what every connection promises.

use std::time::Duration;

use sqlx::{
    Connection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};

/// Limits of the pool and of each statement; defaults in `config.rs`.
#[derive(Clone, Copy, Debug)]
pub struct PoolLimits {
    pub connections: u32,
    pub acquire_timeout: Duration,
    pub lock_timeout: Duration,
    pub statement_timeout: Duration,
    pub idle_in_transaction_timeout: Duration,
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
}

/// How long a connection rests before it is asked whether it still works.
const PING_AFTER: Duration = Duration::from_secs(1);

/// A pool that connects when first used, so that a server can start, and say it is not ready, before its database.
pub fn pool(options: PgConnectOptions, limits: PoolLimits) -> PgPool {
    PgPoolOptions::new()
        .max_connections(limits.connections)
        .acquire_timeout(limits.acquire_timeout)
        // A ping before every use costs a round trip, so only a connection that has rested gets one: after a
        // restart of the database the pool heals without a request paying for it.
        .test_before_acquire(false)
        .before_acquire(|connection, resting| {
            Box::pin(async move {
                if resting.idle_for < PING_AFTER {
                    return Ok(true);
                }
                Ok(connection.ping().await.is_ok())
            })
        })
        .connect_lazy_with(options.application_name("azotte-customers").options(session(limits)))
}

/// Time-outs live in the server: a statement given up on the client's side would go on there.
fn session(limits: PoolLimits) -> [(&'static str, String); 4] {
    let milliseconds = |limit: Duration| limit.as_millis().to_string();
    [
        ("lock_timeout", milliseconds(limits.lock_timeout)),
        ("statement_timeout", milliseconds(limits.statement_timeout)),
        ("idle_in_transaction_session_timeout", milliseconds(limits.idle_in_transaction_timeout)),
        // The retries after a lost race read what the winner committed; a stricter level would hide it.
        ("default_transaction_isolation", "read committed".to_owned()),
    ]
}
