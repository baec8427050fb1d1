//! The customers that a search finds, after a number: by an index where the field has one and the text is selective,
//! and otherwise in the next customers of the list, of which one page looks at [`MAX_WINDOWS`] × [`WINDOW`] at most.

use sqlx::PgConnection;

use super::{
    filter::{Filter, select_filtered},
    pattern,
};
use crate::service::partners::{Search, SearchField};

/// Customers that one statement looks at.
const WINDOW: i64 = 10_000;
/// The same where a page goes on and no total is at stake: a search that finds much has enough of them.
const SMALL_WINDOW: i64 = 1_000;
const MAX_WINDOWS: usize = 5;
/// What an index may find. Where it finds more, a page is soon full without it.
const MAX_CANDIDATES: usize = 10_000;

pub(super) struct Found {
    /// In order.
    pub numbers: Vec<i64>,
    /// Found where the whole list was looked at, before the start too.
    pub all: Option<i64>,
    /// Where looking has ended before the end of the list.
    pub looked_up_to: Option<i64>,
}

/// After `start`, or from the first. Looks for as many as are `wanted`, and may find more.
pub(super) async fn search(
    connection: &mut PgConnection,
    filter: &Filter,
    search: &Search,
    start: Option<i64>,
    wanted: usize,
) -> Result<Found, sqlx::Error> {
    let after = start.unwrap_or_default();
    if let Some(mut numbers) = by_index(connection, filter, search).await? {
        numbers.sort_unstable();
        numbers.dedup();
        let all = i64::try_from(numbers.len()).ok();
        numbers.retain(|number| *number > after);
        return Ok(Found { numbers, all, looked_up_to: None });
    }
    let mut found = Found { numbers: Vec::new(), all: None, looked_up_to: Some(after) };
    let mut size = if start.is_some() { SMALL_WINDOW } else { WINDOW };
    for _ in 0..MAX_WINDOWS {
        let Some(start) = found.looked_up_to.filter(|_| found.numbers.len() < wanted) else { break };
        let rows = window(connection, filter, search, start, size).await?;
        size = WINDOW;
        found.looked_up_to = rows.iter().find(|row| row.is_last).map(|row| row.number);
        found.numbers.extend(rows.iter().filter(|row| row.is_found).map(|row| row.number));
    }
    Ok(found)
}

struct Candidate {
    number: i64,
    is_found: bool,
}

/// `None`: the field has no index, the text begins with a letter that the index does not know, or too much does.
async fn by_index(
    connection: &mut PgConnection,
    filter: &Filter,
    search: &Search,
) -> Result<Option<Vec<i64>>, sqlx::Error> {
    let Some((from, to)) = pattern::range(&search.text) else { return Ok(None) };
    let pattern = pattern::beginning(&search.text);
    let candidates = match search.field {
        SearchField::CompanyName | SearchField::Domain => return Ok(None),
        SearchField::InternalIdentifier => {
            internal_identifiers(connection, filter, &from, &to, &pattern).await?
        }
        SearchField::ProviderCustomerId => provider_ids(connection, filter, &from, &to, &pattern).await?,
    };
    let found = candidates.iter().filter(|candidate| candidate.is_found).map(|candidate| candidate.number);
    Ok((candidates.len() <= MAX_CANDIDATES).then(|| found.collect()))
}

#[tracing::instrument(name = "partner.search_internal_identifiers", skip_all)]
async fn internal_identifiers(
    connection: &mut PgConnection,
    filter: &Filter,
    from: &str,
    to: &str,
    pattern: &str,
) -> Result<Vec<Candidate>, sqlx::Error> {
    sqlx::query_as!(
        Candidate,
        r#"
        select
            customer_number as number,
            (
                internal_identifier collate "C" ~ $4
                and ($5::uuid is null or reseller_id is not distinct from $5)
            ) as "is_found!"
        from partner_customers
        where tenant_id = $1
          and translate(lower(internal_identifier collate "C"), 'İıſK', 'iisk') >= $2
          and translate(lower(internal_identifier collate "C"), 'İıſK', 'iisk') < $3
          and internal_identifier is not null
        limit $6
        "#,
        filter.tenant,
        from,
        to,
        pattern,
        filter.reseller,
        MAX_CANDIDATES as i64 + 1,
    )
    .fetch_all(connection)
    .await
}

