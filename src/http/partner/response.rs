//! CustomerView: the customer in an answer.
//!
//! Upstream's CustomerViewModel with what is the server's: `status` and the like, and whether it is erased.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::request::CustomerViewModel;
use crate::domain::{
    json_text::JsonText,
    margin::Margin,
    multiline_text::MultilineText,
    partner::{PartnerCustomer, ProviderCustomer, ProviderInstanceId, ResellerId, StoredPartnerCustomer},
    text::Text,
};

/// A customer in an answer. What upstream calls nullable is `null` where there is nothing.
#[derive(Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CustomerView {
    id: Uuid,
    company_name: Option<String>,
    tax_id: Option<String>,
    country: Option<String>,
    address_line1: Option<String>,
    address_line2: Option<String>,
    city: Option<String>,
    state: Option<String>,
    zip: Option<String>,
    first_name: Option<String>,
    middle_name: Option<String>,
    last_name: Option<String>,
    email: Option<String>,
    phone: Option<String>,
    internal_identifier: Option<String>,
    reseller_id: Option<Uuid>,
    provider_customers: BTreeMap<Uuid, ProviderCustomerView>,
    customer_associations: Vec<AssociationView>,
    /// Erased: nothing is left but an id that was never the customer's.
    is_deleted: bool,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ProviderCustomerView {
    provider_instance_id: Uuid,
    provider_customer_id: Option<String>,
    provider_customer_data: Option<String>,
    margin: Option<MarginView>,
    offer_type_margins: BTreeMap<String, MarginView>,
    #[schema(inline)]
    status: NameView,
    customer_creation_error: &'static str,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct MarginView {
    margin_rule: NameView,
    #[schema(value_type = f64)]
    value: serde_json::Number,
}

#[derive(Serialize, ToSchema)]
struct NameView {
    name: &'static str,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct AssociationView {
    reseller_id: Uuid,
    name: Option<String>,
}

impl CustomerView {
    pub fn example() -> Value {
        let instance = "cb3cd15b-1d6e-45be-b493-c71549cbfd87";
        let mut customer = CustomerViewModel::example();
        customer["phone"] = json!("+351912345678");
        for absent in ["addressLine2", "middleName", "resellerId"] {
            customer[absent] = Value::Null;
        }
        customer["providerCustomers"] = json!({
            instance: {
                "providerInstanceId": instance,
                "providerCustomerId": null,
                "providerCustomerData": "{\"Domain\":\"fabrikam\"}",
                "margin": { "marginRule": { "name": "Markup" }, "value": 10.6 },
                "offerTypeMargins": { "license": { "marginRule": { "name": "Markup" }, "value": 10 } },
                "status": { "name": "Processing" },
                "customerCreationError": "None"
            }
        });
        customer["customerAssociations"] = json!([]);
        customer["isDeleted"] = json!(false);
        customer
    }
}

impl From<StoredPartnerCustomer> for CustomerView {
    fn from(stored: StoredPartnerCustomer) -> Self {
        match stored {
            StoredPartnerCustomer::Living(customer) => Self::from(*customer),
            StoredPartnerCustomer::Erased(id) => Self { id: id.0, is_deleted: true, ..Self::default() },
        }
    }
}

impl From<PartnerCustomer> for CustomerView {
    fn from(customer: PartnerCustomer) -> Self {
        let PartnerCustomer {
            id,
            company_name,
            tax_id,
            country,
            address_line1,
            address_line2,
            city,
            state,
            zip,
            first_name,
            middle_name,
            last_name,
            email,
            phone,
            internal_identifier,
            reseller,
            associations,
            provider_customers,
        } = customer;
        Self {
            id: id.0,
            company_name: company_name.map(Text::into_string),
            tax_id: tax_id.map(Text::into_string),
            country: Some(country.as_str().to_owned()),
            address_line1: address_line1.map(MultilineText::into_string),
            address_line2: address_line2.map(MultilineText::into_string),
            city: city.map(Text::into_string),
            state: state.map(Text::into_string),
            zip: zip.map(Text::into_string),
            first_name: first_name.map(Text::into_string),
            middle_name: middle_name.map(Text::into_string),
            last_name: last_name.map(Text::into_string),
            email: email.map(|email| email.as_str().to_owned()),
            phone: phone.map(|phone| phone.as_str().to_owned()),
            internal_identifier: internal_identifier.map(Text::into_string),
            reseller_id: reseller.map(|reseller| reseller.0),
            provider_customers: provider_customers.into_iter().map(provider_view).collect(),
            customer_associations: associations.into_iter().map(association_view).collect(),
            is_deleted: false,
        }
    }
}

fn provider_view(
    (instance, provider): (ProviderInstanceId, ProviderCustomer),
) -> (Uuid, ProviderCustomerView) {
    let ProviderCustomer { data, margin, offer_type_margins, provider_customer_id, status, creation_error } =
        provider;
    let offer_types = offer_type_margins.into_iter();
    let view = ProviderCustomerView {
        provider_instance_id: instance.0,
        provider_customer_id,
        provider_customer_data: data.map(JsonText::into_string),
        margin: margin.map(MarginView::from),
        offer_type_margins: offer_types.map(|(name, margin)| (name, margin.into())).collect(),
        status: NameView { name: status.as_str() },
        customer_creation_error: creation_error.as_str(),
    };
    (instance.0, view)
}

fn association_view((reseller, name): (ResellerId, Option<Text<255>>)) -> AssociationView {
    AssociationView { reseller_id: reseller.0, name: name.map(Text::into_string) }
}

impl From<Margin> for MarginView {
    fn from(margin: Margin) -> Self {
        let Margin { rule, value } = margin;
        Self { margin_rule: NameView { name: rule.as_str() }, value: number(value.get()) }
    }
}

/// `10` for 10.0, as a person would write it.
fn number(value: f64) -> serde_json::Number {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && value.abs() < EXACT {
        return serde_json::Number::from(value as i64);
    }
    serde_json::Number::from_f64(value).unwrap_or_else(|| 0.into())
}
