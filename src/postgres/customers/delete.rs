//! Erasure: the row stays; all personal data is cleared, in the row and everywhere else.

use std::sync::LazyLock;

use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    columns::{COLUMNS, Column},
    lock::lock,
    target::Target,
};
use crate::domain::{caller::Caller, precondition::Precondition};
use crate::postgres::session::{begin, commit, rollback};
use crate::service::customers::CustomersError;

/// The row is locked first: a concurrent request for the same customer may be about to keep its reply, which must be
/// visible here.
pub(in crate::postgres) async fn delete(
    connection: &mut PgConnection,
    caller: &Caller,
    target: Target<'_>,
    expected: &Precondition,
) -> Result<(), CustomersError> {
    let mut transaction = begin(connection).await?;
    let erased = delete_locked(&mut transaction, caller, target, expected).await;
    match erased {
        Ok(()) => commit(transaction).await?,
        Err(_) => rollback(transaction).await?,
    }
    erased
}

async fn delete_locked(
    connection: &mut PgConnection,
    caller: &Caller,
    target: Target<'_>,
    expected: &Precondition,
) -> Result<(), CustomersError> {
    let locked = lock(&mut *connection, caller.tenant_id(), target).await?;
    let locked = locked.ok_or(CustomersError::NotFound)?;
    if locked.is_erased {
        return Ok(());
    }
    if !expected.allows(locked.version) {
        return Err(CustomersError::VersionMismatch { current: locked.version });
    }
    Ok(write(connection, caller, locked.number).await?)
}

/// Clears every personal column, removes what is kept about the customer elsewhere, and writes the event.
///
/// What remains identifies no person: number, tenant, legal type, country, times and, of a partner's
/// customer, the related reseller. `NULL`s leave the unique indexes, so the identities are free at once.
#[tracing::instrument(name = "customers.delete", skip_all)]
async fn write(connection: &mut PgConnection, caller: &Caller, number: i64) -> Result<(), sqlx::Error> {
    sqlx::query(ERASE.as_str())
        .bind(caller.tenant_id().0)
        .bind(number)
        .bind(Uuid::now_v7())
        .bind(caller.actor.to_string())
        .bind(caller.correlation_id.0)
        .bind(Uuid::new_v4())
        .execute(connection)
        .await?;
    Ok(())
}

pub(super) static ERASE: LazyLock<String> = LazyLock::new(|| {
    let erased =
        COLUMNS.iter().filter_map(|Column { name, erased, .. }| Some(format!("{name} = {}", (*erased)?)));
    let erased: Vec<_> = erased.collect();
    format!(
        "
        with erased as (
            update customers
            set {},
                source_version = null,
                version = version + 1,
                updated_at = greatest(updated_at, now()),
                erased_at = now()
            where tenant_id = $1
              and number = $2
            returning tenant_id, number, version
        ),
        associations as (
            delete from customer_associations
            where tenant_id = $1
              and customer_number = $2
        ),
        provider_accounts as (
            delete from provider_customers
            where tenant_id = $1
              and customer_number = $2
        ),
        partner as (
            update partner_customers
            set partner_id = $6,
                middle_name = null,
                internal_identifier = null,
                email_as_text = null,
                phone_as_text = null
            where tenant_id = $1
              and customer_number = $2
        ),
        replies as (
            update idempotency_records
            set salt = null,
                fingerprint = null,
                etag = null,
                body = null,
                erased_at = now()
            where tenant_id = $1
              and (operation, key_digest) in (
                  select operation, key_digest
                  from idempotency_records
                  where tenant_id = $1
                    and customer_number = $2
                  union all
                  select operation, key_digest
                  from idempotency_mentions
                  where tenant_id = $1
                    and customer_number = $2
              )
        ),
        mentions as (
            delete from idempotency_mentions
            where tenant_id = $1
              and customer_number = $2
        )
        insert into customer_events (tenant_id, id, customer_number, version, kind, actor, correlation_id)
        select tenant_id, $3, number, version, 'erased', $4, $5
        from erased
        ",
        erased.join(", ")
    )
});
