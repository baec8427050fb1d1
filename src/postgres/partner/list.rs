//! A page of partner customers: first their numbers, by index, then the customers.

use sqlx::{PgConnection, Postgres, postgres::PgArguments, query::QueryScalar};
use uuid::Uuid;

use super::load;
use crate::domain::caller::PartnerCaller;
use crate::service::partners::{Cursor, ListQuery, Page, PartnersError, SearchField, Start};

pub(super) async fn list(
    connection: &mut PgConnection,
    caller: &PartnerCaller,
    query: &ListQuery,
) -> Result<Page, PartnersError> {
    let tenant = caller.caller.tenant_id();
    let filter = Filter::new(caller, query);
    let (page_number, total_count) = match query.start {
        Start::PageNumber(number) => (number, count(connection, &filter).await?),
        Start::After(cursor) => (cursor.page_number.saturating_add(1), cursor.total_count),
    };
    let mut numbers = numbers(connection, &filter, query).await?;
    let has_next = numbers.len() > query.page_size as usize;
    numbers.truncate(query.page_size as usize);
    let next = numbers.last().filter(|_| has_next);
    let next = next.map(|last| Cursor { customer_number: *last, page_number, total_count });
    Ok(Page { items: load::customers(connection, tenant, &numbers).await?, page_number, total_count, next })
}

/// What both statements filter by.
struct Filter<'a> {
    tenant: Uuid,
    /// The caller's own, where the caller is a reseller.
    visible_to: Option<Uuid>,
    reseller: Option<Uuid>,
    include_deleted: bool,
    search_field: Option<&'static str>,
    search: Option<&'a str>,
}

impl<'a> Filter<'a> {
    fn new(caller: &PartnerCaller, query: &'a ListQuery) -> Self {
        Self {
            tenant: caller.caller.tenant_id().0,
            visible_to: caller.role.visible_reseller().map(|reseller| reseller.0),
            reseller: query.reseller.map(|reseller| reseller.0),
            include_deleted: query.include_deleted,
            search_field: query.search.as_ref().map(|search| name(search.field)),
            search: query.search.as_ref().map(|search| search.text.as_str()),
        }
    }

    fn bind(&self, statement: Select<'a>) -> Select<'a> {
        statement
            .bind(self.tenant)
            .bind(self.visible_to)
            .bind(self.reseller)
            .bind(self.include_deleted)
            .bind(self.search_field)
            .bind(self.search)
    }
}

type Select<'a> = QueryScalar<'a, Postgres, i64, PgArguments>;

fn name(field: SearchField) -> &'static str {
    match field {
        SearchField::CompanyName => "company_name",
        SearchField::Domain => "domain",
        SearchField::InternalIdentifier => "internal_identifier",
        SearchField::ProviderCustomerId => "provider_customer_id",
    }
}

/// The customers of a filter: `$1` to `$6` are its fields, in order.
macro_rules! select_filtered {
    ($columns:literal, $and_then:literal) => {
        concat!(
            "select ",
            $columns,
            r#"
        from partner_customers
        join customers
          on customers.tenant_id = partner_customers.tenant_id
         and customers.number = partner_customers.customer_number
        where partner_customers.tenant_id = $1
          and ($2::uuid is null or partner_customers.reseller_id = $2)
          and ($3::uuid is null or partner_customers.reseller_id = $3)
          and ($4 or customers.erased_at is null)
          and case $5::text
              when 'company_name' then
                  position(lower($6) in lower(customers.corporation_info ->> 'companyName')) > 0
              when 'internal_identifier' then
                  position(lower($6) in lower(partner_customers.internal_identifier)) > 0
              when 'domain' then exists (
                  select from provider_customers
                  where provider_customers.tenant_id = $1
                    and provider_customers.customer_number = partner_customers.customer_number
                    and position(lower($6) in lower(provider_customers.data::json ->> 'Domain')) > 0
              )
              when 'provider_customer_id' then exists (
                  select from provider_customers
                  where provider_customers.tenant_id = $1
                    and provider_customers.customer_number = partner_customers.customer_number
                    and position(lower($6) in lower(provider_customers.provider_customer_id)) > 0
              )
              else true
          end
        "#,
            $and_then
        )
    };
}

#[tracing::instrument(name = "partner.count", skip_all)]
async fn count(connection: &mut PgConnection, filter: &Filter<'_>) -> Result<i64, sqlx::Error> {
    filter.bind(sqlx::query_scalar(select_filtered!("count(*)", ""))).fetch_one(connection).await
}

/// One more than the page holds, which shows whether there is a next page.
#[tracing::instrument(name = "partner.list", skip_all)]
async fn numbers(
    connection: &mut PgConnection,
    filter: &Filter<'_>,
    query: &ListQuery,
) -> Result<Vec<i64>, sqlx::Error> {
    let (after, offset) = match query.start {
        Start::PageNumber(number) => (0, i64::from(number - 1) * i64::from(query.page_size)),
        Start::After(cursor) => (cursor.customer_number, 0),
    };
    let statement = select_filtered!(
        "partner_customers.customer_number",
        r#"
          and partner_customers.customer_number > $7
        order by partner_customers.customer_number
        limit $8
        offset $9
        "#
    );
    filter
        .bind(sqlx::query_scalar(statement))
        .bind(after)
        .bind(i64::from(query.page_size) + 1)
        .bind(offset)
        .fetch_all(connection)
        .await
}
