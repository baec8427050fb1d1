//! Customers in PostgreSQL: one file a verb, named as in [`CustomersService`].

mod batches;
pub mod columns;
pub(super) mod complete;
pub(super) mod delete;
mod event;
mod identity_locks;
mod info;
pub(super) mod json_columns;
mod lock;
pub(super) mod numbering;
pub(super) mod store;
pub(super) mod taken;
pub(super) mod target;
mod update;
mod validate;
mod write;

use std::sync::Arc;

use async_trait::async_trait;
use sqlx::PgConnection;

pub use self::batches::Batches;
use self::{
    info::Wanted,
    numbering::{NumberSource, Numbering},
    store::NewCustomer,
    target::Target,
    update::Batched,
    validate::Claimed,
};
use crate::domain::{
    caller::Caller,
    customer::{Customer, CustomerRef, Profile, ProfileChange},
    customer_urn::Cell,
    customer_write::CustomerWrite,
    external_id::ExternalId,
    precondition::Precondition,
    tenant::TenantId,
};
use crate::postgres::{batch::Miss, pool::Pool, session::Session};
use crate::service::{
    customers::{CustomersError, CustomersService},
    storage_error::StorageError,
};
use crate::telemetry::metrics;

/// Every statement on customers that is made from the list of columns.
pub fn statements() -> Vec<&'static str> {
    let of_many = [&info::FIND, &validate::IS_TAKEN, &store::INSERT, &write::WRITE];
    let forms = of_many.into_iter().flat_map(|statement| statement.forms());
    forms.chain([delete::ERASE.as_str()]).collect()
}

#[derive(Clone)]
pub struct PgCustomers {
    session: Session,
    numbering: Numbering,
    /// `None`: each question is asked by itself, as inside a transaction.
    batches: Option<Batches>,
}

impl PgCustomers {
    pub fn new(pool: Pool, cell: Cell, next_number: NumberSource) -> Self {
        let numbering = Numbering { cell, next_number };
        Self { session: Session::new(pool), numbering, batches: None }
    }

    /// The same service, whose simple questions travel with others.
    pub fn with_batches(self, batches: Batches) -> Self {
        Self { batches: Some(batches), ..self }
    }

    pub(super) fn session(&self) -> &Session {
        &self.session
    }

    pub(super) fn numbering(&self) -> Numbering {
        self.numbering
    }

    /// The same service, working in this session.
    pub(super) fn in_session(&self, session: Session) -> Self {
        Self { session, numbering: self.numbering, batches: None }
    }

    async fn validate_alone(
        &self,
        tenant: TenantId,
        external_id: &ExternalId,
    ) -> Result<bool, CustomersError> {
        let work =
            async |connection: &mut PgConnection| validate::validate(connection, tenant, external_id).await;
        self.session.run(tenant, work).await
    }

    async fn info_alone(&self, tenant: TenantId, target: Target<'_>) -> Result<Customer, CustomersError> {
        let cell = self.numbering.cell;
        self.session.run(tenant, async |connection| info::info(connection, tenant, cell, target).await).await
    }

    /// With the other new customers of the moment, if it is simple.
    async fn store(&self, caller: &Caller, profile: Profile) -> Result<Customer, CustomersError> {
        let profile = Arc::new(profile);
        let mut is_contested = false;
        if let Some(batches) = &self.batches {
            complete::check_complete(caller, &profile)?;
            let number = self.numbering.next();
            match batches.insert(NewCustomer::new(caller, number, profile.clone())).await? {
                Ok(Some(inserted)) => {
                    let urn = self.numbering.urn(number);
                    return Ok(inserted.into_customer(urn, Arc::unwrap_or_clone(profile)));
                }
                Ok(None) => is_contested = true,
                Err(Miss::Alone) => {}
                Err(Miss::Unknown | Miss::Full) => return Err(StorageError::Unavailable.into()),
            }
        }
        let (this, caller) = (self.clone(), caller.clone());
        let alone = self.session.detached(async move {
            let work = async |connection: &mut PgConnection| {
                if is_contested {
                    store::store_contested(connection, &caller, this.numbering, profile).await
                } else {
                    store::store(connection, &caller, this.numbering, profile).await
                }
            };
            this.session.run(caller.tenant_id(), work).await
        });
        alone.await
    }

