//! A store that goes on with the customer that has its external id already.
//!
//! That customer is looked for first: most messages of a system that keeps in step are about one that is there. Where
//! there is none, one is created; where it came in between, or went, it is looked for again.

use std::sync::Arc;

use super::{PgCustomers, difference::UpdateRequest, store, target::Target};
use crate::domain::{
    caller::Caller,
    customer::{Customer, Profile, ProfileChange},
    precondition::Precondition,
    upsert::{Guard, Outcome},
};
use crate::postgres::transaction::{begin, commit, rollback};
use crate::service::{
    customers::{CustomersError, Identity, Saved},
    storage_error::StorageError,
};

/// Tries of a store whose external id is free in one moment and taken in the next, or the other way round. Each that is
/// lost was won by another's write; the deadline of the call is the other bound.
const ATTEMPTS: usize = 30;

/// What a store does with the customer that has its external id.
#[derive(Clone, Copy)]
pub(super) struct WithHolder<'a> {
    pub expected: &'a Precondition,
    /// `None`: it is returned as it is.
    pub change: Option<&'a ProfileChange>,
}

impl PgCustomers {
    pub(super) async fn upsert(
        &self,
        caller: &Caller,
        profile: Profile,
        guard: Guard,
        with_holder: WithHolder<'_>,
    ) -> Result<Saved, CustomersError> {
        let profile = Arc::new(profile);
        // Who expects a version means a customer that is there.
        let may_create = *with_holder.expected == Precondition::None;
        for _ in 0..ATTEMPTS {
            match self.go_on(caller, &profile, guard, with_holder).await {
                Err(CustomersError::NotFound) if may_create => {}
                saved => return saved,
            }
            match self.create_or_undo(caller, &profile, guard).await {
                Err(CustomersError::Taken(conflict)) if conflict.is_about(Identity::ExternalId) => {}
                created => {
                    return created.map(|customer| Saved { customer, outcome: Outcome::Created });
                }
            }
        }
        Err(StorageError::Unavailable.into())
    }

    async fn go_on(
        &self,
        caller: &Caller,
        profile: &Profile,
        guard: Guard,
        WithHolder { expected, change }: WithHolder<'_>,
    ) -> Result<Saved, CustomersError> {
        let target = Target::ExternalId(profile.external_id.as_str());
        if let Some(change) = change {
            return self.update(UpdateRequest { caller, target, expected, guard, change }).await;
        }
        let customer = self.find(caller.tenant_id(), target).await?;
        if !expected.allows(customer.version) {
            return Err(CustomersError::VersionMismatch { current: customer.version });
        }
        Ok(Saved { customer, outcome: Outcome::Existing })
    }

    /// A store that comes to nothing must not keep its claims until the end of a transaction around it: of two that hold
    /// one and go on to an update, each would wait for the other.
    async fn create_or_undo(
        &self,
        caller: &Caller,
        profile: &Arc<Profile>,
        guard: Guard,
    ) -> Result<Customer, CustomersError> {
        let source_version = guard.source_version;
        if self.batches.is_some() {
            return self.create(caller, profile.clone(), source_version).await;
        }
        let create = self.session.run(caller.tenant_id(), async |connection| {
            let mut transaction = begin(connection).await?;
            let created =
                store::store(&mut transaction, caller, self.numbering, profile.clone(), source_version).await;
            match created {
                Ok(_) => commit(transaction).await?,
                Err(_) => rollback(transaction).await?,
            }
            created
        });
        create.await
    }
}
