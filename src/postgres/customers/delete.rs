//! Erasure: the row stays, everything personal in it goes.

use sqlx::PgPool;
use uuid::Uuid;

use super::Target;
use crate::domain::caller::Caller;
use crate::service::customers::CustomersError;

/// Clears every personal column and writes the event, in one statement. What remains cannot identify
/// anybody: number, tenant, legal type, country, times and, of a partner's customer, the related reseller. `NULL`s leave the unique indexes, so the
/// identities are free at once.
pub(in crate::postgres) async fn erase(
    pool: &PgPool,
    caller: &Caller,
    target: Target<'_>,
) -> Result<(), CustomersError> {
    let known = sqlx::query_scalar!(
        r#"
        with target as (
            select number
            from customers
            where tenant_id = $1
              and number = coalesce(
                  $2,
                  (select number from customers where tenant_id = $1 and external_id = $3)
              )
        ),
        erased as (
            update customers
            set external_id = null,
                email = null,
                email_key = null,
                phone_number = null,
                salutation = null,
                first_name = null,
                last_name = null,
                gender = null,
                billing_address = null,
                corporation_info = null,
                privacy = null,
                language_code = null,
                status = 'Anonymized',
                version = version + 1,
                updated_at = now(),
                erased_at = now()
            where tenant_id = $1
              and number = (select number from target)
              and erased_at is null
            returning tenant_id, number, version
        ),
        event as (
            insert into customer_events (
                tenant_id, id, customer_number, version, kind, actor, correlation_id
            )
            select tenant_id, $4, number, version, 'erased', $5, $6
            from erased
        ),
        associations as (
            delete from customer_associations
            using erased
            where customer_associations.tenant_id = $1
              and customer_associations.customer_number = erased.number
        ),
        provider_accounts as (
            delete from provider_customers
            using erased
            where provider_customers.tenant_id = $1
              and provider_customers.customer_number = erased.number
        ),
        partner as (
            update partner_customers
            set partner_id = $7,
                middle_name = null,
                internal_identifier = null,
                email_as_text = null,
                phone_as_text = null
            from erased
            where partner_customers.tenant_id = $1
              and partner_customers.customer_number = erased.number
        )
        select exists (select from target) as "known!"
        "#,
        caller.tenant_id().0,
        target.number,
        target.external_id,
        Uuid::now_v7(),
        caller.actor.to_string(),
        caller.correlation_id.0,
        Uuid::new_v4(),
    )
    .fetch_one(pool)
    .await?;
    if known { Ok(()) } else { Err(CustomersError::NotFound) }
}
