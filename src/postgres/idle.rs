//! A connection between two uses, and when it may be used again.

use std::time::Duration;

use sqlx::{Connection, PgConnection};
use tokio::time::{Instant, timeout};

use super::backend::Backend;

/// A connection idle for longer is pinged before it is used: after a restart of the database no request fails because
/// of an old connection.
const PING_AFTER: Duration = Duration::from_secs(1);
/// After this time without an answer to the ping, or to a goodbye, the connection is given up.
const PING_TIMEOUT: Duration = Duration::from_millis(200);
/// Older connections are closed, which frees what their sessions have accumulated in the server.
const MAX_LIFETIME: Duration = Duration::from_secs(30 * 60);

/// A connection of the pool, whoever has it.
pub struct Connected {
    pub connection: PgConnection,
    pub backend: Backend,
    pub since: Instant,
    /// It was given back at least once.
    pub was_used: bool,
}

/// What has become of a connection.
pub enum State {
    /// Nothing is under way on it.
    Well(Connected),
    Gone,
    /// Its backend may still be at work.
    Silent(Connected),
}

pub struct Idle {
    connected: Connected,
    since: Instant,
}

impl Idle {
    /// An error: a transaction is open, something is left to send, or the connection is too old.
    pub fn new(connected: Connected) -> Result<Self, Connected> {
        let connection = &connected.connection;
        let is_clean = !connection.is_in_transaction() && !connection.should_flush();
        if is_clean && connected.since.elapsed() < MAX_LIFETIME {
            Ok(Self { connected, since: Instant::now() })
        } else {
            Err(connected)
        }
    }

    pub async fn look(self) -> State {
        if self.since.elapsed() < PING_AFTER {
            State::Well(self.connected)
        } else {
            self.connected.look().await
        }
    }

    pub fn into_connected(self) -> Connected {
        self.connected
    }
}

impl Connected {
    /// Waits a little for what is under way on it.
    pub async fn look(mut self) -> State {
        match timeout(PING_TIMEOUT, self.settle()).await {
            Ok(Ok(())) => State::Well(self),
            Ok(Err(_)) => State::Gone,
            Err(_) => State::Silent(self),
        }
    }

    /// Says goodbye.
    pub async fn close(self) {
        timeout(PING_TIMEOUT, self.connection.close()).await.ok();
    }

    /// Reads what is left of the answers to earlier statements, and is ready for the next one.
    async fn settle(&mut self) -> Result<(), sqlx::Error> {
        loop {
            match self.connection.ping().await {
                // The refusal of an earlier statement.
                Err(sqlx::Error::Database(_)) => {}
                settled => return settled,
            }
        }
    }
}
