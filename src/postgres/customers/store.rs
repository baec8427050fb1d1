//! A new customer: one statement, in which the unique indexes decide between concurrent requests.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    complete::check_complete, identity_locks::IdentityLocks, numbering::Numbering, row::ProfileColumns,
    taken::taken,
};
use crate::domain::{
    caller::Caller,
    customer::{Customer, Profile},
    customer_urn::CustomerUrn,
};
use crate::postgres::error::is_serialization_failure;
use crate::service::{
    customers::{Conflict, CustomersError},
    storage_error::StorageError,
};

/// Tries of a store whose conflict is gone when it is looked for.
const ATTEMPTS: usize = 4;

pub(super) async fn store(
    connection: &mut PgConnection,
    caller: &Caller,
    numbering: Numbering,
    profile: Profile,
) -> Result<Customer, CustomersError> {
    check_complete(caller, &profile)?;
    for _ in 0..ATTEMPTS {
        let number = numbering.next();
        match insert(connection, caller, number, &profile).await {
            Ok(Some(inserted)) => return Ok(inserted.into_customer(numbering.urn(number), profile)),
            Ok(None) => {
                let taken = taken(connection, caller.tenant_id(), numbering, &profile, None).await?;
                if !taken.is_empty() {
                    return Err(CustomersError::Taken(Conflict { target: None, taken }));
                }
            }
            Err(error) if is_serialization_failure(&error) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(StorageError::Unavailable.into())
}

/// `None`: an identity or the number is taken. `on conflict do nothing` rather than an error, because PostgreSQL
/// writes an error's detail, with the value in it, to its own log. For the same reason its identities are claimed: an
/// update must not write between the two.
#[tracing::instrument(name = "customers.store", skip_all)]
pub(in crate::postgres) async fn insert(
    connection: &mut PgConnection,
    caller: &Caller,
    number: i64,
    profile: &Profile,
) -> Result<Option<Inserted>, sqlx::Error> {
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
    } = ProfileColumns::from(profile);
    let claims = IdentityLocks::of_profile(caller.tenant_id(), profile);
    sqlx::query_as!(
        Inserted,
        r#"
        with claimed as (
            select count(pg_advisory_xact_lock_shared(key)) as keys
            from unnest($21::bigint[]) as key
        ),
        inserted as (
            insert into customers (
                tenant_id,
                number,
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
                status
            )
            select
                $1, $2, $3, $4, $5, $6, $7, $8, $9, $10,
                $11, $12, $13::text::json, $14::text::json, $15, $16, $17
            from claimed
            on conflict do nothing
            returning tenant_id, number, version, created_at, updated_at
        ),
        event as (
            insert into customer_events (
                tenant_id, id, customer_number, version, kind, actor, correlation_id
            )
            select tenant_id, $18, number, version, 'stored', $19, $20
            from inserted
        )
        select version, created_at, updated_at
        from inserted
        "#,
        caller.tenant_id().0,
        number,
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
        claims.keys(),
    )
    .fetch_optional(connection)
    .await
}

pub(in crate::postgres) struct Inserted {
    version: i64,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl Inserted {
    fn into_customer(self, urn: CustomerUrn, profile: Profile) -> Customer {
        Customer {
            urn,
            version: self.version,
            created_at: self.created_at,
            updated_at: self.updated_at,
            profile,
        }
    }
}
