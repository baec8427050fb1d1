//! A partial update: read, merge in the domain, write where the version is still the one read.
//!
//! Two statements where no identity changes, instead of a transaction of four. A writer that loses the race for the
//! version tries again, from the third try on with the row locked, so that any number of concurrent writers succeed.
//!
//! A change of an identity is written in a transaction that claims it first. In the locked tries the claim comes before
//! the row: the order of [`super::identity_locks`].

use std::sync::Arc;

use sqlx::{Connection, PgConnection, PgTransaction};

use super::{
    batches::Batches,
    complete::check_complete,
    identity_locks::IdentityLocks,
    info::{Wanted, info},
    lock::lock,
    numbering::Numbering,
    taken::taken,
    target::Target,
    write::{ChangedCustomer, write},
};
use crate::domain::{
    attribute::Attribute,
    caller::Caller,
    customer::{Customer, Profile, ProfileChange},
    customer_urn::Cell,
    precondition::Precondition,
};
use crate::postgres::{
    batch::Miss,
    constraint::is_unique_violation,
    error::is_serialization_failure,
    session::{begin, commit, rollback},
};
use crate::service::{
    customers::{Conflict, CustomersError},
    storage_error::StorageError,
};

/// Tries without a lock.
pub(super) const OPTIMISTIC_ATTEMPTS: usize = 2;
const LOCKED_ATTEMPTS: usize = 3;

pub(super) async fn update(
    connection: &mut PgConnection,
    caller: &Caller,
    numbering: Numbering,
    target: Target<'_>,
    expected: &Precondition,
    change: &ProfileChange,
    optimistic_attempts: usize,
) -> Result<Customer, CustomersError> {
    let claims = IdentityLocks::of_change(caller.tenant_id(), change);
    let update = Update { caller, numbering, target, expected, change, claims };
    // In a transaction a failed statement would undo what went before, so there each try is a savepoint.
    let optimistic = if connection.is_in_transaction() { 0 } else { optimistic_attempts };
    for _ in 0..optimistic {
        if let Some(customer) = update.try_optimistic(connection).await? {
            return Ok(customer);
        }
    }
    for _ in 0..LOCKED_ATTEMPTS {
        if let Some(customer) = update.try_locked(connection).await? {
            return Ok(customer);
        }
    }
    Err(StorageError::Unavailable.into())
}

/// What became of an update among the other changes of the moment.
pub(super) enum Batched {
    Done(Box<Customer>),
    /// It has to go alone: it changes an identity, or the trip it was in was refused.
    Alone,
    /// So often that it has to go alone, with the row locked.
    RacesLost,
}

/// Updates without a transaction: the read and the write are each one of many in a statement.
pub(super) async fn batched(
    batches: &Batches,
    caller: &Caller,
    cell: Cell,
    target: Target<'_>,
    expected: &Precondition,
    change: &ProfileChange,
) -> Result<Batched, CustomersError> {
    for _ in 0..OPTIMISTIC_ATTEMPTS {
        let before = match batches.find(Wanted::new(caller.tenant_id(), target)).await? {
            Ok(found) => found.ok_or(CustomersError::NotFound)?.into_customer(cell),
            Err(Miss::Alone | Miss::Unknown) => return Ok(Batched::Alone),
            Err(Miss::Full) => return Err(StorageError::Unavailable.into()),
        };
        let difference = Difference::made_by(caller, expected, change, before)?;
        if difference.changes_identity() {
            return Ok(Batched::Alone);
        }
        let Difference { before, after, changed } = difference;
        if changed.is_empty() {
            return Ok(Batched::Done(Box::new(before)));
        }
        let after = Arc::new(after);
        let change = ChangedCustomer::new(caller, &before, after.clone(), &changed);
        match batches.write(change.ok_or(CustomersError::NotFound)?).await? {
            Ok(Some(written)) => {
                let customer = written.into_customer(before, Arc::unwrap_or_clone(after));
                return Ok(Batched::Done(Box::new(customer)));
            }
            Ok(None) => {}
            Err(Miss::Alone) => return Ok(Batched::Alone),
            Err(Miss::Unknown | Miss::Full) => return Err(StorageError::Unavailable.into()),
        }
    }
    Ok(Batched::RacesLost)
}

