//! Who calls: keys and tokens, verified. Which endpoints ask for which is the surfaces' affair.
//!
//! What the database says of keys and tenants is remembered for at most [`CACHE_LIFE`], and forgotten at once
//! when the database says that it changed.

mod api_key;
pub mod jwt;
pub mod jwt_keys;
mod last_used;
mod partner_token;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{http::StatusCode, response::Response};
use moka::future::Cache;

use self::{jwt::TokenVerifier, last_used::LastUsed};
use crate::domain::{
    api_key::KeyFingerprint,
    clock::SharedClock,
    environment::Environment,
    tenant::{Tenant, TenantId},
};
use crate::http::failure::Failure;
use crate::service::{
    credentials::{Credentials, KeyCredential},
    storage_error::StorageError,
};
use crate::telemetry::metrics;

/// How long a revocation that nobody announced can go unnoticed.
const CACHE_LIFE: Duration = Duration::from_secs(30);
/// Entries, wrong keys included: what a flood of guesses can occupy.
const CACHE_ENTRIES: u64 = 20_000;
/// How often the last uses of keys are written.
const LAST_USED_PERIOD: Duration = Duration::from_secs(60);

/// Counts the answer where it refuses credentials, and not where the database could not be asked.
pub fn count_refusal(surface: &'static str, response: Response) -> Response {
    if matches!(response.status(), StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
        metrics::auth_failure(surface, response.status().as_u16());
    }
    response
}

pub struct Authenticator {
    environment: Environment,
    clock: SharedClock,
    credentials: Arc<dyn Credentials>,
    pub tokens: TokenVerifier,
    /// Counts the changes heard of, and is part of every cache key. A look-up under way when a change arrives
    /// ends under its old epoch, where nobody looks any more.
    epoch: AtomicU64,
    keys: Cache<(u64, TenantId, KeyFingerprint), Option<Arc<KeyCredential>>>,
    tenants: Cache<(u64, TenantId, String), Option<Arc<Tenant>>>,
    last_used: LastUsed,
}

impl Authenticator {
    pub fn new(
        environment: Environment,
        credentials: Arc<dyn Credentials>,
        tokens: TokenVerifier,
        clock: SharedClock,
    ) -> Self {
        Self {
            environment,
            clock,
            credentials,
            tokens,
            epoch: AtomicU64::new(0),
            keys: Cache::builder().max_capacity(CACHE_ENTRIES).time_to_live(CACHE_LIFE).build(),
            tenants: Cache::builder().max_capacity(CACHE_ENTRIES).time_to_live(CACHE_LIFE).build(),
            last_used: LastUsed::default(),
        }
    }

    /// Forgets on every change, and writes the last uses now and then. Runs until it is dropped.
    pub async fn keep_current(self: Arc<Self>) {
        let mut changes = self.credentials.changes();
        let mut period = tokio::time::interval(LAST_USED_PERIOD);
        loop {
            tokio::select! {
                _ = changes.recv() => self.forget(),
                _ = period.tick() => self.write_last_used().await,
            }
        }
    }

    pub async fn write_last_used(&self) {
        let uses = self.last_used.take();
        if !uses.is_empty() {
            // Logged where it failed.
            self.credentials.note_use(uses).await.ok();
        }
    }

    fn forget(&self) {
        self.epoch.fetch_add(1, Ordering::SeqCst);
        self.keys.invalidate_all();
        self.tenants.invalidate_all();
    }

    async fn find_key(
        &self,
        tenant: TenantId,
        fingerprint: KeyFingerprint,
    ) -> Result<Option<Arc<KeyCredential>>, Failure> {
        let load = async {
            let found = self.credentials.find_key(tenant, &fingerprint).await?;
            Ok(found.filter(|key| fingerprint.matches(&key.fingerprint)).map(Arc::new))
        };
        let key = (self.epoch.load(Ordering::SeqCst), tenant, fingerprint);
        let found: Result<_, Arc<StorageError>> = self.keys.try_get_with(key, load).await;
        found.map_err(|error| (*error).into())
    }

    /// The tenant, where the domain is its own.
    async fn find_tenant(&self, tenant: TenantId, domain: String) -> Result<Option<Arc<Tenant>>, Failure> {
        let load = async {
            let found = self.credentials.find_tenant(tenant, &domain).await?;
            Ok(found.map(Arc::new))
        };
        let key = (self.epoch.load(Ordering::SeqCst), tenant, domain.clone());
        let found: Result<_, Arc<StorageError>> = self.tenants.try_get_with(key, load).await;
        found.map_err(|error| (*error).into())
    }
}
