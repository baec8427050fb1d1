//! How often one tenant may call: a bucket for each, on this server, which every answer tells the level of.
//!
//! A bucket belongs to a tenant *and* its quota: as soon as authentication hears of another quota, another
//! bucket counts.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue, header::RETRY_AFTER},
    middleware::Next,
    response::{IntoResponse, Response},
};
use governor::{
    RateLimiter,
    clock::{Clock, DefaultClock},
    middleware::StateInformationMiddleware,
    state::{InMemoryState, NotKeyed},
};
use moka::future::Cache;

use crate::domain::{
    caller::{Caller, PartnerCaller},
    quota::{self, Quota},
    tenant::{Tenant, TenantId},
};
use crate::http::{SharedApp, c2a::status::C2aError, partner::error::PartnerError};
use crate::telemetry::metrics;

const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");

/// A bucket that is forgotten is full again, so it is kept for as long as the slowest takes to fill.
const BUCKET_LIFE: Duration = Duration::from_secs(quota::MAX as u64);
const BUCKETS: u64 = 100_000;

type Bucket = RateLimiter<NotKeyed, InMemoryState, DefaultClock, StateInformationMiddleware>;

pub struct Rates {
    everybody: Quota,
    buckets: Cache<(TenantId, Quota), Arc<Bucket>>,
}

/// Where a tenant stands after a request.
struct Standing {
    limit: u32,
    remaining: u32,
    /// Until the bucket is full.
    reset: u64,
    /// Until one more request is let in; `None`: this one was.
    wait: Option<Duration>,
}

/// For the C2A surface, right inside authentication.
pub async fn of_caller(State(app): State<SharedApp>, request: Request, next: Next) -> Response {
    let tenant = request.extensions().get::<Caller>().map(|caller| caller.tenant.clone());
    limit(&app, tenant, ("c2a", C2aError::TooManyRequests), request, next).await
}

/// For the partner surface, right inside authentication.
pub async fn of_partner(State(app): State<SharedApp>, request: Request, next: Next) -> Response {
    let tenant = request.extensions().get::<PartnerCaller>().map(|partner| partner.caller.tenant.clone());
    limit(&app, tenant, ("partner", PartnerError::TooManyRequests), request, next).await
}

async fn limit(
    app: &SharedApp,
    tenant: Option<Arc<Tenant>>,
    (surface, refusal): (&'static str, impl IntoResponse),
    request: Request,
    next: Next,
) -> Response {
    let Some(tenant) = tenant else { return next.run(request).await };
    let standing = app.limits.rates.count(&tenant).await;
    let mut response = match standing.wait {
        None => next.run(request).await,
        Some(_) => {
            metrics::rate_limited(surface);
            refusal.into_response()
        }
    };
    standing.tell(&mut response);
    response
}

impl Rates {
    pub fn new(everybody: Quota) -> Self {
        let buckets = Cache::builder().max_capacity(BUCKETS).time_to_idle(BUCKET_LIFE).build();
        Self { everybody, buckets }
    }

    /// Counts one request of a tenant.
    async fn count(&self, tenant: &Tenant) -> Standing {
        let quota = tenant.quota.or(self.everybody);
        let bucket = self.buckets.get_with((tenant.id, quota), async { Arc::new(bucket(quota)) }).await;
        match bucket.check() {
            Ok(state) => Standing::new(quota, state.remaining_burst_capacity(), None),
            Err(not_until) => {
                let wait = not_until.wait_time_from(DefaultClock::default().now());
                Standing::new(quota, 0, Some(wait))
            }
        }
    }
}

fn bucket(quota: Quota) -> Bucket {
    let quota = governor::Quota::per_second(quota.per_second).allow_burst(quota.burst);
    RateLimiter::direct(quota).with_middleware()
}

impl Standing {
    fn new(quota: Quota, remaining: u32, wait: Option<Duration>) -> Self {
        let limit = quota.burst.get();
        let missing = limit.saturating_sub(remaining);
        let reset = missing.div_ceil(quota.per_second.get()).into();
        Self { limit, remaining, reset, wait }
    }

    fn tell(&self, response: &mut Response) {
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
