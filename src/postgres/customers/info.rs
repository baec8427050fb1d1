//! The only read of a whole customer; `update` starts from it too.

use sqlx::PgConnection;

use super::{row::CustomerRow, target::Target};
use crate::domain::{customer::Customer, customer_urn::Cell, tenant::TenantId};
use crate::service::customers::CustomersError;

pub(super) async fn info(
    connection: &mut PgConnection,
    tenant: TenantId,
    cell: Cell,
    target: Target<'_>,
) -> Result<Customer, CustomersError> {
    let row = find(connection, tenant, target).await?;
    row.map(|row| row.into_customer(cell)).ok_or(CustomersError::NotFound)
}

/// The living customer, by number or by external id, in one statement: the sub-select runs only where no
/// number is given, and both paths are index look-ups.
#[tracing::instrument(name = "customers.info", skip_all)]
async fn find(
    connection: &mut PgConnection,
    tenant: TenantId,
    target: Target<'_>,
) -> Result<Option<CustomerRow>, sqlx::Error> {
    sqlx::query_as!(
        CustomerRow,
        r#"
        select
            number,
            version,
            external_id as "external_id!",
            email,
            email_key,
            phone_number,
            salutation,
            first_name,
            last_name,
            gender,
            legal_type,
            billing_address as "billing_address: _",
            corporation_info as "corporation_info: _",
            privacy as "privacy: _",
            country_code,
            language_code as "language_code!",
            status,
            created_at,
            updated_at
        from customers
        where tenant_id = $1
          and number = coalesce(
              $2,
              (select number from customers where tenant_id = $1 and external_id = $3)
          )
          and erased_at is null
        "#,
        tenant.0,
        target.number(),
        target.external_id(),
    )
    .fetch_optional(connection)
    .await
}
