//! How much strangers can ask of the database: the checksum of a key is public, so anybody can make up well-formed keys.
//!
//! What is beyond the limit is not decided, and is never taken for an unknown key.

use std::{
    num::NonZeroU32,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use governor::{
    Quota, RateLimiter,
    clock::Clock,
    middleware::NoOpMiddleware,
    state::{InMemoryState, NotKeyed},
};
use tokio::sync::Semaphore;

use crate::domain::clock::SharedClock;
use crate::http::limits::governed_clock::GovernedClock;
use crate::service::storage_error::StorageError;
use crate::telemetry::metrics;

/// Look-ups under way or waiting for a connection. A key that is asked for several times at once is one look-up.
const UNDER_WAY: usize = 64;
/// Look-ups that find nothing.
const MISSES_A_SECOND: NonZeroU32 = NonZeroU32::MIN.saturating_add(499);

/// For keys that were not known before.
pub struct LookUpLimit {
    places: Semaphore,
    misses: RateLimiter<NotKeyed, InMemoryState, GovernedClock, NoOpMiddleware<Duration>>,
    clock: GovernedClock,
    /// When there may be a miss again.
    closed_until: Mutex<Duration>,
}

impl LookUpLimit {
    pub fn new(clock: SharedClock) -> Self {
        let clock = GovernedClock(clock);
        Self {
            places: Semaphore::new(UNDER_WAY),
            misses: RateLimiter::direct_with_clock(Quota::per_second(MISSES_A_SECOND), clock.clone()),
            clock,
            closed_until: Mutex::default(),
        }
    }

    /// What `look_up` finds, or [`StorageError::Unavailable`] at once where too many are under way or found nothing.
    pub async fn run<T>(
        &self,
        look_up: impl Future<Output = Result<Option<T>, StorageError>>,
    ) -> Result<Option<T>, StorageError> {
        let place = self.places.try_acquire().ok().filter(|_| self.is_open());
        let Some(_place) = place else {
            metrics::look_up_refused();
            return Err(StorageError::Unavailable);
        };
        let found = look_up.await?;
        if found.is_none() {
            self.count_miss();
        }
        Ok(found)
    }

    fn is_open(&self) -> bool {
        self.clock.now() >= *self.closed_until.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count_miss(&self) {
        if let Err(not_until) = self.misses.check() {
            let now = self.clock.now();
            let until = now + not_until.wait_time_from(now);
            *self.closed_until.lock().unwrap_or_else(PoisonError::into_inner) = until;
        }
    }
}
