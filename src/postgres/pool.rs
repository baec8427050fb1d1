//! The server's connections: a bounded number, each lent to one call at a time.
//!
//! sqlx's own pool pings every connection that is returned, and waits for the answer without a limit. Here a connection
//! is used again only if its borrower gives it back; if the borrower fails or is dropped, the connection is closed. See
//! `docs/decisions/0012-a-pool-of-our-own.md`. A place is free again once its backend is gone:
//! `docs/decisions/0022-a-place-is-free-once-its-backend-is-gone.md`.

use std::{
    mem,
    ops::{Deref, DerefMut},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use sqlx::{PgConnection, postgres::PgConnectOptions};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout_at},
};

use super::{
    attempt::{self, Attempts},
    connect::PoolLimits,
    connecting,
    detached::Detached,
    error::has_no_connection_left,
    idle::{Connected, Idle, State},
    reaper::Reaper,
};
use crate::service::storage_error::StorageError;

/// Connects when first used, so that a server can start before its database, and report not ready.
#[derive(Clone)]
pub struct Pool(Arc<Shared>);

struct Shared {
    limits: PoolLimits,
    permits: Arc<Semaphore>,
    /// Last in, first out.
    idle: Mutex<Vec<Idle>>,
    /// Older ones have statements of an earlier schema.
    made_after: Mutex<Option<Instant>>,
    attempts: Attempts,
    reaper: Reaper,
    detached: Detached,
}

/// A connection on loan. Dropped without [`Pooled::give_back`] it is closed.
pub struct Pooled {
    /// `None` only while it is dropped.
    lent: Option<(Connected, OwnedSemaphorePermit)>,
    pool: Pool,
}

/// An error of work on a connection.
pub trait Failure: From<sqlx::Error> {
    /// What the database has to do with it. Then the connection may be the cause, rather than the request.
    fn storage_error(&self) -> Option<StorageError>;
}

/// What there is for who has a permit.
enum Found {
    Idle(Pooled),
    /// One that does not answer, which keeps the permit.
    Silent,
    /// A new connection can be made.
    Room(OwnedSemaphorePermit),
}

/// How many connections there are, and how many there may be.
pub struct Occupancy {
    pub in_use: usize,
    pub idle: usize,
    pub max_connections: u32,
}

impl Pool {
    pub fn new(options: &PgConnectOptions, limits: &PoolLimits) -> Self {
        Self::behind_pooler(options, options, limits)
    }

    /// `direct` leads past the pooler.
    pub fn behind_pooler(options: &PgConnectOptions, direct: &PgConnectOptions, limits: &PoolLimits) -> Self {
        Self::with(limits, options, Reaper::start(direct))
    }

    /// Another pool of the same database.
    pub fn beside(&self, limits: &PoolLimits) -> Self {
        Self::with(limits, self.0.attempts.options(), self.0.reaper.clone())
    }

    fn with(limits: &PoolLimits, options: &PgConnectOptions, reaper: Reaper) -> Self {
        Self(Arc::new(Shared {
            limits: *limits,
            permits: Arc::new(Semaphore::new(limits.connections as usize)),
            idle: Mutex::default(),
            made_after: Mutex::default(),
            attempts: Attempts::new(options, limits),
            reaper,
            detached: Detached::new(),
        }))
    }

    /// Runs `work` on a connection, which is lent again afterwards unless it may be what failed.
    ///
    /// `work` runs again, on a new connection, where a statement of it was prepared for an earlier schema.
    pub async fn lend<T, E: Failure>(
        &self,
        work: impl AsyncFnOnce(&mut PgConnection) -> Result<T, E> + Clone,
    ) -> Result<T, E> {
        match self.lend_once(work.clone()).await {
            Err(error) if error.storage_error() == Some(StorageError::Outdated) => {
                self.forget_statements();
                self.lend_once(work).await
            }
            outcome => outcome,
        }
    }

    async fn lend_once<T, E: Failure>(
        &self,
        work: impl AsyncFnOnce(&mut PgConnection) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut connection = self.acquire().await?;
        let outcome = work(&mut connection).await;
        if outcome.as_ref().err().and_then(E::storage_error).is_none() {
            connection.give_back();
        }
        outcome
    }

    /// Lends no connection again that was made before now: what is prepared there may not fit the schema.
    pub fn forget_statements(&self) {
        *self.made_after() = Some(Instant::now());
    }

