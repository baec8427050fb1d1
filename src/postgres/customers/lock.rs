//! Locks one customer's row until the transaction ends, so that a decision on it stays true.

use sqlx::PgConnection;

use super::target::Target;
use crate::domain::tenant::TenantId;

/// A row that no other transaction can change now.
pub(super) struct Locked {
    pub number: i64,
    pub version: i64,
    pub is_erased: bool,
}

/// Waits for the transaction that holds the lock; later statements see what that one committed.
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
