//! What the JSON columns of a customer hold.

use serde::{Deserialize, Serialize};

use crate::domain::{
    additional_properties::AdditionalProperties, address::PostalAddress, corporation::CorporationInfo,
    country::CountryCode, multiline_text::MultilineText, text::Text,
};

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
    pub fn new(corporation: &CorporationInfo) -> Self {
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
