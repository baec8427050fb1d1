//! What authentication needs of the stored keys.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use tokio::sync::broadcast;

use crate::domain::{
    api_key::KeyFingerprint,
    caller::KeyId,
    scope::Scope,
    tenant::{Tenant, TenantId},
    tenant_domain::TenantDomain,
};
use crate::service::storage_error::StorageError;

#[async_trait]
pub trait Credentials: Send + Sync {
    /// The key with this fingerprint **of this tenant**, revoked and expired ones included.
    async fn find_key(
        &self,
        tenant: TenantId,
        fingerprint: &KeyFingerprint,
    ) -> Result<Option<KeyCredential>, StorageError>;

    /// The tenant with all of its domains.
    async fn find_tenant(&self, tenant: TenantId) -> Result<Option<AddressedTenant>, StorageError>;

    /// Notes when keys were last used. Lossy by design: a failure costs a time stamp, never a request.
    async fn note_use(&self, uses: Vec<KeyUse>) -> Result<(), StorageError>;

    /// Signals that keys or tenants changed, so that cached ones must be read again.
    ///
    /// A signal may be lost: readers must also limit the age of what they cache.
    fn changes(&self) -> broadcast::Receiver<CredentialsChanged>;
}

/// A key as stored, with its tenant.
#[derive(Clone, Debug)]
pub struct KeyCredential {
    pub id: KeyId,
    pub fingerprint: Vec<u8>,
    pub tenant: Arc<Tenant>,
    pub scopes: Vec<Scope>,
    pub expires_at: Option<DateTime<Utc>>,
    pub revoked: bool,
}

impl KeyCredential {
    /// Whether it is accepted at this moment, and if not, why.
    pub fn check(&self, now: DateTime<Utc>) -> Result<(), KeyFault> {
        if self.revoked {
            Err(KeyFault::Revoked)
        } else if self.tenant.suspended {
            Err(KeyFault::TenantSuspended)
        } else if self.expires_at.is_some_and(|expiry| expiry <= now) {
            Err(KeyFault::Expired)
        } else {
            Ok(())
        }
    }

    pub fn is_valid(&self, now: DateTime<Utc>) -> bool {
        self.check(now).is_ok()
    }
}

/// Why a key that exists is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyFault {
    Revoked,
    Expired,
    TenantSuspended,
}

/// A tenant, and the domains that it is addressed by.
#[derive(Clone, Debug)]
pub struct AddressedTenant {
    pub tenant: Arc<Tenant>,
    pub domains: Vec<TenantDomain>,
}

/// One use of a key.
#[derive(Clone, Copy, Debug)]
pub struct KeyUse {
    pub tenant: TenantId,
    pub key: KeyId,
    pub at: DateTime<Utc>,
}

/// Something about credentials changed.
#[derive(Clone, Copy, Debug)]
pub struct CredentialsChanged;
