//! Making connections, apart from whoever asked for one: a connection that was begun is made, however long the way.
//!
//! Nobody waits for one longer than [`PATIENCE`], in which it may be made; then another attempt may begin beside it, for
//! after a failover the same name leads to another server. As many go on in this way as the pool has places.

use std::{
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use sqlx::postgres::PgConnectOptions;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, oneshot},
    time::{Instant, sleep, timeout},
};

use super::{connect::PoolLimits, error::has_no_connection_left, idle::Connected};

/// Longest wait for a new connection.
pub const PATIENCE: Duration = Duration::from_secs(1);
/// After this time a PostgreSQL with usual settings has given up itself.
const LONGEST: Duration = Duration::from_secs(60);
/// A place for which the database has no connection is not asked for again before.
const PAUSE_OF_PLACE: Duration = Duration::from_millis(200);
/// Between two lines of the log that say so.
const PAUSE_OF_LOG: Duration = Duration::from_secs(1);

/// A connection, and the place it takes.
pub type Made = (Connected, OwnedSemaphorePermit);

pub struct Attempts {
    options: PgConnectOptions,
    limits: PoolLimits,
    /// Places of attempts that nobody waits for.
    beside: Arc<Semaphore>,
    log: Arc<Log>,
}

impl Attempts {
    pub fn new(options: &PgConnectOptions, limits: &PoolLimits) -> Self {
        Self {
            options: options.clone(),
            limits: *limits,
            beside: Arc::new(Semaphore::new(limits.connections as usize)),
            log: Arc::default(),
        }
    }

    pub fn options(&self) -> &PgConnectOptions {
        &self.options
    }

    /// Makes a connection. `keep` gets it where nobody waits for it any more; its place is then not always `place`.
    ///
    /// # Errors
    ///
    /// [`sqlx::Error::PoolTimedOut`] after [`PATIENCE`], and what keeps the connection from being made.
    pub async fn make(
        &self,
        place: OwnedSemaphorePermit,
        keep: impl Fn(Made) + Send + 'static,
    ) -> Result<Made, sqlx::Error> {
        let (reply, answer) = oneshot::channel();
        let (options, limits) = (self.options.clone(), self.limits);
        let (beside, log) = (self.beside.clone(), self.log.clone());
        tokio::spawn(async move {
            let mut attempt = pin!(limits.connect(&options));
            match timeout(PATIENCE, &mut attempt).await {
                Ok(Ok(connected)) => {
                    if let Err(Ok(made)) = reply.send(Ok((connected, place))) {
                        keep(made);
                    }
                }
                Ok(Err(error)) if has_no_connection_left(&error) => {
                    log.is_full();
                    reply.send(Err(error)).ok();
                    sleep(PAUSE_OF_PLACE).await;
                }
                Ok(Err(error)) => drop(reply.send(Err(error))),
                Err(_) => {
                    let place = beside.try_acquire_owned().unwrap_or(place);
                    reply.send(Err(sqlx::Error::PoolTimedOut)).ok();
                    if let Ok(Ok(connected)) = timeout(LONGEST, attempt).await {
                        keep((connected, place));
                    }
                }
            }
        });
        answer.await.unwrap_or(Err(sqlx::Error::PoolClosed))
    }
}

/// One line a second, however many connections are refused.
#[derive(Default)]
struct Log(Mutex<Option<Instant>>);

impl Log {
    fn is_full(&self) {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if last.is_none_or(|last| last.elapsed() >= PAUSE_OF_LOG) {
            *last = Some(Instant::now());
            tracing::warn!(
                "the database has no connection left: calls wait for those this server has; see its max_connections"
            );
        }
    }
}
