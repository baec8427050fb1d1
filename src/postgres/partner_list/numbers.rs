//! The numbers of a page's customers, by index: what they cost depends on the page and not on the tenant.

use sqlx::PgConnection;

use super::filter::{Filter, select_filtered};

/// The first `limit` customers after this number.
///
/// Each customer's record is looked up by itself. A join would let PostgreSQL read the records from the tenant's
/// first on, which is what it does where a page starts in the middle.
#[tracing::instrument(name = "partner.list", skip_all)]
pub(super) async fn after(
    connection: &mut PgConnection,
    filter: &Filter,
    include_deleted: bool,
    number: i64,
    limit: i64,
) -> Result<Vec<i64>, sqlx::Error> {
    select_filtered!(
        filter,
        connection,
        fetch_all,
        query_scalar,
        r#"
        select partner_customers.customer_number
        from partner_customers
        cross join lateral (
            select erased_at
            from customers
            where tenant_id = $1
              and number = partner_customers.customer_number
            limit 1
        ) as customer
        where partner_customers.tenant_id = $1
          and partner_customers.customer_number > $2
          and ($3 or customer.erased_at is null)"#,
        r#"
          and partner_customers.reseller_id = $5"#,
        r#"
        order by partner_customers.customer_number
        limit $4
        "#,
        number,
        include_deleted,
        limit
    )
}

/// The last of the first `count` customers. `None`: there are fewer. Reads the index up to it.
#[tracing::instrument(name = "partner.skip", skip_all)]
pub(super) async fn last_of_first(
    connection: &mut PgConnection,
    filter: &Filter,
    include_deleted: bool,
    count: i64,
) -> Result<Option<i64>, sqlx::Error> {
    select_filtered!(
        filter,
        connection,
        fetch_optional,
        query_scalar,
        r#"
        select partner_customers.customer_number
        from partner_customers
        where partner_customers.tenant_id = $1
          and not exists (
              select
              from customers
              where tenant_id = $1
                and number = partner_customers.customer_number
                and erased_at is not null
                and not $2
          )"#,
        r#"
          and partner_customers.reseller_id = $4"#,
        r#"
        order by partner_customers.customer_number
        limit 1
        offset $3::bigint - 1
        "#,
        include_deleted,
        count
    )
}