    /// A connection that works, as far as can be known.
    ///
    /// Waits for a place for the acquire timeout, and for a new connection for [`attempt::PATIENCE`]. One that was begun is
    /// made even if whoever asked is gone.
    ///
    /// # Errors
    ///
    /// [`sqlx::Error::PoolTimedOut`] where there is none in time, [`sqlx::Error::PoolClosed`] after
    /// [`Self::close`], and whatever keeps a new one from being made.
    pub async fn acquire(&self) -> Result<Pooled, sqlx::Error> {
        let deadline = Instant::now() + self.0.limits.acquire_timeout;
        let mut why_none = sqlx::Error::PoolTimedOut;
        loop {
            let permit = timeout_at(deadline, self.0.permits.clone().acquire_owned()).await;
            let Ok(permit) = permit else { return Err(why_none) };
            let found = match self.find_idle(permit.map_err(|_| sqlx::Error::PoolClosed)?).await {
                Found::Idle(pooled) => return Ok(pooled),
                Found::Silent => continue,
                Found::Room(permit) => self.connect(permit).await,
            };
            match found {
                Err(refusal) if has_no_connection_left(&refusal) => why_none = connecting::failed(refusal),
                made => return made.map_err(connecting::failed),
            }
        }
    }

    async fn find_idle(&self, permit: OwnedSemaphorePermit) -> Found {
        while let Some(idle) = self.pop_idle() {
            let made_after = *self.made_after();
            match idle.look().await {
                State::Well(old) if made_after.is_some_and(|moment| old.since <= moment) => old.close().await,
                State::Well(connected) => return Found::Idle(self.lend_out(connected, permit)),
                State::Gone => {}
                State::Silent(connected) => {
                    self.0.reaper.give_up(connected, permit);
                    return Found::Silent;
                }
            }
        }
        Found::Room(permit)
    }

    async fn connect(&self, permit: OwnedSemaphorePermit) -> Result<Pooled, sqlx::Error> {
        let this = self.clone();
        let (connected, permit) = self.0.attempts.make(permit, move |made| this.keep(made)).await?;
        Ok(self.lend_out(connected, permit))
    }

    /// Keeps a connection that nobody waits for, if there is a place for it.
    fn keep(&self, (connected, place): attempt::Made) {
        let permit = if Arc::ptr_eq(place.semaphore(), &self.0.permits) {
            Ok(place)
        } else {
            self.0.permits.clone().try_acquire_owned().map_err(|_| place)
        };
        match permit {
            Ok(permit) => self.put_back(connected, permit),
            Err(place) => self.0.reaper.retire(connected, place),
        }
    }

    fn lend_out(&self, connected: Connected, permit: OwnedSemaphorePermit) -> Pooled {
        Pooled { lent: Some((connected, permit)), pool: self.clone() }
    }

    fn put_back(&self, connected: Connected, permit: OwnedSemaphorePermit) {
        let idle = if self.0.permits.is_closed() { Err(connected) } else { Idle::new(connected) };
        match idle {
            Ok(idle) => {
                self.idle().push(idle);
                // Last, so that the next to get the permit finds the connection.
                drop(permit);
            }
            Err(connected) => self.0.reaper.retire(connected, permit),
        }
    }

    /// Runs the work of calls to its end.
    pub fn detached(&self) -> &Detached {
        &self.0.detached
    }

    /// Connections of this database that were given up so far, with calls that may not have ended.
    pub fn given_up(&self) -> u64 {
        self.0.reaper.count()
    }

    /// Closes the idle connections, and each other one when it is given back.
    pub async fn close(&self) {
        self.0.permits.close();
        let idle = mem::take(&mut *self.idle());
        for idle in idle {
            idle.into_connected().close().await;
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

    fn pop_idle(&self) -> Option<Idle> {
        self.idle().pop()
    }

    fn made_after(&self) -> MutexGuard<'_, Option<Instant>> {
        self.0.made_after.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Idle>> {
        self.0.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pooled {
    /// Makes it available again, unless a transaction is open or something is left to send: then it is closed.
    pub fn give_back(mut self) {
        if let Some((connected, permit)) = self.lent.take() {
            self.pool.put_back(Connected { was_used: true, ..connected }, permit);
        }
    }

    pub fn pool(&self) -> &Pool {
        &self.pool
    }

    /// Whether an earlier borrower gave it back.
    pub fn was_used(&self) -> bool {
        self.lent.as_ref().is_some_and(|(connected, _)| connected.was_used)
    }
}

impl Drop for Pooled {
    fn drop(&mut self) {
        if let Some((connected, permit)) = self.lent.take() {
            self.pool.0.reaper.retire(connected, permit);
        }
    }
}

impl Deref for Pooled {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        match &self.lent {
            Some((connected, _)) => &connected.connection,
            None => unreachable!("lent until it is dropped"),
        }
    }
}

impl DerefMut for Pooled {
    fn deref_mut(&mut self) -> &mut PgConnection {
        match &mut self.lent {
            Some((connected, _)) => &mut connected.connection,
            None => unreachable!("lent until it is dropped"),
        }
    }
}
