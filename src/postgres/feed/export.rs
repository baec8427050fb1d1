//! Living customers in the order of their numbers, in short reads: no snapshot is held between two pages.

use sqlx::PgConnection;

use crate::domain::{customer_urn::Cell, tenant::TenantId};
use crate::postgres::customers::living::living;
use crate::service::feed::ExportPage;

pub(super) async fn export_page(
    connection: &mut PgConnection,
    tenant: TenantId,
    cell: Cell,
    after: i64,
    limit: i64,
) -> Result<ExportPage, sqlx::Error> {
    let numbers = numbers(connection, tenant, after, limit).await?;
    let next = numbers.last().copied().filter(|_| numbers.len() as i64 == limit);
    Ok(ExportPage { customers: living(connection, tenant, cell, &numbers).await?, next })
}

#[tracing::instrument(name = "export.numbers", skip_all)]
async fn numbers(
    connection: &mut PgConnection,
    tenant: TenantId,
    after: i64,
    limit: i64,
) -> Result<Vec<i64>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        select number
        from customers
        where tenant_id = $1
          and number > $2
          and erased_at is null
        order by number
        limit $3
        "#,
        tenant.0,
        after,
        limit,
    )
    .fetch_all(connection)
    .await
}