    /// With the other changes of the moment, if it is simple.
    async fn update(
        &self,
        caller: &Caller,
        customer: &CustomerRef,
        expected: &Precondition,
        change: ProfileChange,
    ) -> Result<Customer, CustomersError> {
        let cell = self.numbering.cell;
        let target = Target::new(customer, cell).ok_or(CustomersError::NotFound)?;
        let mut attempts = update::OPTIMISTIC_ATTEMPTS;
        if let Some(batches) = &self.batches {
            match update::batched(batches, caller, cell, target, expected, &change).await? {
                Batched::Done(customer) => return Ok(*customer),
                Batched::Alone => {}
                Batched::RacesLost => attempts = 0,
            }
        }
        let (this, caller) = (self.clone(), caller.clone());
        let (customer, expected) = (customer.clone(), expected.clone());
        let alone = self.session.detached(async move {
            let target = Target::new(&customer, cell).ok_or(CustomersError::NotFound)?;
            let work = async |connection: &mut PgConnection| {
                update::update(connection, &caller, this.numbering, target, &expected, &change, attempts)
                    .await
            };
            this.session.run(caller.tenant_id(), work).await
        });
        alone.await
    }
}

#[async_trait]
impl CustomersService for PgCustomers {
    async fn validate(&self, caller: &Caller, external_id: &ExternalId) -> Result<bool, CustomersError> {
        let tenant = caller.tenant_id();
        let Some(batches) = &self.batches else { return self.validate_alone(tenant, external_id).await };
        match batches.is_taken(Claimed::new(tenant, external_id)).await? {
            Ok(taken) => Ok(taken.is_none()),
            Err(Miss::Alone | Miss::Unknown) => self.validate_alone(tenant, external_id).await,
            Err(Miss::Full) => Err(StorageError::Unavailable.into()),
        }
    }

    async fn store(&self, caller: &Caller, profile: Profile) -> Result<Customer, CustomersError> {
        self.store(caller, profile).await.inspect(|_| metrics::succeeded(CustomerWrite::Store))
    }

    async fn update(
        &self,
        caller: &Caller,
        customer: &CustomerRef,
        expected: &Precondition,
        change: ProfileChange,
    ) -> Result<Customer, CustomersError> {
        let updated = self.update(caller, customer, expected, change).await;
        updated.inspect(|_| metrics::succeeded(CustomerWrite::Update))
    }

    async fn delete(
        &self,
        caller: &Caller,
        customer: &CustomerRef,
        expected: &Precondition,
    ) -> Result<(), CustomersError> {
        let (this, caller) = (self.clone(), caller.clone());
        let (customer, expected) = (customer.clone(), expected.clone());
        let deleted = self.session.detached(async move {
            let target = Target::new(&customer, this.numbering.cell).ok_or(CustomersError::NotFound)?;
            let delete =
                async |connection: &mut _| delete::delete(connection, &caller, target, &expected).await;
            this.session.run(caller.tenant_id(), delete).await
        });
        deleted.await.inspect(|()| metrics::succeeded(CustomerWrite::Delete))
    }

    async fn info(&self, caller: &Caller, customer: &CustomerRef) -> Result<Customer, CustomersError> {
        let (tenant, cell) = (caller.tenant_id(), self.numbering.cell);
        let target = Target::new(customer, cell).ok_or(CustomersError::NotFound)?;
        let Some(batches) = &self.batches else { return self.info_alone(tenant, target).await };
        match batches.find(Wanted::new(tenant, target)).await? {
            Ok(found) => found.map(|found| found.into_customer(cell)).ok_or(CustomersError::NotFound),
            Err(Miss::Alone | Miss::Unknown) => self.info_alone(tenant, target).await,
            Err(Miss::Full) => Err(StorageError::Unavailable.into()),
        }
    }
}
