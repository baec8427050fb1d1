//! Between the rows of a partner customer and the record, in both directions.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use uuid::Uuid;

use crate::domain::{
    country::CountryCode,
    email::Email,
    json_text::JsonText,
    margin::{Margin, MarginRule, MarginValue},
    partner::{
        Contact, CreationError, PartnerCustomer, PartnerCustomerId, ProviderCustomer, ProviderInstanceId,
        ProviderStatus, ResellerId, StoredPartnerCustomer,
    },
    phone::PhoneNumber,
    text::Text,
};
use crate::postgres::customers::json_columns::{AddressColumn, CorporationColumn};

pub(super) struct PartnerRow {
    pub customer_number: i64,
    pub partner_id: Uuid,
    pub reseller_id: Option<Uuid>,
    pub middle_name: Option<String>,
    pub internal_identifier: Option<String>,
    pub email_as_text: Option<String>,
    pub phone_as_text: Option<String>,
    pub email: Option<String>,
    pub email_key: Option<String>,
    pub phone_number: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub billing_address: Option<Json<AddressColumn>>,
    pub corporation_info: Option<Json<CorporationColumn>>,
    pub country_code: String,
    pub erased: bool,
}

pub(super) struct AssociationRow {
    pub customer_number: i64,
    pub reseller_id: Uuid,
    pub name: Option<String>,
}

pub(super) struct ProviderRow {
    pub customer_number: i64,
    pub provider_instance_id: Uuid,
    pub data: Option<String>,
    pub margin_rule: Option<String>,
    pub margin_value: Option<f64>,
    pub offer_type_margins: Json<BTreeMap<String, MarginColumn>>,
    pub provider_customer_id: Option<String>,
    pub status: String,
    pub creation_error: String,
}

/// One entry of `provider_customers.offer_type_margins`.
#[derive(Serialize, Deserialize)]
pub(super) struct MarginColumn {
    rule: String,
    value: f64,
}

impl PartnerRow {
    pub fn into_stored(
        self,
        associations: Vec<AssociationRow>,
        providers: Vec<ProviderRow>,
    ) -> StoredPartnerCustomer {
        let Self {
            customer_number: _,
            partner_id,
            reseller_id,
            middle_name,
            internal_identifier,
            email_as_text,
            phone_as_text,
            email,
            email_key,
            phone_number,
            first_name,
            last_name,
            billing_address,
            corporation_info,
            country_code,
            erased,
        } = self;
        let id = PartnerCustomerId(partner_id);
        if erased {
            return StoredPartnerCustomer::Erased(id);
        }
        let address = billing_address.map(|column| column.0.into_address());
        let corporation = corporation_info.map(|column| column.0.into_corporation());
        let email = email.zip(email_key).map(|(as_sent, key)| Email::from_stored(as_sent, key));
        let phone = phone_number.map(PhoneNumber::from_stored);
        StoredPartnerCustomer::Living(Box::new(PartnerCustomer {
            id,
            company_name: corporation.as_ref().map(|corporation| corporation.company_name.clone()),
            tax_id: corporation.and_then(|corporation| corporation.tax_number),
            country: CountryCode::from_stored(country_code),
            address_line1: address.as_ref().and_then(|address| address.street.clone()),
            address_line2: address.as_ref().and_then(|address| address.street2.clone()),
            city: address.as_ref().and_then(|address| address.city.clone()),
            state: address.as_ref().and_then(|address| address.state.clone()),
            zip: address.and_then(|address| address.postal_code),
            first_name: first_name.map(Text::from_stored),
            middle_name: middle_name.map(Text::from_stored),
            last_name: last_name.map(Text::from_stored),
            email: contact(email, email_as_text),
            phone: contact(phone, phone_as_text),
            internal_identifier: internal_identifier.map(Text::from_stored),
            reseller: reseller_id.map(ResellerId),
            associations: by_reseller(associations),
            provider_customers: providers.into_iter().map(ProviderRow::into_entry).collect(),
        }))
    }
}

impl AssociationRow {
    fn into_entry(self) -> (ResellerId, Option<Text<255>>) {
        let Self { customer_number: _, reseller_id, name } = self;
        (ResellerId(reseller_id), name.map(Text::from_stored))
    }
}

impl ProviderRow {
    fn into_entry(self) -> (ProviderInstanceId, ProviderCustomer) {
        let Self {
            customer_number: _,
            provider_instance_id,
            data,
            margin_rule,
            margin_value,
            offer_type_margins,
            provider_customer_id,
            status,
            creation_error,
        } = self;
        let margin = margin_rule.zip(margin_value);
        let offer_types = offer_type_margins.0.into_iter();
        let customer = ProviderCustomer {
            data: data.map(JsonText::from_json),
            margin: margin.and_then(|(rule, value)| MarginColumn { rule, value }.into_margin()),
            offer_type_margins: offer_types
                .filter_map(|(offer_type, column)| Some((offer_type, column.into_margin()?)))
                .collect(),
            provider_customer_id,
            status: ProviderStatus::from_stored(&status),
            creation_error: CreationError::from_stored(&creation_error),
        };
        (ProviderInstanceId(provider_instance_id), customer)
    }
}

impl MarginColumn {
    pub fn new(margin: &Margin) -> Self {
        let Margin { rule, value } = margin;
        Self { rule: rule.as_str().to_owned(), value: value.get() }
    }

    fn into_margin(self) -> Option<Margin> {
        let Self { rule, value } = self;
        Some(Margin { rule: MarginRule::parse(&rule).ok()?, value: MarginValue::from_stored(value) })
    }
}

fn by_reseller(rows: Vec<AssociationRow>) -> Vec<(ResellerId, Option<Text<255>>)> {
    let mut associations: Vec<_> = rows.into_iter().map(AssociationRow::into_entry).collect();
    associations.sort_by_key(|(reseller, _)| *reseller);
    associations
}

/// The contact that C2A knows goes first: it may have been corrected there.
fn contact<T, const MAX: usize>(parsed: Option<T>, as_text: Option<String>) -> Option<Contact<T, MAX>> {
    parsed.map(Contact::Parsed).or(as_text.map(|text| Contact::Unparsed(Text::from_stored(text))))
}
