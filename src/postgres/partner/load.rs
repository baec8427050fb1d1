//! Whole partner customers by number: three statements for any number of them.

use std::collections::HashMap;

use sqlx::PgConnection;

use super::row::{AssociationRow, PartnerRow, ProviderRow};
use crate::domain::{partner::StoredPartnerCustomer, tenant::TenantId};

/// In the order of their numbers.
pub(in crate::postgres) async fn customers(
    connection: &mut PgConnection,
    tenant: TenantId,
    numbers: &[i64],
) -> Result<Vec<StoredPartnerCustomer>, sqlx::Error> {
    let rows = records(connection, tenant, numbers).await?;
    let mut associations = group(associations(connection, tenant, numbers).await?, |row| row.customer_number);
    let mut providers = group(providers(connection, tenant, numbers).await?, |row| row.customer_number);
    let whole = rows.into_iter().map(|row| {
        let number = row.customer_number;
        let associations = associations.remove(&number).unwrap_or_default();
        row.into_stored(associations, providers.remove(&number).unwrap_or_default())
    });
    Ok(whole.collect())
}

#[tracing::instrument(name = "partner.load", skip_all)]
async fn records(
    connection: &mut PgConnection,
    tenant: TenantId,
    numbers: &[i64],
) -> Result<Vec<PartnerRow>, sqlx::Error> {
    sqlx::query_as!(
        PartnerRow,
        r#"
        select
            partner_customers.customer_number,
            partner_customers.partner_id,
            partner_customers.reseller_id,
            partner_customers.middle_name,
            partner_customers.internal_identifier,
            partner_customers.email_as_text,
            partner_customers.phone_as_text,
            customers.email,
            customers.email_key,
            customers.phone_number,
            customers.first_name,
            customers.last_name,
            customers.billing_address as "billing_address: _",
            customers.corporation_info as "corporation_info: _",
            customers.country_code,
            customers.erased_at is not null as "erased!"
        from partner_customers
        join customers
          on customers.tenant_id = partner_customers.tenant_id
         and customers.number = partner_customers.customer_number
        where partner_customers.tenant_id = $1
          and partner_customers.customer_number = any($2)
        order by partner_customers.customer_number
        "#,
        tenant.0,
        numbers,
    )
    .fetch_all(connection)
    .await
}

#[tracing::instrument(name = "partner.load_associations", skip_all)]
async fn associations(
    connection: &mut PgConnection,
    tenant: TenantId,
    numbers: &[i64],
) -> Result<Vec<AssociationRow>, sqlx::Error> {
    sqlx::query_as!(
        AssociationRow,
        r#"
        select customer_number, reseller_id, name
        from customer_associations
        where tenant_id = $1
          and customer_number = any($2)
        "#,
        tenant.0,
        numbers,
    )
    .fetch_all(connection)
    .await
}

#[tracing::instrument(name = "partner.load_providers", skip_all)]
async fn providers(
    connection: &mut PgConnection,
    tenant: TenantId,
    numbers: &[i64],
) -> Result<Vec<ProviderRow>, sqlx::Error> {
    sqlx::query_as!(
        ProviderRow,
        r#"
        select
            customer_number,
            provider_instance_id,
            data,
            margin_rule,
            margin_value,
            offer_type_margins as "offer_type_margins: _",
            provider_customer_id,
            status,
            creation_error
        from provider_customers
        where tenant_id = $1
          and customer_number = any($2)
        "#,
        tenant.0,
        numbers,
    )
    .fetch_all(connection)
    .await
}

fn group<T>(rows: Vec<T>, number: impl Fn(&T) -> i64) -> HashMap<i64, Vec<T>> {
    let mut groups: HashMap<i64, Vec<T>> = HashMap::new();
    for row in rows {
        groups.entry(number(&row)).or_default().push(row);
    }
    groups
}
