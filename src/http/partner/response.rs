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
    margin::Margin,
    partner::{PartnerCustomer, StoredPartnerCustomer},
};

/// A customer in an answer. What upstream calls nullable is `null` where there is nothing.
#[derive(Serialize, ToSchema)]
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
        let is_deleted = stored.customer.is_none();
        let customer = stored.customer.as_ref();
        let text = |value: Option<&str>| value.map(str::to_owned);
        Self {
            id: stored.id.0,
            company_name: text(customer.and_then(|c| Some(c.company_name.as_ref()?.as_str()))),
            tax_id: text(customer.and_then(|c| Some(c.tax_id.as_ref()?.as_str()))),
            country: text(customer.map(|c| c.country.as_str())),
            address_line1: text(customer.and_then(|c| Some(c.address_line1.as_ref()?.as_str()))),
            address_line2: text(customer.and_then(|c| Some(c.address_line2.as_ref()?.as_str()))),
            city: text(customer.and_then(|c| Some(c.city.as_ref()?.as_str()))),
            state: text(customer.and_then(|c| Some(c.state.as_ref()?.as_str()))),
            zip: text(customer.and_then(|c| Some(c.zip.as_ref()?.as_str()))),
            first_name: text(customer.and_then(|c| Some(c.first_name.as_ref()?.as_str()))),
            middle_name: text(customer.and_then(|c| Some(c.middle_name.as_ref()?.as_str()))),
            last_name: text(customer.and_then(|c| Some(c.last_name.as_ref()?.as_str()))),
            email: text(customer.and_then(|c| Some(c.email.as_ref()?.as_str()))),
            phone: text(customer.and_then(|c| Some(c.phone.as_ref()?.as_str()))),
            internal_identifier: text(customer.and_then(|c| Some(c.internal_identifier.as_ref()?.as_str()))),
            reseller_id: customer.and_then(|c| c.reseller).map(|reseller| reseller.0),
            provider_customers: customer.map(provider_views).unwrap_or_default(),
            customer_associations: customer.map(association_views).unwrap_or_default(),
            is_deleted,
        }
    }
}

fn provider_views(customer: &PartnerCustomer) -> BTreeMap<Uuid, ProviderCustomerView> {
    let views = customer.provider_customers.iter().map(|(instance, provider)| {
        let offer_types = provider.offer_type_margins.iter();
        let view = ProviderCustomerView {
            provider_instance_id: instance.0,
            provider_customer_id: provider.provider_customer_id.clone(),
            provider_customer_data: provider.data.clone(),
            margin: provider.margin.as_ref().map(MarginView::from),
            offer_type_margins: offer_types.map(|(name, margin)| (name.clone(), margin.into())).collect(),
            status: NameView { name: provider.status.as_str() },
            customer_creation_error: provider.creation_error.as_str(),
        };
        (instance.0, view)
    });
    views.collect()
}

fn association_views(customer: &PartnerCustomer) -> Vec<AssociationView> {
    let views = customer.associations.iter().map(|(reseller, name)| AssociationView {
        reseller_id: reseller.0,
        name: name.as_ref().map(|name| name.as_str().to_owned()),
    });
    views.collect()
}

impl From<&Margin> for MarginView {
    fn from(margin: &Margin) -> Self {
        Self { margin_rule: NameView { name: margin.rule.as_str() }, value: number(margin.value.get()) }
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
