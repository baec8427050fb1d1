//! Who calls: keys and tokens, verified. Which endpoints ask for which is the surfaces' affair.
//!
//! What the database says of keys and tenants is remembered for at most [`CACHE_LIFE`], and forgotten at once
//! when the database says that it changed.

mod api_key;
pub mod claims;
pub mod identity;
pub mod issue;
pub mod jwk;
pub mod jwt;
pub mod jwt_keys;
pub mod jwt_settings;
mod last_used;
mod partner_token;
pub mod refusal;
pub mod surface;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use moka::future::Cache;

use self::{jwt::TokenVerifier, last_used::LastUsed, refusal::Refusal};
use crate::domain::{
    api_key::KeyFingerprint,
    clock::SharedClock,
    environment::Environment,
    tenant::{Tenant, TenantId},
    tenant_domain::TenantDomain,
};
use crate::service::{
    credentials::{Credentials, KeyCredential},
    storage_error::StorageError,
};

/// How long a revocation that nobody announced can go unnoticed.
const CACHE_LIFE: Duration = Duration::from_secs(30);
/// Entries, wrong keys included: what a flood of guesses can occupy.
const CACHE_ENTRIES: u64 = 20_000;
/// How often the last uses of keys are written.
const LAST_USED_PERIOD: Duration = Duration::from_secs(60);

pub struct Authenticator {
    environment: Environment,
    clock: SharedClock,
    credentials: Arc<dyn Credentials>,
    pub tokens: TokenVerifier,
    /// Counts the changes heard of, and is part of every cache key. A look-up under way when a change arrives
    /// ends under its old epoch, where nobody looks any more.
    epoch: AtomicU64,
    /// No key of a cache is a caller's unparsed text: an entry has a bounded size.
    keys: Cache<(u64, TenantId, KeyFingerprint), Option<Arc<KeyCredential>>>,
    tenants: Cache<(u64, TenantId, TenantDomain), Option<Arc<Tenant>>>,
    last_used: LastUsed,
}

impl Authenticator {
    pub fn new(
        environment: Environment,
        credentials: Arc<dyn Credentials>,
        tokens: TokenVerifier,
        clock: SharedClock,
    ) -> Self {
        Refusal::announce_all();
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
    ) -> Result<Option<Arc<KeyCredential>>, StorageError> {
        let load = async {
            let found = self.credentials.find_key(tenant, &fingerprint).await?;
            Ok(found.filter(|key| fingerprint.matches(&key.fingerprint)).map(Arc::new))
        };
        let key = (self.epoch.load(Ordering::SeqCst), tenant, fingerprint);
        let found: Result<_, Arc<StorageError>> = self.keys.try_get_with(key, load).await;
        found.map_err(|error| *error)
    }

    /// The tenant, where the domain is its own.
    async fn find_tenant(
        &self,
        tenant: TenantId,
        domain: TenantDomain,
    ) -> Result<Option<Arc<Tenant>>, StorageError> {
        let load = async {
            let found = self.credentials.find_tenant(tenant, &domain).await?;
            Ok(found.map(Arc::new))
        };
        let key = (self.epoch.load(Ordering::SeqCst), tenant, domain.clone());
        let found: Result<_, Arc<StorageError>> = self.tenants.try_get_with(key, load).await;
        found.map_err(|error| *error)
    }
}
