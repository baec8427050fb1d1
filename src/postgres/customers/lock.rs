//! Holding one customer's row until the transaction ends, to decide on what is then certain.

use sqlx::PgConnection;

use super::target::Target;
use crate::domain::tenant::TenantId;

/// A row that nobody else can change now.
pub(super) struct Locked {
    pub number: i64,
    pub version: i64,
    pub is_erased: bool,
}

/// Waits for whoever holds it. Statements after this one see all that was committed before it was free.
#[tracing::instrument(name = "customers.lock", skip_all)]
pub(super) async fn lock(
    connection: &mut PgConnection,
    tenant: TenantId,
    target: Target<'_>,
) -> Result<Option<Locked>, sqlx::Error> {
    sqlx::query_as!(
        Locked,
        r#"
        select number, version, erased_at is not null as "is_erased!"
        from customers
        where tenant_id = $1
          and number = coalesce(
              $2,
              (select number from customers where tenant_id = $1 and external_id = $3)
          )
        for no key update
        "#,
        tenant.0,
        target.number(),
        target.external_id(),
    )
    .fetch_optional(connection)
    .await
}
