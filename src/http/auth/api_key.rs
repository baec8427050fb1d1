//! `x-api-key` and `x-tn`: the tenant is the **key's**, and the header must say the same.
//!
//! A key is remembered together with its tenant for at most [`CACHE_LIFE`], and forgotten at once when
//! the database says that credentials changed.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{
    extract::{Request, State},
    http::HeaderMap,
    middleware::Next,
    response::{IntoResponse, Response},
};
use chrono::Utc;
use moka::future::Cache;

use super::last_used::LastUsed;
use crate::domain::{
    api_key::{ApiKey, KeyFingerprint},
    caller::{Actor, Caller},
    environment::Environment,
    tenant::TenantId,
};
use crate::http::{
    App,
    c2a::status::C2aError,
    headers::single,
    middleware::{correlation, request_log::Authenticated},
};
use crate::service::{
    credentials::{Credentials, KeyCredential},
    storage_error::StorageError,
};

/// How long a revocation that nobody announced can go unnoticed.
const CACHE_LIFE: Duration = Duration::from_secs(30);
/// Entries, wrong keys included: what a flood of guesses can occupy.
const CACHE_ENTRIES: u64 = 20_000;
/// How often [`LastUsed`] is written.
const LAST_USED_PERIOD: Duration = Duration::from_secs(60);

pub struct Authenticator {
    environment: Environment,
    credentials: Arc<dyn Credentials>,
    /// Counts the changes heard of. A look-up under way when one arrives ends under its old epoch,
    /// where nobody looks any more.
    epoch: AtomicU64,
    cache: Cache<(u64, TenantId, KeyFingerprint), Option<Arc<KeyCredential>>>,
    last_used: LastUsed,
}

/// Lets a request through with its [`Caller`], or answers 401 before anything of it is looked at.
pub async fn authenticate(State(app): State<App>, mut request: Request, next: Next) -> Response {
    match app.authenticator.caller(request.headers()).await {
        Ok(caller) => {
            let authenticated = Authenticated { tenant: caller.tenant_id(), actor: caller.actor.clone() };
            request.extensions_mut().insert(caller);
            let mut response = next.run(request).await;
            response.extensions_mut().insert(authenticated);
            response
        }
        Err(refusal) => refusal.into_response(),
    }
}

impl Authenticator {
    pub fn new(environment: Environment, credentials: Arc<dyn Credentials>) -> Self {
        let cache = Cache::builder().max_capacity(CACHE_ENTRIES).time_to_live(CACHE_LIFE).build();
        Self { environment, credentials, epoch: AtomicU64::new(0), cache, last_used: LastUsed::default() }
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

    fn forget(&self) {
        self.epoch.fetch_add(1, Ordering::SeqCst);
        self.cache.invalidate_all();
    }

    pub async fn write_last_used(&self) {
        let uses = self.last_used.take();
        if !uses.is_empty() {
            self.credentials.note_use(uses).await;
        }
    }

    async fn caller(&self, headers: &HeaderMap) -> Result<Caller, C2aError> {
        let refused = || C2aError::Unauthenticated;
        let key = single(headers, "x-api-key").and_then(|key| ApiKey::parse(key, self.environment));
        let tenant = single(headers, "x-tn").and_then(TenantId::parse);
        let (key, tenant) = key.zip(tenant).ok_or_else(refused)?;
        let credential = self.find(tenant, key.fingerprint()).await?.ok_or_else(refused)?;
        if !credential.is_valid(Utc::now()) {
            return Err(refused());
        }
        self.last_used.note(tenant, credential.id);
        Ok(Caller {
            tenant: credential.tenant.clone(),
            actor: Actor::Key(credential.id),
            scopes: credential.scopes.clone(),
            correlation_id: correlation::current(),
        })
    }

    async fn find(
        &self,
        tenant: TenantId,
        fingerprint: KeyFingerprint,
    ) -> Result<Option<Arc<KeyCredential>>, C2aError> {
        let epoch = self.epoch.load(Ordering::SeqCst);
        let load = async {
            let found = self.credentials.find_key(tenant, &fingerprint).await?;
            Ok(found.filter(|key| fingerprint.matches(&key.fingerprint)).map(Arc::new))
        };
        let found: Result<_, Arc<StorageError>> =
            self.cache.try_get_with((epoch, tenant, fingerprint), load).await;
        found.map_err(|error| match *error {
            StorageError::Unavailable => C2aError::Unavailable,
            StorageError::Refused => C2aError::Internal,
        })
    }
}
