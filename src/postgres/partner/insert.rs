//! The rows of a partner's new customer beside the customer record: partner, relations, provider customers.

use std::collections::BTreeMap;

use sqlx::{PgConnection, types::Json};

use super::row::MarginColumn;
use crate::domain::{
    json_text::JsonText,
    partner::{Contact, PartnerCustomer, ProviderCustomer},
    tenant::TenantId,
};

/// `false`: another customer has this partner id.
#[tracing::instrument(name = "partner.create", skip_all)]
pub(super) async fn insert_partner(
    connection: &mut PgConnection,
    tenant: TenantId,
    number: i64,
    customer: &PartnerCustomer,
) -> Result<bool, sqlx::Error> {
    let PartnerCustomer {
        id,
        reseller,
        middle_name,
        internal_identifier,
        email,
        phone,
        // Rows of their own.
        associations: _,
        provider_customers: _,
        // Of the projection.
        company_name: _,
        tax_id: _,
        country: _,
        address_line1: _,
        address_line2: _,
        city: _,
        state: _,
        zip: _,
        first_name: _,
        last_name: _,
    } = customer;
    let inserted = sqlx::query!(
        r#"
        insert into partner_customers (
            tenant_id,
            customer_number,
            partner_id,
            reseller_id,
            middle_name,
            internal_identifier,
            email_as_text,
            phone_as_text
        )
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        on conflict do nothing
        "#,
        tenant.0,
        number,
        id.0,
        reseller.map(|reseller| reseller.0),
        middle_name.as_ref().map(|name| name.as_str()),
        internal_identifier.as_ref().map(|identifier| identifier.as_str()),
        email.as_ref().and_then(Contact::unparsed).map(|text| text.as_str()),
        phone.as_ref().and_then(Contact::unparsed).map(|text| text.as_str()),
    )
    .execute(connection)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

#[tracing::instrument(name = "partner.create_associations", skip_all)]
pub(super) async fn insert_associations(
    connection: &mut PgConnection,
    tenant: TenantId,
    number: i64,
    customer: &PartnerCustomer,
) -> Result<(), sqlx::Error> {
    let associations = customer.associations.iter();
    let (resellers, names): (Vec<_>, Vec<_>) = associations
        .map(|(reseller, name)| (reseller.0, name.as_ref().map(|name| name.as_str().to_owned())))
        .unzip();
    sqlx::query!(
        r#"
        insert into customer_associations (tenant_id, customer_number, reseller_id, name)
        select $1, $2, association.reseller_id, association.name
        from unnest($3::uuid[], $4::text[]) as association (reseller_id, name)
        "#,
        tenant.0,
        number,
        &resellers,
        &names as _,
    )
    .execute(connection)
    .await?;
    Ok(())
}

#[tracing::instrument(name = "partner.create_providers", skip_all)]
pub(super) async fn insert_providers(
    connection: &mut PgConnection,
    tenant: TenantId,
    number: i64,
    customer: &PartnerCustomer,
) -> Result<(), sqlx::Error> {
    for (instance, provider) in &customer.provider_customers {
        let ProviderCustomer {
            data,
            margin,
            offer_type_margins,
            // The column's own defaults, until the provider answers.
            provider_customer_id: _,
            status: _,
            creation_error: _,
        } = provider;
        let (rule, value) = margin.as_ref().map(|margin| (margin.rule.as_str(), margin.value.get())).unzip();
        let offer_types = offer_type_margins.iter();
        let margins: BTreeMap<_, _> =
            offer_types.map(|(offer_type, margin)| (offer_type, MarginColumn::new(margin))).collect();
        sqlx::query!(
            r#"
            insert into provider_customers (
                tenant_id,
                customer_number,
                provider_instance_id,
                data,
                margin_rule,
                margin_value,
                offer_type_margins
            )
            values ($1, $2, $3, $4, $5, $6, $7)
            "#,
            tenant.0,
            number,
            instance.0,
            data.as_ref().map(JsonText::as_str),
            rule,
            value,
            Json(margins) as _,
        )
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}
