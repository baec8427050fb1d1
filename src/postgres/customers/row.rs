//! Between a customer's row and the record, in both directions.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sqlx::types::Json;

use crate::domain::{
    additional_properties::AdditionalProperties,
    address::PostalAddress,
    corporation::CorporationInfo,
    country::CountryCode,
    customer::{Customer, Profile},
    customer_urn::{Cell, CustomerUrn},
    email::Email,
    external_id::ExternalId,
    gender::Gender,
    language::LanguageCode,
    legal_type::LegalType,
    multiline_text::MultilineText,
    phone::PhoneNumber,
    privacy::PrivacySettings,
    region::ClaimedRegion,
    status::CustomerStatus,
    text::Text,
};

pub(super) struct CustomerRow {
    pub number: i64,
    pub version: i64,
    pub external_id: String,
    pub email: Option<String>,
    pub email_key: Option<String>,
    pub phone_number: Option<String>,
    pub salutation: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub gender: Option<String>,
    pub legal_type: String,
    pub billing_address: Option<Json<AddressColumn>>,
    pub corporation_info: Option<Json<CorporationColumn>>,
    pub privacy: Option<Json<Box<RawValue>>>,
    pub country_code: String,
    pub language_code: String,
    pub status: String,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl CustomerRow {
    pub fn into_customer(self, cell: Cell) -> Customer {
        let Self {
            number,
            version,
            external_id,
            email,
            email_key,
            phone_number,
            salutation,
            first_name,
            last_name,
            gender,
            legal_type,
            billing_address,
            corporation_info,
            privacy,
            country_code,
            language_code,
            status,
            created_at,
            updated_at,
        } = self;
        let profile = Profile {
            external_id: ExternalId::from_stored(external_id),
            email: email.zip(email_key).map(|(as_sent, key)| Email::from_stored(as_sent, key)),
            phone_number: phone_number.map(PhoneNumber::from_stored),
            salutation: salutation.map(Text::from_stored),
            first_name: first_name.map(Text::from_stored),
            last_name: last_name.map(Text::from_stored),
            gender: gender.and_then(|gender| Gender::parse(&gender).ok()),
            legal_type: LegalType::parse(&legal_type).unwrap_or_default(),
            billing_address: billing_address.map(|column| column.0.into_address()),
            corporation: corporation_info.map(|column| column.0.into_corporation()),
            privacy: privacy.map(|column| PrivacySettings::from_stored(column.0.get().to_owned())),
            region: ClaimedRegion {
                country: CountryCode::from_stored(country_code),
                language: LanguageCode::from_stored(language_code),
            },
            status: CustomerStatus::from_stored(status),
        };
        Customer { urn: CustomerUrn::from_stored(cell, number), version, created_at, updated_at, profile }
    }
}

/// `customers.billing_address`.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::postgres) struct AddressColumn {
    #[serde(skip_serializing_if = "Option::is_none")]
    street: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    street2: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    city: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    postal_code: Option<String>,
    country_code: String,
    /// An object as text, because the column is `jsonb`, which forgets the order of keys and the spelling of numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    additional: Option<String>,
}

impl AddressColumn {
    pub fn new(address: &PostalAddress) -> Self {
        let PostalAddress { street, street2, city, state, postal_code, country, additional } = address;
        let lines = |text: &Option<MultilineText<255>>| text.as_ref().map(|text| text.as_str().to_owned());
        Self {
            street: lines(street),
            street2: lines(street2),
            city: owned(city),
            state: owned(state),
            postal_code: owned(postal_code),
            country_code: country.as_str().to_owned(),
            additional: (!additional.is_empty()).then(|| additional.to_json()),
        }
    }

    pub fn into_address(self) -> PostalAddress {
        let Self { street, street2, city, state, postal_code, country_code, additional } = self;
        PostalAddress {
            street: street.map(MultilineText::from_stored),
            street2: street2.map(MultilineText::from_stored),
            city: city.map(Text::from_stored),
            state: state.map(Text::from_stored),
            postal_code: postal_code.map(Text::from_stored),
            country: CountryCode::from_stored(country_code),
            additional: additional.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default(),
        }
    }
}

/// `customers.corporation_info`: the named properties, and beside them the additional ones.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::postgres) struct CorporationColumn {
    company_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    tax_number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tax_office: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vat_number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    registration_number: Option<String>,
    /// Under the key that it has in stored rows.
    #[serde(rename = "further")]
    additional: AdditionalProperties,
}

impl CorporationColumn {
    fn new(corporation: &CorporationInfo) -> Self {
        let CorporationInfo {
            company_name,
            tax_number,
            tax_office,
            vat_number,
            registration_number,
            additional,
        } = corporation;
        Self {
            company_name: company_name.as_str().to_owned(),
            tax_number: owned(tax_number),
            tax_office: owned(tax_office),
            vat_number: owned(vat_number),
            registration_number: owned(registration_number),
            additional: additional.clone(),
        }
    }

    pub fn into_corporation(self) -> CorporationInfo {
        let Self { company_name, tax_number, tax_office, vat_number, registration_number, additional } = self;
        CorporationInfo {
            company_name: Text::from_stored(company_name),
            tax_number: tax_number.map(Text::from_stored),
            tax_office: tax_office.map(Text::from_stored),
            vat_number: vat_number.map(Text::from_stored),
            registration_number: registration_number.map(Text::from_stored),
            additional,
        }
    }
}

fn owned<const MAX: usize>(text: &Option<Text<MAX>>) -> Option<String> {
    text.as_ref().map(|text| text.as_str().to_owned())
}

/// The columns both writes share, as their parameters.
pub(super) struct ProfileColumns<'a> {
    pub external_id: &'a str,
    pub email: Option<&'a str>,
    pub email_key: Option<&'a str>,
    pub phone_number: Option<&'a str>,
    pub salutation: Option<&'a str>,
    pub first_name: Option<&'a str>,
    pub last_name: Option<&'a str>,
    pub gender: Option<&'a str>,
    pub legal_type: &'a str,
    pub billing_address: Option<Json<AddressColumn>>,
    /// JSON as text: bound as a JSON value it would pass through `jsonb`, which forgets the order of keys.
    pub corporation_info: Option<String>,
    pub privacy: Option<&'a str>,
    pub country_code: &'a str,
    pub language_code: &'a str,
    pub status: &'a str,
}

impl<'a> From<&'a Profile> for ProfileColumns<'a> {
    fn from(profile: &'a Profile) -> Self {
        let Profile {
            external_id,
            email,
            phone_number,
            salutation,
            first_name,
            last_name,
            gender,
            legal_type,
            billing_address,
            corporation,
            privacy,
            region,
            status,
        } = profile;
        let ClaimedRegion { country, language } = region;
        let corporation = corporation.as_ref().map(CorporationColumn::new);
        Self {
            external_id: external_id.as_str(),
            email: email.as_ref().map(Email::as_str),
            email_key: email.as_ref().map(Email::canonical),
            phone_number: phone_number.as_ref().map(PhoneNumber::as_str),
            salutation: salutation.as_ref().map(Text::as_str),
            first_name: first_name.as_ref().map(Text::as_str),
            last_name: last_name.as_ref().map(Text::as_str),
            gender: gender.map(Gender::as_str),
            legal_type: legal_type.as_str(),
            billing_address: billing_address.as_ref().map(|address| Json(AddressColumn::new(address))),
            corporation_info: corporation.and_then(|column| serde_json::to_string(&column).ok()),
            privacy: privacy.as_ref().map(PrivacySettings::as_str),
            country_code: country.as_str(),
            language_code: language.as_str(),
            status: status.as_str(),
        }
    }
}
