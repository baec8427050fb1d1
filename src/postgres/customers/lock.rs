//! Locks customers' rows until the transaction ends, so that a decision on them stays true.

use sqlx::PgConnection;

use super::target::Target;
use crate::domain::tenant::TenantId;

/// A row that no other transaction can change now.
#[derive(Clone, Copy)]
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

/// Those that are there, in the order of their numbers.
#[tracing::instrument(name = "customers.lock_all", skip_all)]
pub(super) async fn lock_all(
    connection: &mut PgConnection,
    tenant: TenantId,
    numbers: &[i64],
) -> Result<Vec<Locked>, sqlx::Error> {
    sqlx::query_as!(
        Locked,
        r#"
        select number, version, erased_at is not null as "is_erased!"
        from customers
        where tenant_id = $1
          and number = any($2)
        order by number
        for no key update
        "#,
        tenant.0,
        numbers,
    )
    .fetch_all(connection)
    .await
}