#[tracing::instrument(name = "partner.search_provider_ids", skip_all)]
async fn provider_ids(
    connection: &mut PgConnection,
    filter: &Filter,
    from: &str,
    to: &str,
    pattern: &str,
) -> Result<Vec<Candidate>, sqlx::Error> {
    sqlx::query_as!(
        Candidate,
        r#"
        select
            customer_number as number,
            (
                provider_customer_id collate "C" ~ $4
                and (
                    $5::uuid is null
                    or $5 is not distinct from (
                        select reseller_id
                        from partner_customers
                        where tenant_id = $1
                          and customer_number = provider_customers.customer_number
                    )
                )
            ) as "is_found!"
        from provider_customers
        where tenant_id = $1
          and translate(lower(provider_customer_id collate "C"), 'İıſK', 'iisk') >= $2
          and translate(lower(provider_customer_id collate "C"), 'İıſK', 'iisk') < $3
          and provider_customer_id is not null
        limit $6
        "#,
        filter.tenant,
        from,
        to,
        pattern,
        filter.reseller,
        MAX_CANDIDATES as i64 + 1,
    )
    .fetch_all(connection)
    .await
}

struct Looked {
    number: i64,
    is_found: bool,
    /// The window is full: there may be more behind it.
    is_last: bool,
}

/// Those of the next `size` customers in which the text is found, and the last of a full window.
#[tracing::instrument(name = "partner.search", skip_all)]
async fn window(
    connection: &mut PgConnection,
    filter: &Filter,
    search: &Search,
    after: i64,
    size: i64,
) -> Result<Vec<Looked>, sqlx::Error> {
    let (field, pattern) = match search.field {
        SearchField::CompanyName => ("company_name", pattern::anywhere(&search.text)),
        SearchField::Domain => ("domain", pattern::anywhere(&search.text)),
        SearchField::InternalIdentifier => ("internal_identifier", pattern::beginning(&search.text)),
        SearchField::ProviderCustomerId => ("provider_customer_id", pattern::beginning(&search.text)),
    };
    select_filtered!(
        filter,
        connection,
        fetch_all,
        query_as as Looked,
        r#"
        select number as "number!", is_found as "is_found!", is_last as "is_last!"
        from (
            select
                customer_number as number,
                position = $5 as is_last,
                coalesce(
                    case $3::text
                        when 'company_name' then (
                            select (corporation_info ->> 'companyName') collate "C" ~ $4
                            from customers
                            where tenant_id = $1
                              and number = customer_number
                        )
                        when 'domain' then (
                            select bool_or((data::json ->> 'Domain') collate "C" ~ $4)
                            from provider_customers
                            where provider_customers.tenant_id = $1
                              and provider_customers.customer_number = next.customer_number
                        )
                        when 'internal_identifier' then internal_identifier collate "C" ~ $4
                        when 'provider_customer_id' then (
                            select bool_or(provider_customer_id collate "C" ~ $4)
                            from provider_customers
                            where provider_customers.tenant_id = $1
                              and provider_customers.customer_number = next.customer_number
                        )
                    end,
                    false
                ) as is_found
            from (
                select
                    customer_number,
                    internal_identifier,
                    row_number() over (order by customer_number) as position
                from partner_customers
                where tenant_id = $1
                  and customer_number > $2"#,
        r#"
                  and reseller_id = $6"#,
        r#"
                order by customer_number
                limit $5
            ) as next
        ) as looked
        where is_found or is_last
        order by number
        "#,
        after,
        field,
        &pattern,
        size
    )
}
