//! The customers of one span, in the order of the index.

use sqlx::PgConnection;

use super::end;
use crate::domain::{
    compare::{By, Found, Span},
    customer_urn::{Cell, CustomerUrn},
    tenant::TenantId,
};

pub(super) struct Rows {
    /// At most [`Span::MAX_ROWS`].
    pub found: Vec<Found>,
    /// The last of them, where there are more.
    pub cut_at: Option<String>,
}

struct Row {
    external_id: String,
    customer_number: i64,
    number: Option<i64>,
}

pub(super) async fn items(
    connection: &mut PgConnection,
    tenant: TenantId,
    cell: Cell,
    by: By,
    span: &Span,
) -> Result<Rows, sqlx::Error> {
    let mut rows = rows(connection, tenant, by, span).await?;
    let most = usize::try_from(Span::MAX_ROWS).unwrap_or(usize::MAX);
    let is_cut = rows.len() > most;
    rows.truncate(most);
    let cut_at = rows.last().filter(|_| is_cut).map(|row| row.external_id.clone());
    let found = rows.into_iter().map(|Row { external_id, customer_number, number }| Found {
        external_id,
        urn: CustomerUrn::from_stored(cell, customer_number),
        number,
    });
    Ok(Rows { found: found.collect(), cut_at })
}

/// One more than are looked at, to know whether there are more.
#[tracing::instrument(name = "compare.items", skip_all)]
async fn rows(
    connection: &mut PgConnection,
    tenant: TenantId,
    by: By,
    span: &Span,
) -> Result<Vec<Row>, sqlx::Error> {
    sqlx::query_as!(
        Row,
        r#"
        select
            external_id as "external_id!",
            number as customer_number,
            case $4::text when 'version' then version when 'sourceVersion' then source_version end as number
        from customers
        where tenant_id = $1
          and external_id > $2
          and external_id <= $3
        order by external_id
        limit $5
        "#,
        tenant.0,
        span.after,
        end(span),
        by.as_str(),
        Span::MAX_ROWS + 1,
    )
    .fetch_all(connection)
    .await
}
