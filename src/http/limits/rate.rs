//! How often one tenant may call: a bucket for each, on this server, which every answer tells the level of.
//!
//! As soon as authentication hears of another quota of a tenant, it gets another bucket.

use std::{sync::Arc, time::Duration};

use axum::{
    http::{HeaderName, HeaderValue, header::RETRY_AFTER},
    response::Response,
};
use governor::{
    RateLimiter,
    clock::Clock,
    middleware::StateInformationMiddleware,
    state::{InMemoryState, NotKeyed},
};
use moka::future::Cache;

use super::governed_clock::GovernedClock;
use crate::domain::{
    clock::SharedClock,
    quota::{self, Quota},
    tenant::{Tenant, TenantId},
};

/// IETF draft-ietf-httpapi-ratelimit-headers, 10 and 11: structured fields.
const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const STATUS: HeaderName = HeaderName::from_static("ratelimit");
/// The same as earlier drafts have it, and most clients read it.
const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");

/// A bucket that is forgotten is full again, so it is kept for as long as the slowest takes to fill.
const BUCKET_LIFE: Duration = Duration::from_secs(quota::MAX as u64);
const BUCKETS: u64 = 100_000;

struct Bucket {
    quota: Quota,
    limiter: RateLimiter<NotKeyed, InMemoryState, GovernedClock, StateInformationMiddleware>,
    policy: HeaderValue,
}

pub struct Rates {
    default_quota: Quota,
    buckets: Cache<TenantId, Arc<Bucket>>,
    clock: GovernedClock,
}

/// What is left of a tenant's quota after a request.
pub struct RateLimitStatus {
    policy: HeaderValue,
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
        Self { default_quota, buckets, clock: GovernedClock(clock) }
    }

    /// Counts one request of a tenant.
    pub async fn count(&self, tenant: &Tenant) -> RateLimitStatus {
        let quota = tenant.quota.or(self.default_quota);
        let is_of_another = |bucket: &Arc<Bucket>| bucket.quota != quota;
        if let Some(bucket) = self.buckets.get(&tenant.id).await
            && !is_of_another(&bucket)
        {
            return bucket.count();
        }
        let entry = self.buckets.entry(tenant.id);
        let entry = Box::pin(entry.or_insert_with_if(async { self.bucket(quota) }, is_of_another)).await;
        entry.value().count()
    }

    /// Counts a request that is refused before its tenant's quota is known: against the bucket that the tenant has, or
    /// one of the usual size.
    pub async fn count_refused(&self, tenant: TenantId) -> RateLimitStatus {
        Box::pin(self.buckets.get_with(tenant, async { self.bucket(self.default_quota) })).await.count()
    }

    fn bucket(&self, quota: Quota) -> Arc<Bucket> {
        let rule = governor::Quota::per_second(quota.per_second).allow_burst(quota.burst);
        let limiter = RateLimiter::direct_with_clock(rule, self.clock.clone()).with_middleware();
        // A full bucket is what the time to fill one allows.
        let window = quota.burst.get().div_ceil(quota.per_second.get());
        let policy = HeaderValue::try_from(format!("\"tenant\";q={};w={window}", quota.burst));
        Arc::new(Bucket { quota, limiter, policy: policy.unwrap_or(HeaderValue::from_static("")) })
    }
}

impl Bucket {
    fn count(&self) -> RateLimitStatus {
        match self.limiter.check() {
            Ok(state) => self.status(state.remaining_burst_capacity(), None),
            Err(not_until) => self.status(0, Some(not_until.wait_time_from(self.limiter.clock().now()))),
        }
    }

    fn status(&self, remaining: u32, wait: Option<Duration>) -> RateLimitStatus {
        let limit = self.quota.burst.get();
        let missing = limit.saturating_sub(remaining);
        let reset = missing.div_ceil(self.quota.per_second.get()).into();
        RateLimitStatus { policy: self.policy.clone(), limit, remaining, reset, wait }
    }
}

impl RateLimitStatus {
    pub fn is_exceeded(&self) -> bool {
        self.wait.is_some()
    }

    /// Until one more request is let in; `None`: this one was.
    pub fn wait(&self) -> Option<Duration> {
        self.wait
    }

    /// Says how much of the quota is left.
    pub fn write_headers(&self, response: &mut Response) {
        let headers = response.headers_mut();
        let status = format!("\"tenant\";r={};t={}", self.remaining, self.reset);
        headers.insert(POLICY, self.policy.clone());
        headers.extend(HeaderValue::try_from(status).ok().map(|status| (STATUS, status)));
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
