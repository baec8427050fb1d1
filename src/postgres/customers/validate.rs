//! Whether an external id is free in its tenant.

use sqlx::PgConnection;

use crate::domain::{external_id::ExternalId, tenant::TenantId};
use crate::service::customers::CustomersError;

#[tracing::instrument(name = "customers.validate", skip_all)]
pub(super) async fn validate(
    connection: &mut PgConnection,
    tenant: TenantId,
    external_id: &ExternalId,
) -> Result<bool, CustomersError> {
    let free = sqlx::query_scalar!(
        r#"
        select not exists (
            select from customers
            where tenant_id = $1
              and external_id = $2
        ) as "free!"
        "#,
        tenant.0,
        external_id.as_str(),
    )
    .fetch_one(connection)
    .await?;
    Ok(free)
}
