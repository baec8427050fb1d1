//! Erasure: the row stays; all personal data is cleared, in the row and everywhere else.

use std::sync::LazyLock;

use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    columns::{COLUMNS, Column},
    lock::{Locked, lock},
    numbering::Numbering,
    target::Target,
};
use crate::domain::{caller::Caller, precondition::Precondition};
use crate::postgres::transaction::{begin, commit, rollback};
use crate::service::customers::{CustomersError, Erased};

/// The row is locked first: a concurrent request for the same customer may be about to keep its reply, which must be
/// visible here.
pub(in crate::postgres) async fn delete(
    connection: &mut PgConnection,
    caller: &Caller,
    numbering: Numbering,
    target: Target<'_>,
    expected: &Precondition,
) -> Result<Erased, CustomersError> {
    let mut transaction = begin(connection).await?;
    let locked = delete_locked(&mut transaction, caller, target, expected).await;
    match locked {
        Ok(_) => commit(transaction).await?,
        Err(_) => rollback(transaction).await?,
    }
    locked.map(|locked| erased(numbering, locked))
}

/// What comes of a row that was locked and is erased now.
pub(super) fn erased(numbering: Numbering, locked: Locked) -> Erased {
    let Locked { number, version, is_erased } = locked;
    let version = if is_erased { version } else { version + 1 };
    Erased { customer: numbering.urn(number), version, is_again: is_erased }
}

async fn delete_locked(
    connection: &mut PgConnection,
    caller: &Caller,
    target: Target<'_>,
    expected: &Precondition,
) -> Result<Locked, CustomersError> {
    let locked = lock(&mut *connection, caller.tenant_id(), target).await?;
    let locked = locked.ok_or(CustomersError::NotFound)?;
    if locked.is_erased {
        return Ok(locked);
    }
    if !expected.allows(locked.version) {
        return Err(CustomersError::VersionMismatch { current: locked.version });
    }
    erase(connection, caller, &[locked.number]).await?;
    Ok(locked)
}

/// Clears every personal column of customers whose rows are locked, removes what is kept about them elsewhere, and writes
/// the events.
///
/// What remains identifies no person: number, tenant, legal type, country, times and, of a partner's
/// customer, the related reseller. `NULL`s leave the unique indexes, so the identities are free at once.
#[tracing::instrument(name = "customers.delete", skip_all)]
pub(super) async fn erase(
    connection: &mut PgConnection,
    caller: &Caller,
    numbers: &[i64],
) -> Result<(), sqlx::Error> {
    let event_ids: Vec<_> = numbers.iter().map(|_| Uuid::now_v7()).collect();
    let partner_ids: Vec<_> = numbers.iter().map(|_| Uuid::new_v4()).collect();
    sqlx::query(ERASE.as_str())
        .bind(caller.tenant_id().0)
        .bind(numbers)
        .bind(event_ids)
        .bind(caller.actor.to_string())
        .bind(caller.correlation_id.0)
        .bind(partner_ids)
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
                version = customers.version + 1,
                updated_at = greatest(customers.updated_at, now()),
                erased_at = now()
            from unnest($2::bigint[], $3::uuid[]) as input (number, event_id)
            where customers.tenant_id = $1
              and customers.number = input.number
            returning customers.tenant_id, customers.number, customers.version, input.event_id
        ),
        associations as (
            delete from customer_associations
            where tenant_id = $1
              and customer_number = any($2)
        ),
        provider_accounts as (
            delete from provider_customers
            where tenant_id = $1
              and customer_number = any($2)
        ),
        partner as (
            update partner_customers
            set partner_id = input.partner_id,
                middle_name = null,
                internal_identifier = null,
                email_as_text = null,
                phone_as_text = null
            from unnest($2::bigint[], $6::uuid[]) as input (number, partner_id)
            where partner_customers.tenant_id = $1
              and partner_customers.customer_number = input.number
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
                    and customer_number = any($2)
                  union all
                  select operation, key_digest
                  from idempotency_mentions
                  where tenant_id = $1
                    and customer_number = any($2)
              )
        ),
        mentions as (
            delete from idempotency_mentions
            where tenant_id = $1
              and customer_number = any($2)
        )
        insert into customer_events (tenant_id, id, customer_number, version, kind, actor, correlation_id)
        select tenant_id, event_id, number, version, 'erased', $4, $5
        from erased
        ",
        erased.join(", ")
    )
});
