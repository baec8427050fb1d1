//! A partial update: read, merge in the domain, write where the version is still the one read.
//!
//! Two statements where no identity changes, instead of a transaction of four. A writer that loses the race for the
//! version tries again, from the third try on with the row locked, so that any number of concurrent writers succeed.
//!
//! A change of an identity is written in a transaction that claims it first. In the locked tries the claim comes before
//! the row: the order of [`super::identity_locks`].

use sqlx::{Connection, PgConnection, PgTransaction};

use super::{
    complete::check_complete, identity_locks::IdentityLocks, info::info, lock::lock, numbering::Numbering,
    taken::taken, target::Target, write::write,
};
use crate::domain::{
    attribute::Attribute,
    caller::Caller,
    customer::{Customer, Profile, ProfileChange},
    precondition::Precondition,
};
use crate::postgres::{
    constraint::is_unique_violation,
    error::is_serialization_failure,
    session::{begin, commit, rollback},
};
use crate::service::{
    customers::{Conflict, CustomersError},
    storage_error::StorageError,
};

const OPTIMISTIC_ATTEMPTS: usize = 2;
const LOCKED_ATTEMPTS: usize = 3;

pub(super) async fn update(
    connection: &mut PgConnection,
    caller: &Caller,
    numbering: Numbering,
    target: Target<'_>,
    expected: &Precondition,
    change: &ProfileChange,
) -> Result<Customer, CustomersError> {
    let claims = IdentityLocks::of_change(caller.tenant_id(), change);
    let update = Update { caller, numbering, target, expected, change, claims };
    // In a transaction a failed statement would undo what went before, so there each try is a savepoint.
    let optimistic = if connection.is_in_transaction() { 0 } else { OPTIMISTIC_ATTEMPTS };
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

struct Update<'a> {
    caller: &'a Caller,
    numbering: Numbering,
    target: Target<'a>,
    expected: &'a Precondition,
    change: &'a ProfileChange,
    claims: IdentityLocks,
}

/// The record as it was read, and as it is to be.
struct Difference {
    before: Customer,
    after: Profile,
    changed: Vec<Attribute>,
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
        if !self.expected.allows(before.version) {
            return Err(CustomersError::VersionMismatch { current: before.version });
        }
        let after = before.profile.clone().changed_by(self.change.clone());
        let changed = after.differences(&before.profile);
        if !changed.is_empty() {
            check_complete(self.caller, &after)?;
        }
        Ok(Difference { before, after, changed })
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
        match write(connection, self.caller, &before, &after, &changed).await {
            Ok(written) => Ok(written.map(|written| written.into_customer(before, after))),
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
    fn changes_identity(&self) -> bool {
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