struct Update<'a> {
    caller: &'a Caller,
    numbering: Numbering,
    target: Target<'a>,
    expected: &'a Precondition,
    change: &'a ProfileChange,
    claims: IdentityLocks,
}

/// The record as it was read, and as it is to be.
pub(super) struct Difference {
    pub before: Customer,
    pub after: Profile,
    pub changed: Vec<Attribute>,
}

/// `None`: the race was lost. The row has changed since it was read, or an identity has been taken.
type Attempt = Result<Option<Customer>, CustomersError>;

impl Update<'_> {
    async fn try_optimistic(&self, connection: &mut PgConnection) -> Attempt {
        let difference = self.read(connection).await?;
        if !difference.changes_identity() {
            return self.write(connection, difference).await;
        }
        let mut transaction = begin(connection).await?;
        let attempt = async {
            self.claims.claim(&mut transaction).await?;
            self.write(&mut transaction, difference).await
        };
        let attempt = attempt.await;
        end(transaction, attempt).await
    }

    async fn try_locked(&self, connection: &mut PgConnection) -> Attempt {
        let mut transaction = begin(connection).await?;
        let attempt = async {
            self.claims.claim(&mut transaction).await?;
            lock(&mut transaction, self.caller.tenant_id(), self.target).await?;
            let difference = self.read(&mut transaction).await?;
            self.write(&mut transaction, difference).await
        };
        let attempt = attempt.await;
        end(transaction, attempt).await
    }

    async fn read(&self, connection: &mut PgConnection) -> Result<Difference, CustomersError> {
        let before = info(connection, self.caller.tenant_id(), self.numbering.cell, self.target).await?;
        Difference::made_by(self.caller, self.expected, self.change, before)
    }

    /// A change of an identity has been claimed before.
    async fn write(&self, connection: &mut PgConnection, difference: Difference) -> Attempt {
        if difference.changes_identity() {
            self.check_free(connection, &difference).await?;
        }
        let Difference { before, after, changed } = difference;
        if changed.is_empty() {
            return Ok(Some(before));
        }
        let after = Arc::new(after);
        let change = ChangedCustomer::new(self.caller, &before, after.clone(), &changed);
        match write(connection, change.ok_or(CustomersError::NotFound)?).await {
            Ok(written) => {
                Ok(written.map(|written| written.into_customer(before, Arc::unwrap_or_clone(after))))
            }
            Err(error) if is_unique_violation(&error) || is_serialization_failure(&error) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Finds all that are taken.
    async fn check_free(
        &self,
        connection: &mut PgConnection,
        difference: &Difference,
    ) -> Result<(), CustomersError> {
        let Difference { before, after, changed: _ } = difference;
        let own_number = before.urn.stored_number();
        let taken = taken(connection, self.caller.tenant_id(), self.numbering, after, own_number).await?;
        if taken.is_empty() {
            return Ok(());
        }
        Err(CustomersError::Taken(Conflict { target: Some(before.urn), taken }))
    }
}

impl Difference {
    /// # Errors
    ///
    /// [`CustomersError::VersionMismatch`], and [`CustomersError::Incomplete`] of what the record would be.
    pub fn made_by(
        caller: &Caller,
        expected: &Precondition,
        change: &ProfileChange,
        before: Customer,
    ) -> Result<Self, CustomersError> {
        if !expected.allows(before.version) {
            return Err(CustomersError::VersionMismatch { current: before.version });
        }
        let after = before.profile.clone().changed_by(change.clone());
        let changed = after.differences(&before.profile);
        if !changed.is_empty() {
            check_complete(caller, &after)?;
        }
        Ok(Self { before, after, changed })
    }

    pub fn changes_identity(&self) -> bool {
        const IDENTITIES: [Attribute; 3] =
            [Attribute::ExternalIdentifier, Attribute::Email, Attribute::PhoneNumber];
        IDENTITIES.iter().any(|identity| self.changed.contains(identity))
    }
}

/// Rolls back here rather than where the transaction is dropped: its locks must not outlast the call.
async fn end(transaction: PgTransaction<'_>, attempt: Attempt) -> Attempt {
    match attempt {
        Ok(Some(_)) => commit(transaction).await?,
        Ok(None) | Err(_) => rollback(transaction).await?,
    }
    attempt
}
