//! Customers in PostgreSQL: one file a verb, named as in [`CustomersService`].

pub(super) mod delete;
mod info;
mod lock;
pub(super) mod row;
mod store;
mod taken;
mod update;
mod validate;

use async_trait::async_trait;

use crate::domain::{
    caller::Caller,
    customer::{Customer, CustomerRef, Profile, ProfileChange},
    customer_urn::{Cell, CustomerUrn},
    external_id::ExternalId,
    precondition::Precondition,
    tenant::TenantId,
};
use crate::postgres::{
    pool::Pool,
    session::{Connection, Session},
};
use crate::service::{
    customers::{CustomersError, CustomersService},
    storage_error::StorageError,
};
use crate::telemetry::metrics;

/// Where the number of a new customer comes from.
pub type NumberSource = fn() -> i64;

#[derive(Clone)]
pub struct PgCustomers {
    session: Session,
    cell: Cell,
    next_number: NumberSource,
}

impl PgCustomers {
    pub fn new(pool: Pool, cell: Cell, next_number: NumberSource) -> Self {
        Self { session: Session::of(pool), cell, next_number }
    }

    pub(super) fn session(&self) -> &Session {
        &self.session
    }

    /// The same service, working in this session.
    pub(super) fn within(&self, session: Session) -> Self {
        Self { session, ..*self }
    }

    pub(super) async fn connection(&self, tenant: TenantId) -> Result<Connection, StorageError> {
        self.session.connection(tenant).await
    }

    pub(super) fn urn(&self, number: i64) -> CustomerUrn {
        CustomerUrn::from_stored(self.cell, number)
    }

    pub(super) fn next_number(&self) -> i64 {
        (self.next_number)()
    }

    /// The number and the external id to look for, of which one is `None`; neither when the URN is of
    /// another cell or out of range, so that nothing can match.
    fn target<'a>(&self, customer: &'a CustomerRef) -> Option<Target<'a>> {
        match customer {
            CustomerRef::Urn(urn) if urn.cell() == self.cell => {
                urn.stored_number().map(|number| Target { number: Some(number), external_id: None })
            }
            CustomerRef::Urn(_) => None,
            CustomerRef::ExternalId(id) => Some(Target { number: None, external_id: Some(id.as_str()) }),
        }
    }
}

/// A customer as statements look for it.
#[derive(Clone, Copy)]
pub(super) struct Target<'a> {
    pub number: Option<i64>,
    pub external_id: Option<&'a str>,
}

#[async_trait]
impl CustomersService for PgCustomers {
    async fn validate(&self, caller: &Caller, external_id: &ExternalId) -> Result<bool, CustomersError> {
        let mut connection = self.connection(caller.tenant_id()).await?;
        let free = validate::is_free(&mut connection, caller.tenant_id(), external_id).await;
        connection.give_back_after(free)
    }

    async fn store(&self, caller: &Caller, profile: Profile) -> Result<Customer, CustomersError> {
        let mut connection = self.connection(caller.tenant_id()).await?;
        let stored = self.store_new(&mut connection, caller, profile).await;
        connection.give_back_after(stored).inspect(|_| metrics::succeeded("store"))
    }

    async fn update(
        &self,
        caller: &Caller,
        customer: &CustomerRef,
        expected: &Precondition,
        change: ProfileChange,
    ) -> Result<Customer, CustomersError> {
        let target = self.target(customer).ok_or(CustomersError::NotFound)?;
        let mut connection = self.connection(caller.tenant_id()).await?;
        let updated = self.update_found(&mut connection, caller, target, expected, &change).await;
        connection.give_back_after(updated).inspect(|_| metrics::succeeded("update"))
    }

    async fn delete(
        &self,
        caller: &Caller,
        customer: &CustomerRef,
        expected: &Precondition,
    ) -> Result<(), CustomersError> {
        let target = self.target(customer).ok_or(CustomersError::NotFound)?;
        let mut connection = self.connection(caller.tenant_id()).await?;
        let erased = delete::erase(&mut connection, caller, target, expected).await;
        connection.give_back_after(erased).inspect(|_| metrics::succeeded("delete"))
    }

    async fn info(&self, caller: &Caller, customer: &CustomerRef) -> Result<Customer, CustomersError> {
        let target = self.target(customer).ok_or(CustomersError::NotFound)?;
        let mut connection = self.connection(caller.tenant_id()).await?;
        let row = info::find(&mut connection, caller.tenant_id(), target).await;
        let row = connection.give_back_after(row)?;
        row.map(|row| row.into_customer(self.cell)).ok_or(CustomersError::NotFound)
    }
}
