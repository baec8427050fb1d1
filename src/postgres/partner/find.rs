//! From a partner's id to the customer's number.

use sqlx::PgConnection;

use crate::domain::{caller::PartnerCaller, partner::PartnerCustomerId, tenant::TenantId};

/// As far as the caller may see.
#[tracing::instrument(name = "partner.find", skip_all)]
pub(super) async fn visible(
    connection: &mut PgConnection,
    caller: &PartnerCaller,
    id: PartnerCustomerId,
) -> Result<Option<i64>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        select partner_customers.customer_number
        from partner_customers
        join customers
          on customers.tenant_id = partner_customers.tenant_id
         and customers.number = partner_customers.customer_number
        where partner_customers.tenant_id = $1
          and partner_customers.partner_id = $2
          and ($3::uuid is null or partner_customers.reseller_id = $3)
          and customers.erased_at is null
        "#,
        caller.caller.tenant_id().0,
        id.0,
        caller.role.visible_reseller().map(|reseller| reseller.0),
    )
    .fetch_optional(connection)
    .await
}

/// The customer that has this id, whether the caller may see it or not.
#[tracing::instrument(name = "partner.taken", skip_all)]
pub(super) async fn holder(
    connection: &mut PgConnection,
    tenant: TenantId,
    id: PartnerCustomerId,
) -> Result<Option<i64>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        select customer_number
        from partner_customers
        where tenant_id = $1
          and partner_id = $2
        "#,
        tenant.0,
        id.0,
    )
    .fetch_optional(connection)
    .await
}
