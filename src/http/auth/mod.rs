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
mod look_up_limit;
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

use self::{jwt::TokenVerifier, last_used::LastUsed, look_up_limit::LookUpLimit, refusal::Refusal};
use crate::domain::{
    api_key::KeyFingerprint,
    clock::SharedClock,
    environment::Environment,
    tenant::{Tenant, TenantId},
    tenant_domain::TenantDomain,
};
use crate::service::{
    credentials::{AddressedTenant, Credentials, KeyCredential},
    storage_error::StorageError,
};

/// How long a revocation that nobody announced can go unnoticed.
const CACHE_LIFE: Duration = Duration::from_secs(30);
/// Entries, wrong keys included: what a flood of guesses can occupy.
const CACHE_ENTRIES: u64 = 20_000;
/// How long a key is known to exist after it was last looked up.
const KNOWN_LIFE: Duration = Duration::from_secs(24 * 60 * 60);
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
    /// Only tenants that signed tokens name, each with all of its domains: a made-up domain is not looked up.
    tenants: Cache<(u64, TenantId), Option<Arc<AddressedTenant>>>,
    /// Keys that exist. They are looked up again whatever strangers ask for.
    known: Cache<(TenantId, KeyFingerprint), ()>,
    unknown: LookUpLimit,
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
            unknown: LookUpLimit::new(clock.clone()),
            clock,
            credentials,
            tokens,
            epoch: AtomicU64::new(0),
            keys: Cache::builder().max_capacity(CACHE_ENTRIES).time_to_live(CACHE_LIFE).build(),
            tenants: Cache::builder().max_capacity(CACHE_ENTRIES).time_to_live(CACHE_LIFE).build(),
            known: Cache::builder().max_capacity(CACHE_ENTRIES).time_to_idle(KNOWN_LIFE).build(),
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
        let key = (self.epoch.load(Ordering::SeqCst), tenant, fingerprint);
        if let Some(found) = self.keys.get(&key).await {
            return Ok(found);
        }
        let load = self.load_key(tenant, fingerprint);
        let found: Result<_, Arc<StorageError>> = Box::pin(self.keys.try_get_with(key, load)).await;
        found.map_err(|error| *error)
    }

    async fn load_key(
        &self,
        tenant: TenantId,
        fingerprint: KeyFingerprint,
    ) -> Result<Option<Arc<KeyCredential>>, StorageError> {
        let look_up = self.credentials.find_key(tenant, &fingerprint);
        let key = (tenant, fingerprint);
        let found = match self.known.get(&key).await {
            Some(()) => look_up.await?,
            None => self.unknown.run(look_up).await?,
        };
        let found = found.filter(|found| fingerprint.matches(&found.fingerprint)).map(Arc::new);
        match found {
            Some(_) => self.known.insert(key, ()).await,
            None => self.known.invalidate(&key).await,
        }
        Ok(found)
    }

    /// The tenant, where the domain is its own.
    async fn find_tenant(
        &self,
        tenant: TenantId,
        domain: &TenantDomain,
    ) -> Result<Option<Arc<Tenant>>, StorageError> {
        let key = (self.epoch.load(Ordering::SeqCst), tenant);
        let load = async { Ok(self.credentials.find_tenant(tenant).await?.map(Arc::new)) };
        let found: Result<_, Arc<StorageError>> = Box::pin(self.tenants.try_get_with(key, load)).await;
        let found = found.map_err(|error| *error)?;
        Ok(found.filter(|found| found.domains.contains(domain)).map(|found| found.tenant.clone()))
    }
}
