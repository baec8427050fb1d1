//! The server's connections: a bounded number, each lent to one at a time.
//!
//! sqlx's own pool sends a ping with every connection that comes back, and waits for the answer without a limit.
//! Here a connection comes back by itself only when its borrower says that it is well; whoever is dropped in the
//! middle of something, or fails, has it closed. See `docs/decisions/0012-a-pool-of-our-own.md`.

use std::{
    mem,
    ops::{Deref, DerefMut},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use sqlx::{Connection, PgConnection, postgres::PgConnectOptions};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout},
};

use super::connect::PoolLimits;

/// How long a connection rests before it is asked whether it still works: after a restart of the database the
/// pool heals without a request paying for it.
const ASK_AFTER: Duration = Duration::from_secs(1);
/// How long it has for its answer, before another is tried.
const ANSWER: Duration = Duration::from_millis(100);
/// How old a connection gets. What a session of the server piles up goes with it.
const LIFE: Duration = Duration::from_secs(30 * 60);

/// Connects when it is first asked, so that a server can start, and say it is not ready, before its database.
#[derive(Clone)]
pub struct Pool(Arc<Shared>);

struct Shared {
    options: PgConnectOptions,
    limits: PoolLimits,
    places: Arc<Semaphore>,
    /// The last to come back is the first to go.
    rested: Mutex<Vec<Rested>>,
}

struct Rested {
    connection: PgConnection,
    born: Instant,
    since: Instant,
}

/// A connection on loan. Dropped without [`Pooled::give_back`] it is closed.
pub struct Pooled {
    connection: PgConnection,
    born: Instant,
    pool: Pool,
    place: OwnedSemaphorePermit,
}

/// A way for work on a connection to fail.
pub trait Failure: From<sqlx::Error> {
    /// Whether the connection may be the cause, and not what was asked of it.
    fn is_of_the_database(&self) -> bool;
}

/// Connections there are, and may be.
pub struct Occupancy {
    pub in_use: usize,
    pub idle: usize,
    pub most: u32,
}

impl Pool {
    pub fn new(options: &PgConnectOptions, limits: &PoolLimits) -> Self {
        Self(Arc::new(Shared {
            options: limits.apply(options),
            limits: *limits,
            places: Arc::new(Semaphore::new(limits.connections as usize)),
            rested: Mutex::default(),
        }))
    }

    /// Runs `work` on a connection, which is lent again afterwards unless it may be what failed.
    pub async fn lend<T, E: Failure>(
        &self,
        work: impl AsyncFnOnce(&mut PgConnection) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut connection = self.acquire().await?;
        let outcome = work(&mut connection).await;
        if !outcome.as_ref().is_err_and(E::is_of_the_database) {
            connection.give_back();
        }
        outcome
    }

    /// A connection that works, as far as can be known.
    ///
    /// # Errors
    ///
    /// [`sqlx::Error::PoolTimedOut`] where there is none in time, [`sqlx::Error::PoolClosed`] after
    /// [`Self::close`], and whatever keeps a new one from being made.
    pub async fn acquire(&self) -> Result<Pooled, sqlx::Error> {
        timeout(self.0.limits.acquire_timeout, self.take()).await.unwrap_or(Err(sqlx::Error::PoolTimedOut))
    }

    async fn take(&self) -> Result<Pooled, sqlx::Error> {
        let place = self.0.places.clone().acquire_owned().await.map_err(|_| sqlx::Error::PoolClosed)?;
        while let Some(rested) = self.next_rested() {
            if let Some((connection, born)) = rested.if_it_works().await {
                return Ok(Pooled { connection, born, pool: self.clone(), place });
            }
        }
        let connection = PgConnection::connect_with(&self.0.options).await?;
        Ok(Pooled { connection, born: Instant::now(), pool: self.clone(), place })
    }

    /// Ends the connections at rest, and each other when it comes back.
    pub async fn close(&self) {
        self.0.places.close();
        let rested = mem::take(&mut *self.rested());
        for Rested { connection, .. } in rested {
            timeout(ANSWER, connection.close()).await.ok();
        }
    }

    pub fn limits(&self) -> &PoolLimits {
        &self.0.limits
    }

    pub fn occupancy(&self) -> Occupancy {
        let most = self.0.limits.connections;
        let in_use = (most as usize).saturating_sub(self.0.places.available_permits());
        Occupancy { in_use, idle: self.rested().len(), most }
    }

    fn next_rested(&self) -> Option<Rested> {
        self.rested().pop()
    }

    fn rested(&self) -> MutexGuard<'_, Vec<Rested>> {
        self.0.rested.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rested {
    async fn if_it_works(mut self) -> Option<(PgConnection, Instant)> {
        if self.since.elapsed() >= ASK_AFTER {
            timeout(ANSWER, self.connection.ping()).await.ok()?.ok()?;
        }
        Some((self.connection, self.born))
    }
}

impl Pooled {
    /// Lends it to the next. One with a transaction open, or with something still to send, is not well.
    pub fn give_back(self) {
        let Self { connection, born, pool, place } = self;
        let is_well = !connection.is_in_transaction() && !connection.should_flush();
        if is_well && born.elapsed() < LIFE && !pool.0.places.is_closed() {
            pool.rested().push(Rested { connection, born, since: Instant::now() });
        }
        // Whoever waits for the place finds the connection there.
        drop(place);
    }
}

impl Deref for Pooled {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.connection
    }
}

impl DerefMut for Pooled {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.connection
    }
}
