//! A customer's row and the record, in both directions.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sqlx::types::Json;

use crate::domain::{
    address::PostalAddress,
    corporation::{CorporationInfo, FurtherProperties},
    country::CountryCode,
    customer::{Customer, Profile},
    customer_urn::{Cell, CustomerUrn},
    email::Email,
    external_id::ExternalId,
    gender::Gender,
    language::LanguageCode,
    legal_type::LegalType,
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
        Customer {
            urn: CustomerUrn::from_stored(cell, self.number),
            version: self.version,
            created_at: self.created_at,
            updated_at: self.updated_at,
            profile: Profile {
                external_id: ExternalId::from_stored(self.external_id),
                email: self.email.zip(self.email_key).map(|(as_sent, key)| Email::from_stored(as_sent, key)),
                phone_number: self.phone_number.map(PhoneNumber::from_stored),
                salutation: self.salutation.map(Text::from_stored),
                first_name: self.first_name.map(Text::from_stored),
                last_name: self.last_name.map(Text::from_stored),
                gender: self.gender.and_then(|gender| Gender::parse(&gender).ok()),
                legal_type: LegalType::parse(&self.legal_type).unwrap_or_default(),
                billing_address: self.billing_address.map(|column| column.0.into_address()),
                corporation: self.corporation_info.map(|column| column.0.into_corporation()),
                privacy: self.privacy.map(|column| PrivacySettings::from_stored(column.0.get().to_owned())),
                region: ClaimedRegion {
                    country: CountryCode::from_stored(self.country_code),
                    language: LanguageCode::from_stored(self.language_code),
                },
                status: CustomerStatus::from_stored(self.status),
            },
        }
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
}

impl AddressColumn {
    pub fn of(address: &PostalAddress) -> Json<Self> {
        Json(Self {
            street: owned(&address.street),
            street2: owned(&address.street2),
            city: owned(&address.city),
            state: owned(&address.state),
            postal_code: owned(&address.postal_code),
            country_code: address.country.as_str().to_owned(),
        })
    }

    pub fn into_address(self) -> PostalAddress {
        PostalAddress {
            street: self.street.map(Text::from_stored),
            street2: self.street2.map(Text::from_stored),
            city: self.city.map(Text::from_stored),
            state: self.state.map(Text::from_stored),
            postal_code: self.postal_code.map(Text::from_stored),
            country: CountryCode::from_stored(self.country_code),
        }
    }
}

/// `customers.corporation_info`: what we know by name, and beside it what the tenant sent further.
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
    further: FurtherProperties,
}

impl CorporationColumn {
    fn of(corporation: &CorporationInfo) -> Self {
        Self {
            company_name: corporation.company_name.as_str().to_owned(),
            tax_number: owned(&corporation.tax_number),
            tax_office: owned(&corporation.tax_office),
            vat_number: owned(&corporation.vat_number),
            registration_number: owned(&corporation.registration_number),
            further: corporation.further.clone(),
        }
    }

    pub fn into_corporation(self) -> CorporationInfo {
        CorporationInfo {
            company_name: Text::from_stored(self.company_name),
            tax_number: self.tax_number.map(Text::from_stored),
            tax_office: self.tax_office.map(Text::from_stored),
            vat_number: self.vat_number.map(Text::from_stored),
            registration_number: self.registration_number.map(Text::from_stored),
            further: self.further,
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
        let corporation = profile.corporation.as_ref().map(CorporationColumn::of);
        Self {
            external_id: profile.external_id.as_str(),
            email: profile.email.as_ref().map(Email::as_str),
            email_key: profile.email.as_ref().map(Email::canonical),
            phone_number: profile.phone_number.as_ref().map(PhoneNumber::as_str),
            salutation: profile.salutation.as_ref().map(Text::as_str),
            first_name: profile.first_name.as_ref().map(Text::as_str),
            last_name: profile.last_name.as_ref().map(Text::as_str),
            gender: profile.gender.map(Gender::as_str),
            legal_type: profile.legal_type.as_str(),
            billing_address: profile.billing_address.as_ref().map(AddressColumn::of),
            corporation_info: corporation.and_then(|column| serde_json::to_string(&column).ok()),
            privacy: profile.privacy.as_ref().map(PrivacySettings::as_str),
            country_code: profile.region.country.as_str(),
            language_code: profile.region.language.as_str(),
            status: profile.status.as_str(),
        }
    }
}
