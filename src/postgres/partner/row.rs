//! Rows of partner customers and the record, in both directions.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use uuid::Uuid;

use crate::domain::{
    corporation::CorporationInfo,
    country::CountryCode,
    email::Email,
    margin::{Margin, MarginRule, MarginValue},
    partner::{
        Contact, CreationError, PartnerCustomer, PartnerCustomerId, ProviderCustomer, ProviderInstanceId,
        ProviderStatus, ResellerId, StoredPartnerCustomer,
    },
    phone::PhoneNumber,
    text::Text,
};
use crate::postgres::customers::row::{AddressColumn, CorporationColumn};

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
    pub created_at: DateTime<Utc>,
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
        let (id, created_at) = (PartnerCustomerId(self.partner_id), self.created_at);
        let customer = (!self.erased).then(|| self.into_customer(associations, providers));
        StoredPartnerCustomer { customer, id, created_at }
    }

    fn into_customer(
        self,
        associations: Vec<AssociationRow>,
        providers: Vec<ProviderRow>,
    ) -> PartnerCustomer {
        let address = self.billing_address.map(|column| column.0.into_address());
        let corporation: Option<CorporationInfo> =
            self.corporation_info.map(|column| column.0.into_corporation());
        let email = self.email.zip(self.email_key).map(|(as_sent, key)| Email::from_stored(as_sent, key));
        let phone = self.phone_number.map(PhoneNumber::from_stored);
        PartnerCustomer {
            id: PartnerCustomerId(self.partner_id),
            company_name: corporation.as_ref().map(|corporation| corporation.company_name.clone()),
            tax_id: corporation.and_then(|corporation| corporation.tax_number),
            country: CountryCode::from_stored(self.country_code),
            address_line1: address.as_ref().and_then(|address| address.street.clone()),
            address_line2: address.as_ref().and_then(|address| address.street2.clone()),
            city: address.as_ref().and_then(|address| address.city.clone()),
            state: address.as_ref().and_then(|address| address.state.clone()),
            zip: address.and_then(|address| address.postal_code),
            first_name: self.first_name.map(Text::from_stored),
            middle_name: self.middle_name.map(Text::from_stored),
            last_name: self.last_name.map(Text::from_stored),
            email: contact(email, self.email_as_text),
            phone: contact(phone, self.phone_as_text),
            internal_identifier: self.internal_identifier.map(Text::from_stored),
            reseller: self.reseller_id.map(ResellerId),
            associations: by_reseller(associations),
            provider_customers: providers.into_iter().map(ProviderRow::into_entry).collect(),
        }
    }
}

impl AssociationRow {
    fn into_entry(self) -> (ResellerId, Option<Text<255>>) {
        (ResellerId(self.reseller_id), self.name.map(Text::from_stored))
    }
}

impl ProviderRow {
    fn into_entry(self) -> (ProviderInstanceId, ProviderCustomer) {
        let margin = self.margin_rule.zip(self.margin_value);
        let offer_types = self.offer_type_margins.0.into_iter();
        let customer = ProviderCustomer {
            data: self.data,
            margin: margin.and_then(|(rule, value)| MarginColumn { rule, value }.into_margin()),
            offer_type_margins: offer_types
                .filter_map(|(offer_type, column)| Some((offer_type, column.into_margin()?)))
                .collect(),
            provider_customer_id: self.provider_customer_id,
            status: ProviderStatus::from_stored(&self.status),
            creation_error: CreationError::from_stored(&self.creation_error),
        };
        (ProviderInstanceId(self.provider_instance_id), customer)
    }
}

impl MarginColumn {
    pub fn of(margin: &Margin) -> Self {
        Self { rule: margin.rule.as_str().to_owned(), value: margin.value.get() }
    }

    fn into_margin(self) -> Option<Margin> {
        let rule = MarginRule::parse(&self.rule).ok()?;
        Some(Margin { rule, value: MarginValue::from_stored(self.value) })
    }
}

fn by_reseller(rows: Vec<AssociationRow>) -> Vec<(ResellerId, Option<Text<255>>)> {
    let mut associations: Vec<_> = rows.into_iter().map(AssociationRow::into_entry).collect();
    associations.sort_by_key(|(reseller, _)| *reseller);
    associations
}

/// What C2A knows goes first: it may have been corrected there.
fn contact<T, const MAX: usize>(read: Option<T>, as_text: Option<String>) -> Option<Contact<T, MAX>> {
    read.map(Contact::Read).or(as_text.map(|text| Contact::AsText(Text::from_stored(text))))
}
