//! How often one tenant may call: a bucket for each, on this server, which every answer tells the level of.
//!
//! A bucket belongs to a tenant *and* its quota: as soon as authentication hears of another quota, another
//! bucket counts.

use std::{sync::Arc, time::Duration};

use axum::{
    http::{HeaderName, HeaderValue, header::RETRY_AFTER},
    response::Response,
};
use governor::{
    RateLimiter,
    clock::Clock as GovernorClock,
    middleware::StateInformationMiddleware,
    state::{InMemoryState, NotKeyed},
};
use moka::future::Cache;

use crate::domain::{
    clock::SharedClock,
    quota::{self, Quota},
    tenant::{Tenant, TenantId},
};

const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");

/// A bucket that is forgotten is full again, so it is kept for as long as the slowest takes to fill.
const BUCKET_LIFE: Duration = Duration::from_secs(quota::MAX as u64);
const BUCKETS: u64 = 100_000;

type Bucket = RateLimiter<NotKeyed, InMemoryState, QuotaClock, StateInformationMiddleware>;

/// Our clock, as `governor` asks for the time.
#[derive(Clone)]
struct QuotaClock(SharedClock);

impl GovernorClock for QuotaClock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

pub struct Rates {
    default_quota: Quota,
    buckets: Cache<(TenantId, Quota), Arc<Bucket>>,
    clock: QuotaClock,
}

/// What is left of a tenant's quota after a request.
pub struct RateLimitStatus {
    limit: u32,
    remaining: u32,
    /// Until the bucket is full.
    reset: u64,
    /// Until one more request is let in; `None`: this one was.
    wait: Option<Duration>,
}

impl Rates {
    pub fn new(default_quota: Quota, clock: SharedClock) -> Self {
        let buckets = Cache::builder().max_capacity(BUCKETS).time_to_idle(BUCKET_LIFE).build();
        Self { default_quota, buckets, clock: QuotaClock(clock) }
    }

    /// Counts one request of a tenant.
    pub async fn count(&self, tenant: &Tenant) -> RateLimitStatus {
        let quota = tenant.quota.or(self.default_quota);
        let bucket = self.buckets.get_with((tenant.id, quota), async { Arc::new(self.bucket(quota)) }).await;
        match bucket.check() {
            Ok(state) => RateLimitStatus::new(quota, state.remaining_burst_capacity(), None),
            Err(not_until) => {
                let wait = not_until.wait_time_from(self.clock.now());
                RateLimitStatus::new(quota, 0, Some(wait))
            }
        }
    }

    fn bucket(&self, quota: Quota) -> Bucket {
        let quota = governor::Quota::per_second(quota.per_second).allow_burst(quota.burst);
        RateLimiter::direct_with_clock(quota, self.clock.clone()).with_middleware()
    }
}

impl RateLimitStatus {
    fn new(quota: Quota, remaining: u32, wait: Option<Duration>) -> Self {
        let limit = quota.burst.get();
        let missing = limit.saturating_sub(remaining);
        let reset = missing.div_ceil(quota.per_second.get()).into();
        Self { limit, remaining, reset, wait }
    }

    pub fn is_exceeded(&self) -> bool {
        self.wait.is_some()
    }

    /// Says how much of the quota is left.
    pub fn write_headers(&self, response: &mut Response) {
        let headers = response.headers_mut();
        headers.insert(LIMIT, self.limit.into());
        headers.insert(REMAINING, self.remaining.into());
        headers.insert(RESET, self.reset.into());
        if let Some(wait) = self.wait {
            headers.insert(RETRY_AFTER, HeaderValue::from(whole_seconds(wait)));
        }
    }
}

/// Rounded up, and never 0: that would mean "at once".
fn whole_seconds(wait: Duration) -> u64 {
    (wait.as_millis().div_ceil(1000) as u64).max(1)
}
