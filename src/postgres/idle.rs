//! A connection between two uses, and when it may be used again.

use std::time::Duration;

use sqlx::{Connection, PgConnection};
use tokio::time::{Instant, timeout};

/// A connection idle for longer is pinged before it is used: after a restart of the database no request fails because
/// of an old connection.
const PING_AFTER: Duration = Duration::from_secs(1);
/// After this time without an answer to the ping, or to a goodbye, the connection is given up.
const PING_TIMEOUT: Duration = Duration::from_millis(100);
/// Older connections are closed, which frees what their sessions have accumulated in the server.
const MAX_LIFETIME: Duration = Duration::from_secs(30 * 60);

pub struct Idle {
    connection: PgConnection,
    connected_at: Instant,
    since: Instant,
}

impl Idle {
    /// `None`: a transaction is open, something is left to send, or the connection is too old. Then it is closed.
    pub fn new(connection: PgConnection, connected_at: Instant) -> Option<Self> {
        let is_clean = !connection.is_in_transaction() && !connection.should_flush();
        let is_kept = is_clean && connected_at.elapsed() < MAX_LIFETIME;
        is_kept.then(|| Self { connection, connected_at, since: Instant::now() })
    }

    /// The connection and when it was made. `None`: it does not answer.
    pub async fn if_alive(mut self) -> Option<(PgConnection, Instant)> {
        if self.since.elapsed() >= PING_AFTER {
            timeout(PING_TIMEOUT, self.connection.ping()).await.ok()?.ok()?;
        }
        Some((self.connection, self.connected_at))
    }

    pub async fn close(self) {
        timeout(PING_TIMEOUT, self.connection.close()).await.ok();
    }
}
