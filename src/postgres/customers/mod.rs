//! Customers in PostgreSQL: one file a verb, named as in [`CustomersService`].

pub(super) mod complete;
pub(super) mod delete;
mod identity_locks;
mod info;
mod lock;
pub(super) mod numbering;
pub(super) mod row;
pub(super) mod store;
pub(super) mod taken;
pub(super) mod target;
mod update;
mod validate;
mod write;

use async_trait::async_trait;

use self::{
    numbering::{NumberSource, Numbering},
    target::Target,
};
use crate::domain::{
    caller::Caller,
    customer::{Customer, CustomerRef, Profile, ProfileChange},
    customer_urn::Cell,
    customer_write::CustomerWrite,
    external_id::ExternalId,
    precondition::Precondition,
};
use crate::postgres::{pool::Pool, session::Session};
use crate::service::customers::{CustomersError, CustomersService};
use crate::telemetry::metrics;

#[derive(Clone)]
pub struct PgCustomers {
    session: Session,
    numbering: Numbering,
}

impl PgCustomers {
    pub fn new(pool: Pool, cell: Cell, next_number: NumberSource) -> Self {
        Self { session: Session::new(pool), numbering: Numbering { cell, next_number } }
    }

    pub(super) fn session(&self) -> &Session {
        &self.session
    }

    pub(super) fn numbering(&self) -> Numbering {
        self.numbering
    }

    /// The same service, working in this session.
    pub(super) fn in_session(&self, session: Session) -> Self {
        Self { session, ..*self }
    }
}

#[async_trait]
impl CustomersService for PgCustomers {
    async fn validate(&self, caller: &Caller, external_id: &ExternalId) -> Result<bool, CustomersError> {
        let tenant = caller.tenant_id();
        self.session
            .run(tenant, async |connection| validate::validate(connection, tenant, external_id).await)
            .await
    }

    async fn store(&self, caller: &Caller, profile: Profile) -> Result<Customer, CustomersError> {
        let stored = self.session.run(caller.tenant_id(), async |connection| {
            store::store(connection, caller, self.numbering, profile).await
        });
        stored.await.inspect(|_| metrics::succeeded(CustomerWrite::Store))
    }

    async fn update(
        &self,
        caller: &Caller,
        customer: &CustomerRef,
        expected: &Precondition,
        change: ProfileChange,
    ) -> Result<Customer, CustomersError> {
        let target = Target::new(customer, self.numbering.cell).ok_or(CustomersError::NotFound)?;
        let updated = self.session.run(caller.tenant_id(), async |connection| {
            update::update(connection, caller, self.numbering, target, expected, &change).await
        });
        updated.await.inspect(|_| metrics::succeeded(CustomerWrite::Update))
    }

    async fn delete(
        &self,
        caller: &Caller,
        customer: &CustomerRef,
        expected: &Precondition,
    ) -> Result<(), CustomersError> {
        let target = Target::new(customer, self.numbering.cell).ok_or(CustomersError::NotFound)?;
        let deleted = self.session.run(caller.tenant_id(), async |connection| {
            delete::delete(connection, caller, target, expected).await
        });
        deleted.await.inspect(|()| metrics::succeeded(CustomerWrite::Delete))
    }

    async fn info(&self, caller: &Caller, customer: &CustomerRef) -> Result<Customer, CustomersError> {
        let (tenant, cell) = (caller.tenant_id(), self.numbering.cell);
        let target = Target::new(customer, cell).ok_or(CustomersError::NotFound)?;
        self.session.run(tenant, async |connection| info::info(connection, tenant, cell, target).await).await
    }
}
