//! A partial update: read, merge in the domain, write where the version is still the one read.
//!
//! Two statements instead of a transaction of four. A writer that loses the race for the version tries again, from the
//! third try on with the row locked, so that any number of concurrent writers succeed.

use chrono::{DateTime, Utc};
use sqlx::{Connection, PgConnection, PgExecutor};
use uuid::Uuid;

use super::{
    complete::check_complete, info::info, lock::lock, numbering::Numbering, row::ProfileColumns,
    taken::taken, target::Target,
};
use crate::domain::{
    attribute::Attribute,
    caller::Caller,
    customer::{Customer, Profile, ProfileChange},
    precondition::Precondition,
    tenant::TenantId,
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
    // In a transaction a failed statement would undo what went before, so there each try is a savepoint.
    let optimistic = if connection.is_in_transaction() { 0 } else { OPTIMISTIC_ATTEMPTS };
    for _ in 0..optimistic {
        if let Some(customer) = attempt(connection, caller, numbering, target, expected, change).await? {
            return Ok(customer);
        }
    }
    for _ in 0..LOCKED_ATTEMPTS {
        let mut transaction = begin(connection).await?;
        lock(&mut transaction, caller.tenant_id(), target).await?;
        if let Some(customer) = attempt(&mut transaction, caller, numbering, target, expected, change).await?
        {
            commit(transaction).await?;
            return Ok(customer);
        }
        rollback(transaction).await?;
    }
    Err(StorageError::Unavailable.into())
}

/// `None`: the race was lost. The row has changed since it was read, or an identity has been taken.
async fn attempt(
    connection: &mut PgConnection,
    caller: &Caller,
    numbering: Numbering,
    target: Target<'_>,
    expected: &Precondition,
    change: &ProfileChange,
) -> Result<Option<Customer>, CustomersError> {
    let before = info(connection, caller.tenant_id(), numbering.cell, target).await?;
    if !expected.allows(before.version) {
        return Err(CustomersError::VersionMismatch { current: before.version });
    }
    let after = before.profile.clone().changed_by(change.clone());
    let changed = after.differences(&before.profile);
    if changed.is_empty() {
        return Ok(Some(before));
    }
    check_complete(caller, &after)?;
    if IDENTITIES.iter().any(|identity| changed.contains(identity)) {
        check_free(connection, caller.tenant_id(), numbering, &before, &after).await?;
    }
    match write(connection, caller, &before, &after, &changed).await {
        Ok(written) => Ok(written.map(|written| written.into_customer(before, after))),
        Err(error) if is_unique_violation(&error) || is_serialization_failure(&error) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

const IDENTITIES: [Attribute; 3] = [Attribute::ExternalIdentifier, Attribute::Email, Attribute::PhoneNumber];

/// A query before the write finds all that are taken. The indexes still decide; after a lost race this runs again.
async fn check_free(
    connection: &mut PgConnection,
    tenant: TenantId,
    numbering: Numbering,
    before: &Customer,
    after: &Profile,
) -> Result<(), CustomersError> {
    let taken = taken(connection, tenant, numbering, after, before.urn.stored_number()).await?;
    if taken.is_empty() {
        return Ok(());
    }
    Err(CustomersError::Taken(Conflict { target: Some(before.urn), taken }))
}

struct Written {
    version: i64,
    updated_at: DateTime<Utc>,
}

impl Written {
    fn into_customer(self, before: Customer, after: Profile) -> Customer {
        Customer { version: self.version, updated_at: self.updated_at, profile: after, ..before }
    }
}

/// `None`: the row is no longer at the version that was read.
#[tracing::instrument(name = "customers.update", skip_all)]
async fn write(
    executor: impl PgExecutor<'_>,
    caller: &Caller,
    before: &Customer,
    after: &Profile,
    changed: &[Attribute],
) -> Result<Option<Written>, sqlx::Error> {
    let ProfileColumns {
        external_id,
        email,
        email_key,
        phone_number,
        salutation,
        first_name,
        last_name,
        gender,
        legal_type,
        billing_address,
        corporation_info,
        privacy,
        country_code,
        language_code,
        status,
    } = ProfileColumns::from(after);
    let changed: Vec<String> = changed.iter().map(Attribute::to_string).collect();
    sqlx::query_as!(
        Written,
        r#"
        with changed as (
            update customers
            set external_id = $4,
                email = $5,
                email_key = $6,
                phone_number = $7,
                salutation = $8,
                first_name = $9,
                last_name = $10,
                gender = $11,
                legal_type = $12,
                billing_address = $13,
                corporation_info = $14::text::json,
                privacy = $15::text::json,
                country_code = $16,
                language_code = $17,
                status = $18,
                version = version + 1,
                updated_at = now()
            where tenant_id = $1
              and number = $2
              and version = $3
              and erased_at is null
            returning tenant_id, number, version, updated_at
        ),
        event as (
            insert into customer_events (
                tenant_id, id, customer_number, version, kind, actor, correlation_id, changed_fields
            )
            select tenant_id, $19, number, version, 'updated', $20, $21, $22
            from changed
        )
        select version, updated_at
        from changed
        "#,
        caller.tenant_id().0,
        before.urn.stored_number(),
        before.version,
        external_id,
        email,
        email_key,
        phone_number,
        salutation,
        first_name,
        last_name,
        gender,
        legal_type,
        billing_address as _,
        corporation_info,
        privacy,
        country_code,
        language_code,
        status,
        Uuid::now_v7(),
        caller.actor.to_string(),
        caller.correlation_id.0,
        &changed,
    )
    .fetch_optional(executor)
    .await
}
