//! A partial update: read, merge in the domain, write where the row is still as it was read.
//!
//! Two statements where no identity changes, instead of a transaction of four. A writer that loses the race for the
//! version tries again, from the third try on with the row locked, so that any number of concurrent writers succeed.
//!
//! A change of an identity is written in a transaction that claims it first. In the locked tries the claim comes before
//! the row: the order of [`super::identity_locks`].

use sqlx::{Connection, PgConnection, PgTransaction};

use super::{
    batches::{Answer, Batches},
    difference::{Difference, UpdateRequest},
    identity_locks::IdentityLocks,
    info::{Wanted, info},
    lock::lock,
    numbering::Numbering,
    taken::taken,
    write::{ChangedCustomer, write},
};
use crate::domain::{customer_urn::Cell, tenant::TenantId};
use crate::postgres::{
    error::{is_serialization_failure, is_unique_violation},
    transaction::{begin, commit, rollback},
};
use crate::service::{
    customers::{Conflict, CustomersError, Saved},
    storage_error::StorageError,
};

/// Tries without a lock.
pub(super) const OPTIMISTIC_ATTEMPTS: usize = 2;
const LOCKED_ATTEMPTS: usize = 3;

pub(super) async fn update(
    connection: &mut PgConnection,
    numbering: Numbering,
    request: &UpdateRequest<'_>,
    optimistic_attempts: usize,
) -> Result<Saved, CustomersError> {
    let claims = IdentityLocks::of_change(request.caller.tenant_id(), request.change);
    let update = Update { request, numbering, claims };
    // In a transaction a failed statement would undo what went before, so there each try is a savepoint.
    let optimistic = if connection.is_in_transaction() { 0 } else { optimistic_attempts };
    for _ in 0..optimistic {
        if let Some(saved) = update.try_optimistic(connection).await? {
            return Ok(saved);
        }
    }
    for _ in 0..LOCKED_ATTEMPTS {
        if let Some(saved) = update.try_locked(connection).await? {
            return Ok(saved);
        }
    }
    Err(StorageError::Unavailable.into())
}

/// What became of an update among the other changes of the moment.
pub(super) enum Batched {
    Done(Box<Saved>),
    /// It has to go alone: it changes an identity, or the trip it was in was refused.
    Alone,
    /// So often that it has to go alone, with the row locked.
    RacesLost,
}

/// Updates without a transaction: the read and the write are each one of many in a statement.
pub(super) async fn batched(
    batches: &Batches,
    cell: Cell,
    request: &UpdateRequest<'_>,
) -> Result<Batched, CustomersError> {
    for _ in 0..OPTIMISTIC_ATTEMPTS {
        let before = match batches.find(Wanted::new(request.caller.tenant_id(), request.target)).await? {
            Answer::Row(found) => found.into_customer(cell),
            Answer::NoRow => return Err(CustomersError::NotFound),
            Answer::Alone => return Ok(Batched::Alone),
        };
        let difference = Difference::made_by(request, before)?;
        if difference.changes_identity() {
            return Ok(Batched::Alone);
        }
        if difference.is_none() {
            return Ok(Batched::Done(Box::new(difference.into_unwritten())));
        }
        let change = ChangedCustomer::new(request.caller, &difference).ok_or(CustomersError::NotFound)?;
        match batches.write(change).await? {
            Answer::Row(written) => return Ok(Batched::Done(Box::new(written.into_saved(difference)))),
            Answer::NoRow => {}
            Answer::Alone => return Ok(Batched::Alone),
        }
    }
    Ok(Batched::RacesLost)
}

struct Update<'a> {
    request: &'a UpdateRequest<'a>,
    numbering: Numbering,
    claims: IdentityLocks,
}

/// `None`: the race was lost. The row has changed since it was read, or an identity has been taken.
type Attempt = Result<Option<Saved>, CustomersError>;

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
            lock(&mut transaction, self.tenant(), self.request.target).await?;
            let difference = self.read(&mut transaction).await?;
            self.write(&mut transaction, difference).await
        };
        let attempt = attempt.await;
        end(transaction, attempt).await
    }

    async fn read(&self, connection: &mut PgConnection) -> Result<Difference, CustomersError> {
        let before = info(connection, self.tenant(), self.numbering.cell, self.request.target).await?;
        Difference::made_by(self.request, before)
    }

    /// A change of an identity has been claimed before.
    async fn write(&self, connection: &mut PgConnection, difference: Difference) -> Attempt {
        if difference.changes_identity() {
            self.check_free(connection, &difference).await?;
        }
        if difference.is_none() {
            return Ok(Some(difference.into_unwritten()));
        }
        let change = ChangedCustomer::new(self.request.caller, &difference);
        match write(connection, change.ok_or(CustomersError::NotFound)?).await {
            Ok(written) => Ok(written.map(|written| written.into_saved(difference))),
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
        let Difference { before, after, .. } = difference;
        let own_number = before.urn.stored_number();
        let taken = taken(connection, self.tenant(), self.numbering, after, own_number).await?;
        if taken.is_empty() {
            return Ok(());
        }
        Err(CustomersError::Taken(Conflict { target: Some(before.urn), taken }))
    }

    fn tenant(&self) -> TenantId {
        self.request.caller.tenant_id()
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
