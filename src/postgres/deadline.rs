//! No call waits for the database longer than it may, whatever has become of the database.
//!
//! The server's own time-outs end what it works on too long. They say nothing when the connection falls silent:
//! frozen, cut without a word, or slow beyond use. Then the call is dropped here, and with it its connection, which
//! nobody gave back: it is closed, for nobody knows what it is in the middle of.

use std::{future::Future, time::Duration};

use async_trait::async_trait;
use tokio::{sync::broadcast, time::timeout};

use crate::domain::{
    api_key::KeyFingerprint,
    caller::{Caller, PartnerCaller},
    customer::{Customer, CustomerRef, Profile, ProfileChange},
    external_id::ExternalId,
    partner::{PartnerCustomer, PartnerCustomerId, StoredPartnerCustomer},
    precondition::Precondition,
    tenant::{Tenant, TenantId},
};
use crate::service::{
    credentials::{Credentials, CredentialsChanged, KeyCredential, KeyUse},
    customers::{CustomersError, CustomersService},
    health::{Health, NotReady},
    idempotency::{Idempotency, IdempotencyError, IdempotentRequest, Performed, Work},
    partners::{Creation, ListQuery, Page, PartnersError, PartnersService},
    storage_error::StorageError,
};

/// A service of which every call ends within `limit`, if only with [`StorageError::Unavailable`].
pub struct Bounded<S> {
    service: S,
    limit: Duration,
}

impl<S> Bounded<S> {
    pub fn new(service: S, limit: Duration) -> Self {
        Self { service, limit }
    }

    async fn within<T>(&self, call: impl Future<Output = T> + Send) -> Result<T, StorageError> {
        timeout(self.limit, call).await.map_err(|_| {
            tracing::error!(kind = "silence", "the database did not answer in time");
            StorageError::Unavailable
        })
    }
}

#[async_trait]
impl<S: CustomersService> CustomersService for Bounded<S> {
    async fn validate(&self, caller: &Caller, external_id: &ExternalId) -> Result<bool, CustomersError> {
        self.within(self.service.validate(caller, external_id)).await?
    }

    async fn store(&self, caller: &Caller, profile: Profile) -> Result<Customer, CustomersError> {
        self.within(self.service.store(caller, profile)).await?
    }

    async fn update(
        &self,
        caller: &Caller,
        customer: &CustomerRef,
        expected: &Precondition,
        change: ProfileChange,
    ) -> Result<Customer, CustomersError> {
        self.within(self.service.update(caller, customer, expected, change)).await?
    }

    async fn delete(
        &self,
        caller: &Caller,
        customer: &CustomerRef,
        expected: &Precondition,
    ) -> Result<(), CustomersError> {
        self.within(self.service.delete(caller, customer, expected)).await?
    }

    async fn info(&self, caller: &Caller, customer: &CustomerRef) -> Result<Customer, CustomersError> {
        self.within(self.service.info(caller, customer)).await?
    }
}

#[async_trait]
impl<S: PartnersService> PartnersService for Bounded<S> {
    async fn create(
        &self,
        caller: &PartnerCaller,
        customer: PartnerCustomer,
    ) -> Result<Creation, PartnersError> {
        self.within(self.service.create(caller, customer)).await?
    }

    async fn get(
        &self,
        caller: &PartnerCaller,
        id: PartnerCustomerId,
    ) -> Result<StoredPartnerCustomer, PartnersError> {
        self.within(self.service.get(caller, id)).await?
    }

    async fn list(&self, caller: &PartnerCaller, query: &ListQuery) -> Result<Page, PartnersError> {
        self.within(self.service.list(caller, query)).await?
    }

    async fn delete(&self, caller: &PartnerCaller, id: PartnerCustomerId) -> Result<(), PartnersError> {
        self.within(self.service.delete(caller, id)).await?
    }
}

#[async_trait]
impl<S: Idempotency> Idempotency for Bounded<S> {
    async fn perform(
        &self,
        caller: &Caller,
        request: &IdempotentRequest,
        work: Work,
    ) -> Result<Performed, IdempotencyError> {
        self.within(self.service.perform(caller, request, work)).await?
    }

    /// In the background, where nobody waits for it.
    async fn sweep(&self) -> Result<(), StorageError> {
        self.service.sweep().await
    }
}

#[async_trait]
impl<S: Credentials> Credentials for Bounded<S> {
    async fn find_key(
        &self,
        tenant: TenantId,
        fingerprint: &KeyFingerprint,
    ) -> Result<Option<KeyCredential>, StorageError> {
        self.within(self.service.find_key(tenant, fingerprint)).await?
    }

    async fn find_tenant(&self, tenant: TenantId, domain: &str) -> Result<Option<Tenant>, StorageError> {
        self.within(self.service.find_tenant(tenant, domain)).await?
    }

    async fn note_use(&self, uses: Vec<KeyUse>) -> Result<(), StorageError> {
        self.within(self.service.note_use(uses)).await?
    }

    fn changes(&self) -> broadcast::Receiver<CredentialsChanged> {
        self.service.changes()
    }
}

#[async_trait]
impl<S: Health> Health for Bounded<S> {
    async fn check(&self) -> Result<(), NotReady> {
        self.within(self.service.check()).await.map_err(|_| NotReady::Database)?
    }
}
