//! The server's connections: a bounded number, each lent to one call at a time.
//!
//! sqlx's own pool pings every connection that is returned, and waits for the answer without a limit. Here a connection
//! is used again only if its borrower gives it back; if the borrower fails or is dropped, the connection is closed. See
//! `docs/decisions/0012-a-pool-of-our-own.md`.

use std::{
    mem,
    ops::{Deref, DerefMut},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use sqlx::{PgConnection, postgres::PgConnectOptions};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout},
};

use super::{connect::PoolLimits, connecting, detached::Detached, idle::Idle};

/// Connects when first used, so that a server can start before its database, and report not ready.
#[derive(Clone)]
pub struct Pool(Arc<Shared>);

struct Shared {
    options: PgConnectOptions,
    limits: PoolLimits,
    permits: Arc<Semaphore>,
    /// Last in, first out.
    idle: Mutex<Vec<Idle>>,
    detached: Detached,
}

/// A connection on loan. Dropped without [`Pooled::give_back`] it is closed.
pub struct Pooled {
    connection: PgConnection,
    connected_at: Instant,
    pool: Pool,
    permit: OwnedSemaphorePermit,
}

/// An error of work on a connection.
pub trait Failure: From<sqlx::Error> {
    /// Whether the connection may be the cause, rather than the request.
    fn is_of_the_database(&self) -> bool;
}

/// How many connections there are, and how many there may be.
pub struct Occupancy {
    pub in_use: usize,
    pub idle: usize,
    pub max_connections: u32,
}

impl Pool {
    pub fn new(options: &PgConnectOptions, limits: &PoolLimits) -> Self {
        Self(Arc::new(Shared {
            options: options.clone(),
            limits: *limits,
            permits: Arc::new(Semaphore::new(limits.connections as usize)),
            idle: Mutex::default(),
            detached: Detached::new(),
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
        timeout(self.0.limits.acquire_timeout, self.idle_or_new())
            .await
            .unwrap_or(Err(sqlx::Error::PoolTimedOut))
    }

    async fn idle_or_new(&self) -> Result<Pooled, sqlx::Error> {
        let permit = self.0.permits.clone().acquire_owned().await.map_err(|_| sqlx::Error::PoolClosed)?;
        while let Some(idle) = self.next_idle() {
            if let Some((connection, connected_at)) = idle.if_alive().await {
                return Ok(Pooled { connection, connected_at, pool: self.clone(), permit });
            }
        }
        let connection = self.0.limits.connect(&self.0.options).await.map_err(connecting::failed)?;
        Ok(Pooled { connection, connected_at: Instant::now(), pool: self.clone(), permit })
    }

    /// Runs the work of calls to its end.
    pub fn detached(&self) -> &Detached {
        &self.0.detached
    }

    /// Closes the idle connections, and each other one when it is given back.
    pub async fn close(&self) {
        self.0.permits.close();
        let idle = mem::take(&mut *self.idle());
        for idle in idle {
            idle.close().await;
        }
    }

    pub fn limits(&self) -> &PoolLimits {
        &self.0.limits
    }

    pub fn occupancy(&self) -> Occupancy {
        let max_connections = self.0.limits.connections;
        let in_use = (max_connections as usize).saturating_sub(self.0.permits.available_permits());
        Occupancy { in_use, idle: self.idle().len(), max_connections }
    }

    fn next_idle(&self) -> Option<Idle> {
        self.idle().pop()
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Idle>> {
        self.0.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pooled {
    /// Makes it available again, unless a transaction is open or something is left to send: then it is closed.
    pub fn give_back(self) {
        let Self { connection, connected_at, pool, permit } = self;
        if let Some(idle) = Idle::new(connection, connected_at).filter(|_| !pool.0.permits.is_closed()) {
            pool.idle().push(idle);
        }
        // Last, so that the next to get the permit finds the connection.
        drop(permit);
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
