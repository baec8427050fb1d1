//! Customers in PostgreSQL: one file a verb, named as in [`CustomersService`].

mod batches;
mod bulk;
pub mod columns;
pub(super) mod complete;
pub(super) mod delete;
mod difference;
mod event;
mod free;
mod handover;
mod identity_locks;
mod info;
pub(super) mod json_columns;
pub(super) mod living;
mod lock;
pub(super) mod numbering;
mod plan;
pub(super) mod store;
pub(super) mod taken;
pub(super) mod target;
mod together;
mod update;
mod upsert;
mod validate;
mod write;

use std::sync::Arc;

use async_trait::async_trait;
use sqlx::PgConnection;

pub use self::batches::Batches;
use self::{
    batches::Answer,
    difference::{OwnedRequest, UpdateRequest},
    info::Wanted,
    numbering::{NumberSource, Numbering},
    store::NewCustomer,
    target::Target,
    update::Batched,
    upsert::WithHolder,
    validate::Claimed,
};
use crate::domain::{
    bulk::{Line, Mode},
    caller::Caller,
    customer::{Customer, CustomerRef, Profile, ProfileChange},
    customer_urn::Cell,
    customer_write::CustomerWrite,
    external_id::ExternalId,
    precondition::Precondition,
    source_version::SourceVersion,
    tenant::TenantId,
    upsert::{Guard, IfTaken, Outcome},
};
use crate::postgres::{kept_replies::Slot, pool::Pool, session::Session};
use crate::service::{
    customers::{CustomersError, CustomersService, Erased, LineDone, Saved},
    news::NewsBoard,
};

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
        Self::announcing(NewsBoard::default(), pool, cell, next_number)
    }

    /// The same, and `news` is told of every change.
    pub fn announcing(news: NewsBoard, pool: Pool, cell: Cell, next_number: NumberSource) -> Self {
        let numbering = Numbering { cell, next_number };
        Self { session: Session::new(pool, news), numbering, batches: None }
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

    /// The same service for a request with a key, whose one write travels with others. `None`: nothing travels here.
    pub(super) fn in_trip(&self, slot: &Arc<Slot>) -> Option<Self> {
        let batches = self.batches.clone()?.with_slot(slot.clone());
        Some(Self { batches: Some(batches), ..self.in_session(Session::Trip(slot.clone())) })
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

    async fn find(&self, tenant: TenantId, target: Target<'_>) -> Result<Customer, CustomersError> {
        let Some(batches) = &self.batches else { return Box::pin(self.info_alone(tenant, target)).await };
        match batches.find(Wanted::new(tenant, target)).await? {
            Answer::Row(found) => Ok(found.into_customer(self.numbering.cell)),
            Answer::NoRow => Err(CustomersError::NotFound),
            Answer::Alone => Box::pin(self.info_alone(tenant, target)).await,
        }
    }

    /// With the other new customers of the moment, if it is simple.
    async fn create(
        &self,
        caller: &Caller,
        profile: Arc<Profile>,
        source_version: Option<SourceVersion>,
    ) -> Result<Customer, CustomersError> {
        let mut is_contested = false;
        if let Some(batches) = &self.batches {
            complete::check_complete(caller, &profile)?;
            let number = self.numbering.next();
            let new = NewCustomer::new(caller, number, profile.clone(), source_version);
            match batches.insert(new).await? {
                Answer::Row(inserted) => {
                    let (urn, profile) = (self.numbering.urn(number), Arc::unwrap_or_clone(profile));
                    return Ok(inserted.into_customer(urn, profile, source_version));
                }
                Answer::NoRow => is_contested = true,
                Answer::Alone => {}
            }
        }
        let (this, caller) = (self.clone(), caller.clone());
        let alone = self.session.detached(Box::pin(async move {
            let work = async |connection: &mut PgConnection| {
                if is_contested {
                    store::store_contested(connection, &caller, this.numbering, profile, source_version).await
                } else {
                    store::store(connection, &caller, this.numbering, profile, source_version).await
                }
            };
            this.session.run(caller.tenant_id(), work).await
        }));
        alone.await
    }

    /// With the other changes of the moment, if it is simple.
    async fn update(&self, request: UpdateRequest<'_>) -> Result<Saved, CustomersError> {
        let mut attempts = update::OPTIMISTIC_ATTEMPTS;
        if let Some(batches) = &self.batches {
            match update::batched(batches, self.numbering.cell, &request).await? {
                Batched::Done(saved) => return Ok(*saved),
                Batched::Alone => {}
                Batched::RacesLost => attempts = 0,
            }
        }
        let (this, request) = (self.clone(), OwnedRequest::from(request));
        let alone = self.session.detached(Box::pin(async move {
            let request = request.as_request();
            let work = async |connection: &mut PgConnection| {
                update::update(connection, this.numbering, &request, attempts).await
            };
            this.session.run(request.caller.tenant_id(), work).await
        }));
        alone.await
    }
}

#[async_trait]
impl CustomersService for PgCustomers {
    async fn validate(&self, caller: &Caller, external_id: &ExternalId) -> Result<bool, CustomersError> {
        let tenant = caller.tenant_id();
        let Some(batches) = &self.batches else {
            return Box::pin(self.validate_alone(tenant, external_id)).await;
        };
        match batches.is_taken(Claimed::new(tenant, external_id)).await? {
            Answer::Row(()) => Ok(false),
            Answer::NoRow => Ok(true),
            Answer::Alone => Box::pin(self.validate_alone(tenant, external_id)).await,
        }
    }

    async fn would_store(&self, caller: &Caller, profile: Profile) -> Result<(), CustomersError> {
        let numbering = self.numbering;
        let work = async |connection: &mut PgConnection| {
            store::would_store(connection, caller, numbering, &profile).await
        };
        self.session.run(caller.tenant_id(), work).await
    }

    async fn store(
        &self,
        caller: &Caller,
        profile: Profile,
        guard: Guard,
        if_taken: IfTaken,
    ) -> Result<Saved, CustomersError> {
        let saved = match if_taken {
            IfTaken::Fail => {
                let created = self.create(caller, Arc::new(profile), guard.source_version).await;
                created.map(|customer| Saved { customer, outcome: Outcome::Created })
            }
            IfTaken::Return { expected } => {
                let with_holder = WithHolder { expected: &expected, change: None };
                Box::pin(self.upsert(caller, profile, guard, with_holder)).await
            }
            IfTaken::Change { expected, change } => {
                let with_holder = WithHolder { expected: &expected, change: Some(&change) };
                Box::pin(self.upsert(caller, profile, guard, with_holder)).await
            }
        };
        let saved = saved?;
        self.session.succeeded(caller.tenant_id(), CustomerWrite::Store).await;
        Ok(saved)
    }

    async fn update(
        &self,
        caller: &Caller,
        customer: &CustomerRef,
        expected: &Precondition,
        guard: Guard,
        change: ProfileChange,
    ) -> Result<Saved, CustomersError> {
        let target = Target::new(customer, self.numbering.cell).ok_or(CustomersError::NotFound)?;
        let request = UpdateRequest { caller, target, expected, guard, change: &change };
        let updated = self.update(request).await?;
        self.session.succeeded(caller.tenant_id(), CustomerWrite::Update).await;
        Ok(updated)
    }

    async fn delete(
        &self,
        caller: &Caller,
        customer: &CustomerRef,
        expected: &Precondition,
    ) -> Result<Erased, CustomersError> {
        let tenant = caller.tenant_id();
        let (this, caller) = (self.clone(), caller.clone());
        let (customer, expected) = (customer.clone(), expected.clone());
        let deleted = self.session.detached(Box::pin(async move {
            let target = Target::new(&customer, this.numbering.cell).ok_or(CustomersError::NotFound)?;
            let numbering = this.numbering;
            let delete = async |connection: &mut _| {
                delete::delete(connection, &caller, numbering, target, &expected).await
            };
            this.session.run(caller.tenant_id(), delete).await
        }));
        let erased = deleted.await?;
        self.session.succeeded(tenant, CustomerWrite::Delete).await;
        Ok(erased)
    }

    async fn bulk(
        &self,
        caller: &Caller,
        lines: Vec<Line>,
        mode: Mode,
    ) -> Vec<Result<LineDone, CustomersError>> {
        let (this, caller) = (self.clone(), caller.clone());
        let done = async move { this.carry_out(&caller, &lines, mode).await };
        self.session.detached(done).await
    }

    async fn info(&self, caller: &Caller, customer: &CustomerRef) -> Result<Customer, CustomersError> {
        let target = Target::new(customer, self.numbering.cell).ok_or(CustomersError::NotFound)?;
        self.find(caller.tenant_id(), target).await
    }
}
